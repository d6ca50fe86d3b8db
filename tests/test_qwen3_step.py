import copy

import pytest
import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from aigc_toolkit.generation import generate
from aigc_toolkit.generation.cache import new_cache
from aigc_toolkit.generation.qwen3_step import qwen3_step
from aigc_toolkit.language_model import LanguageModel

IDS = [40, 41, 42, 43, 44, 45, 46, 47]
SMALL = {
    "vocab_size": 400,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "initializer_range": 0.3,
}


def make(**changes):
    torch.manual_seed(0)
    return Qwen3ForCausalLM(Qwen3Config(**{**SMALL, **changes})).eval()


@torch.inference_mode()
def started(model, ids=IDS[:3]):
    """The step after a prefill of `ids`."""
    cache = new_cache(model, len(IDS))
    model(torch.tensor([ids]), past_key_values=cache, use_cache=True)
    return qwen3_step(model, cache, len(IDS))


@pytest.mark.parametrize("num_key_value_heads", [1, 2, 4])
@pytest.mark.parametrize("attention_bias", [False, True])
@torch.inference_mode()
def test_each_step_gives_the_logits_of_the_whole_text(num_key_value_heads, attention_bias):
    model = make(num_key_value_heads=num_key_value_heads, attention_bias=attention_bias)
    for name, parameter in model.named_parameters():
        if name.endswith(("bias", "norm.weight")):
            parameter.data.normal_(std=0.5)  # they start as zeros and ones, which would hide mistakes
    step = started(model)
    whole = model(torch.tensor([IDS])).logits[0]
    for position in range(3, len(IDS)):
        torch.testing.assert_close(step(IDS[position], position), whole[position], rtol=1e-4, atol=1e-4)


def adapted(model):
    model.model.layers[1].mlp.up_proj = torch.nn.Sequential(model.model.layers[1].mlp.up_proj)
    return model


def own_forward(model):
    model.model.layers[0].self_attn.forward = model.model.layers[0].self_attn.forward
    return model


def eager(model):
    model.set_attn_implementation("eager")
    return model


@pytest.mark.parametrize(
    "model",
    [
        make().bfloat16(),
        eager(make()),
        make(use_sliding_window=True, sliding_window=4, max_window_layers=1),
        make(rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}),
        adapted(make()),
        own_forward(make()),
    ],
    ids=["bfloat16", "eager", "window", "scaled-positions", "adapted", "own-forward"],
)
def test_other_models_are_left_to_transformers(model):
    assert started(make()) is not None
    assert started(model) is None


@pytest.mark.parametrize("register", ["register_forward_hook", "register_forward_pre_hook"])
def test_a_hook_is_honoured(lm, register):
    hooked = LanguageModel(copy.deepcopy(lm.model), lm.tokenizer, "hooked")
    calls = []
    getattr(hooked.model.model.layers[1], register)(lambda *args: calls.append(1))
    generation = generate(hooked, "Mia", max_new_tokens=4, temperature=0)
    assert len(calls) == len(generation.tokens) > 1
    assert generation.ids == generate(lm, "Mia", max_new_tokens=4, temperature=0).ids


def test_generation_takes_the_step_after_the_prompt(lm, monkeypatch):
    seen = []

    def always_seven(token_id, position):
        seen.append((token_id, position))
        return torch.nn.functional.one_hot(torch.tensor(7), 400).float()

    monkeypatch.setattr("aigc_toolkit.generation.decoding.qwen3_step", lambda *args: always_seven)
    generation = generate(lm, "Mia", max_new_tokens=3, temperature=0)
    assert [step.id for step in generation.tokens[1:]] == [7, 7]
    start = len(generation.prompt_ids)
    assert seen == [(generation.tokens[0].id, start), (7, start + 1)]
