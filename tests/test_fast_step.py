import copy
from dataclasses import replace

import pytest
import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)
from transformers.pytorch_utils import Conv1D

from aigc_toolkit.generation import fast_layers, fast_products, generate
from aigc_toolkit.generation.cache import new_cache
from aigc_toolkit.generation.fast_layers import plan_of
from aigc_toolkit.generation.fast_products import blocked_product, product
from aigc_toolkit.generation.fast_step import FastStep
from aigc_toolkit.language_model import LanguageModel

SMALL = {
    "vocab_size": 401,  # not a multiple of the number of blocks
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "head_dim": 16,
}
GPT2 = {"vocab_size": 401, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64}


def drawn(model):
    """All weights drawn anew: biases and norms start as zeros and ones, which would hide mistakes."""
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator) + (parameter.dim() == 1)
    return model.eval()


def qwen3(**changes):
    return drawn(Qwen3ForCausalLM(Qwen3Config(**SMALL | {"num_key_value_heads": 2} | changes)))


MODELS = {
    "qwen3": qwen3,
    "qwen3-bias-one-head": lambda: qwen3(attention_bias=True, num_key_value_heads=1),
    "qwen3-all-heads": lambda: qwen3(num_key_value_heads=4),
    "qwen3-large-epsilon": lambda: qwen3(rms_norm_eps=0.5),
    "qwen2": lambda: drawn(Qwen2ForCausalLM(Qwen2Config(**SMALL | {"num_key_value_heads": 2}))),
    "llama": lambda: drawn(LlamaForCausalLM(LlamaConfig(**SMALL | {"num_key_value_heads": 2}))),
    "llama-bias": lambda: drawn(LlamaForCausalLM(LlamaConfig(**SMALL | {"num_key_value_heads": 2, "mlp_bias": True}))),
    "gpt2": lambda: drawn(GPT2LMHeadModel(GPT2Config(**GPT2))),
    "gpt2-relu": lambda: drawn(GPT2LMHeadModel(GPT2Config(**GPT2 | {"activation_function": "relu"}))),
    "gpt2-layer-scale": lambda: drawn(GPT2LMHeadModel(GPT2Config(**GPT2 | {"scale_attn_by_inverse_layer_idx": True}))),
}


@pytest.mark.parametrize("copied_bytes", [0, 2**29], ids=["in place", "copied"])
@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_each_step_of_texts_of_different_lengths_gives_the_logits_of_the_whole_text(name, copied_bytes, monkeypatch):
    monkeypatch.setattr(fast_layers, "COPIED_BYTES", copied_bytes)
    monkeypatch.setattr(fast_products, "SMALL_BYTES", 0)
    model = MODELS[name]()
    ids = torch.randint(0, 401, (3, 12), generator=torch.Generator().manual_seed(1))
    whole = model(ids).logits
    lengths, buffers = [5, 3, 7], []
    for row, length in enumerate(lengths):
        cache = new_cache(model, 12)
        model(ids[row : row + 1, :length], past_key_values=cache, use_cache=True)
        for layer in cache.layers:
            layer.key_buffer[:, :, length:], layer.value_buffer[:, :, length:] = 0, 0
        buffers.append(cache.layers)
    keys = [torch.cat([layers[index].key_buffer for layers in buffers]) for index in range(2)]
    values = [torch.cat([layers[index].value_buffer for layers in buffers]) for index in range(2)]
    step = FastStep(plan_of(model), [each.clone() for each in keys], [each.clone() for each in values])
    for later in range(5):
        now = [length + later for length in lengths]
        logits = step(torch.stack([ids[row, place] for row, place in enumerate(now)]), now)
        torch.testing.assert_close(logits, torch.stack([whole[row, place] for row, place in enumerate(now)]), rtol=1e-3, atol=1e-3)
    for plan in (plan_of(model), replace(plan_of(model), row=None)):
        alone = FastStep(plan, [each[:1].clone() for each in keys], [each[:1].clone() for each in values])
        for place in range(5, 12):
            torch.testing.assert_close(alone(ids[0, place : place + 1], [place])[0], whole[0, place], rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_a_single_row_writes_the_keys_and_values_that_several_rows_read():
    model = qwen3()
    buffers = [[torch.zeros(2, 2, 6, 16) for _ in range(2)] for _ in range(4)]
    alone, together = FastStep(plan_of(model), *buffers[:2]), FastStep(replace(plan_of(model), row=None), *buffers[2:])
    for place in range(6):
        ids = torch.tensor([7 + place])
        torch.testing.assert_close(alone(ids, [place]), together(ids, [place]))
    for one, other in ((buffers[0], buffers[2]), (buffers[1], buffers[3])):
        torch.testing.assert_close(one, other)
        assert all(each[0].abs().min() > 0 and not each[1].any() for each in one)


@pytest.mark.parametrize(
    ("name", "changes", "has_row"),
    [
        ("qwen3", {}, True),
        ("llama", {}, True),
        ("llama-bias", {}, False),
        ("qwen2", {}, False),
        ("gpt2", {}, False),
        ("qwen3", {"hidden_act": "gelu"}, False),
        ("qwen3", {"vocab_size": 2**18}, False),  # 32 MiB of embeddings alone
    ],
)
def test_one_sequence_of_a_small_model_without_biases_goes_its_own_way(name, changes, has_row):
    model = qwen3(**changes) if changes else MODELS[name]()
    assert (plan_of(model).row is not None) == has_row


@pytest.mark.parametrize("num_rows", [1, 2, 5])
@pytest.mark.parametrize("num_outputs", [8, 13])
@pytest.mark.parametrize("small_bytes", [0, 2**21])
def test_products_equal_those_of_the_modules(num_rows, num_outputs, small_bytes, monkeypatch):
    monkeypatch.setattr(fast_products, "SMALL_BYTES", small_bytes)
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(num_rows, 6, generator=generator)
    with torch.no_grad():
        for make in (
            lambda: torch.nn.Linear(6, num_outputs),
            lambda: Conv1D(num_outputs, 6),
            lambda: torch.nn.Linear(6, num_outputs, bias=False),
        ):
            first, second = make(), make()
            expected = torch.cat([first(rows), second(rows)], dim=-1)
            for copied in (True, False):
                torch.testing.assert_close(product([first], copy=copied)(rows), first(rows))
                torch.testing.assert_close(product([first, second], copy=copied)(rows), expected)
        weight = torch.randn(12, 6, generator=generator)
        torch.testing.assert_close(blocked_product(weight, None, 3)(rows[:1]), rows[:1] @ weight.t())


def test_changed_weights_are_seen():
    model = qwen3()
    before = plan_of(model)
    assert plan_of(model) is before
    with torch.no_grad():
        model.model.layers[0].self_attn.q_proj.weight.mul_(2)
    assert plan_of(model) is not before


def adapted(model):
    model.model.layers[1].mlp.up_proj = torch.nn.Sequential(model.model.layers[1].mlp.up_proj)
    return model


def own_forward(model):
    model.model.layers[0].self_attn.forward = model.model.layers[0].self_attn.forward
    return model


def eager(model):
    model.set_attn_implementation("eager")
    return model


def hooked(model):
    model.model.layers[1].register_forward_hook(lambda *given: None)
    return model


OTHERS = {
    "bfloat16": lambda: qwen3().bfloat16(),
    "training": lambda: qwen3().train(),
    "eager": lambda: eager(qwen3()),
    "window": lambda: qwen3(use_sliding_window=True, sliding_window=4, max_window_layers=1),
    "scaled positions": lambda: qwen3(rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}),
    "adapted": lambda: adapted(qwen3()),
    "own forward": lambda: own_forward(qwen3()),
    "inference tensors": lambda: torch.inference_mode()(qwen3)(),
    "hook": lambda: hooked(qwen3()),
    "cross attention": lambda: GPT2LMHeadModel(GPT2Config(**GPT2 | {"add_cross_attention": True})).eval(),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_models_are_left_to_transformers(name):
    assert plan_of(OTHERS[name]()) is None


@pytest.mark.parametrize("register", ["register_forward_hook", "register_forward_pre_hook"])
def test_a_hook_is_honoured(lm, register):
    watched = LanguageModel(copy.deepcopy(lm.model), lm.tokenizer, "watched")
    calls = []
    getattr(watched.model.model.layers[1], register)(lambda *args: calls.append(1))
    generation = generate(watched, "Mia", max_new_tokens=4, temperature=0)
    assert len(calls) == len(generation.tokens) > 1
    assert generation.ids == generate(lm, "Mia", max_new_tokens=4, temperature=0).ids
