import copy
import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from transformers import (
    AttentionInterface,
    BertConfig,
    BertForMaskedLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from aigc_toolkit.attention import Attention, capture_attention
from aigc_toolkit.attention.sites import Site
from aigc_toolkit.generation import generate
from aigc_toolkit.language_model import LanguageModel

TEXT = "Mia found the red lantern 在森林里。😀"
SMALL = {
    "vocab_size": 400,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 128,
    "initializer_range": 0.3,
}
GROUPED = {**SMALL, "num_key_value_heads": 2}
GPT2 = {"vocab_size": 400, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128, "initializer_range": 0.3}

FAMILIES = {
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**GROUPED, head_dim=16)),
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(**GPT2)),
    "gpt2-inverse-layer": lambda: GPT2LMHeadModel(GPT2Config(**GPT2, scale_attn_by_inverse_layer_idx=True)),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**GROUPED)),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**GROUPED, sliding_window=4)),
    "gemma2": lambda: Gemma2ForCausalLM(
        Gemma2Config(**GROUPED, head_dim=16, sliding_window=4, attn_logit_softcapping=2.0, query_pre_attn_scalar=16)
    ),
    "bert": lambda: BertForMaskedLM(BertConfig(**SMALL)),
}


def make(family, tokenizer):
    torch.manual_seed(2)
    return LanguageModel(FAMILIES[family]().eval(), tokenizer, family)


@torch.inference_mode()
def eager_weights(lm, ids):
    model = copy.deepcopy(lm.model)
    model.set_attn_implementation("eager")
    return torch.stack(model(torch.tensor([ids]), output_attentions=True).attentions)[:, 0].numpy()  # (L, H, Q, K)


def all_weights(attention):
    heads = range(attention.num_heads)
    return np.stack([[attention.weights(layer, head) for head in heads] for layer in range(attention.num_layers)])


@pytest.fixture(scope="module")
def attention(lm):
    return capture_attention(lm, TEXT)


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_equal_the_eager_kernel_and_logits_are_unchanged(family, tokenizer):
    lm = make(family, tokenizer)
    ids = torch.tensor([lm.texts.encode(TEXT)])
    with torch.inference_mode():
        before = lm.model(ids).logits
        attention = capture_attention(lm, TEXT)
        assert torch.equal(lm.model(ids).logits, before)
    np.testing.assert_allclose(all_weights(attention), eager_weights(lm, attention.token_ids), rtol=0, atol=1e-5)
    assert attention.verify().passed and attention.verify().max_error < 1e-4


@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_weights_under_the_eager_kernel_are_equal_too(family, tokenizer):
    lm = make(family, tokenizer)
    lm.model.set_attn_implementation("eager")
    attention = capture_attention(lm, TEXT)
    np.testing.assert_allclose(all_weights(attention), eager_weights(lm, attention.token_ids), rtol=0, atol=1e-5)


def test_rows_sum_to_one_and_the_future_is_exactly_zero(attention):
    weights = all_weights(attention)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)
    assert weights.dtype == np.float32 and (np.triu(weights, 1) == 0).all() and np.tril(weights).max() > 0.2


def test_a_window_hides_what_lies_before_it(tokenizer):
    weights = all_weights(capture_attention(make("mistral", tokenizer), TEXT))
    assert (np.tril(weights, -4) == 0).all() and (weights[..., 10, 7:11] > 0).all()


def test_the_kind_is_measured(tokenizer, attention):
    assert attention.kind == "decoder"
    assert capture_attention(make("bert", tokenizer), TEXT).kind == "encoder"
    eager = make("gpt2", tokenizer)
    eager.model.set_attn_implementation("eager")
    assert [capture_attention(eager, text).kind for text in (TEXT, "a")] == ["decoder", "decoder"]


def test_facts(attention, lm):
    assert (attention.num_layers, attention.num_heads, attention.num_key_value_heads) == (2, 4, 2)
    assert attention.token_ids == tuple(lm.texts.encode(TEXT)) and attention.model_name == "tiny"
    assert "".join(attention.pieces) == TEXT and attention.tokens[-4:] == ["<0xF0>", "<0x9F>", "<0x98>", "<0x80>"]
    assert repr(attention) == f"Attention('tiny', {len(attention.tokens)} tokens, 2 layers x 4 heads, decoder)"


def test_a_generation_and_its_ids_give_the_same(lm):
    generation = generate(lm, TEXT, max_new_tokens=5, temperature=0)
    whole = capture_attention(lm, generation)
    assert whole.token_ids == generation.ids
    np.testing.assert_array_equal(all_weights(whole), all_weights(capture_attention(lm, list(generation.ids))))


def test_rows_and_columns_are_parts_of_the_whole(attention):
    whole = attention.weights(1, 2)
    np.testing.assert_allclose(attention.weights(1, 2, rows=[7, 3], columns=[0, 3]), whole[[7, 3]][:, [0, 3]], atol=1e-6)
    np.testing.assert_allclose(attention.weights(1, 2, rows=slice(4, 9), columns=slice(2)), whole[4:9, :2], atol=1e-6)
    np.testing.assert_array_equal(attention.weights(1, 2, kind="decoder"), whole)
    assert attention.weights(0, 0, rows=[]).shape == (0, len(attention.tokens))


@pytest.mark.parametrize("size", [1, 5, 48])
def test_a_tile_holds_the_largest_weight_of_each_cell(attention, size, monkeypatch):
    monkeypatch.setattr("aigc_toolkit.attention.tiles.BLOCK_CELLS", 50)  # several blocks
    weights, count = attention.weights(0, 1), len(attention.tokens)
    tile = attention.tile(0, 1, size=size)
    num_bins = min(size, count)
    edges = [index * count // num_bins for index in range(num_bins)] + [count]
    for row in range(num_bins):
        for column in range(num_bins):
            cells = weights[edges[row] : edges[row + 1], edges[column] : edges[column + 1]]
            assert tile[row, column] == pytest.approx(cells.max(), abs=1e-6)
    assert tile.shape == (num_bins, num_bins) and tile.dtype == np.float32


def perturbed(attention, layer):
    """The same attention with the stored queries of one layer changed by about a hundredth."""
    sites = list(attention.sites)
    noise = 0.01 * torch.randn(sites[layer].query.shape, generator=torch.Generator().manual_seed(0))
    sites[layer] = dataclasses.replace(sites[layer], query=sites[layer].query + noise)
    return Attention(sites, attention.token_ids, attention.tokens, attention.pieces, kind=attention.kind, model_name="perturbed")


@pytest.mark.parametrize("layer", [0, 1])
def test_verify_passes_for_what_was_recorded_and_fails_for_anything_else(attention, layer):
    assert attention.verify().passed and attention.verify().max_error < 1e-5
    verification = perturbed(attention, layer).verify()
    assert not verification.passed and verification.layer == layer and verification.max_error > verification.tolerance
    assert verification.num_rows == 2 * 16


def test_half_precision_is_verified_with_its_own_tolerance(tokenizer):
    lm = make("llama", tokenizer)
    lm.model.bfloat16()
    verification = capture_attention(lm, TEXT).verify()
    assert verification.passed and verification.tolerance == 5e-2


def site(**changes):
    query, key, value = torch.randn(3, 1, 3, 4, generator=torch.Generator().manual_seed(0))
    parts = {"query": query, "key": key, "value": value, "mask": None, "bias": None, "sinks": None}
    rows = torch.arange(3)
    settings = {"scaling": 0.5, "softcap": None, "causal": False, "sampled_rows": rows, "sampled_output": value}
    return Site(name="layer", **{**parts, **settings, **changes})


def test_a_row_that_may_see_nothing_is_zero():
    mask = torch.tensor([[[True, True, False], [False, False, False], [True, True, True]]])
    weights = site(mask=mask).weights(0, torch.arange(3))
    assert weights[1].tolist() == [0, 0, 0] and weights[0, 2] == 0
    torch.testing.assert_close(weights.sum(-1), torch.tensor([1.0, 0.0, 1.0]))


def test_a_learned_sink_takes_its_share():
    plain, sunk = (site(sinks=sinks).weights(0, torch.arange(3)) for sinks in (None, torch.tensor([1.0])))
    scores = 0.5 * site().query[0] @ site().key[0].T
    share = 1 / (1 + scores.exp().sum(-1, keepdim=True) / torch.e)
    torch.testing.assert_close(sunk[:, :3], plain * (1 - share))
    torch.testing.assert_close(sunk[:, 3:], share)


def test_a_position_bias_is_added_to_the_scores():
    bias = torch.zeros(1, 1, 3)
    bias[..., 2] = 50.0
    assert (site(bias=bias).weights(0, torch.arange(3))[:, 2] > 0.999).all()


@pytest.mark.parametrize("text", ["", []])
def test_no_text(lm, text):
    with pytest.raises(ValueError, match="There is no text to look at; at least one token is needed. Pass a text"):
        capture_attention(lm, text)


def test_text_beyond_the_context(lm):
    with pytest.raises(ValueError, match="text has 129 tokens; 'tiny' reads at most 128. Shorten the text"):
        capture_attention(lm, "Z" * 129)
    assert len(capture_attention(lm, "Z" * 128).tokens) == 128


def test_ids_that_do_not_exist(lm):
    with pytest.raises(ValueError, match="Token id 400 does not exist; 'tiny' has 0 to 399. Use its own tokenizer"):
        capture_attention(lm, [1, 400])


def test_a_lone_surrogate(lm):
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        capture_attention(lm, "a\ud800")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layer": 2, "head": 0}, "layer is 2; this model has 2, counted from 0. Use 0 to 1"),
        ({"layer": 0, "head": 4}, "head is 4; this model has 4, counted from 0. Use 0 to 3"),
        ({"layer": -1, "head": 0}, "layer is -1; this model has 2"),
        (
            {"layer": 0, "head": 0, "kind": "cross"},
            "kind is 'cross'; 'tiny' has 'decoder' attention only. Leave kind out",
        ),
        ({"layer": 0, "head": 0, "rows": [99]}, "rows hold position 99; there are .* tokens. Use 0 to"),
        ({"layer": 0, "head": 0, "columns": [-1]}, "columns hold position -1; there are .* tokens. Use 0 to"),
    ],
)
def test_parts_that_do_not_exist(attention, arguments, message):
    with pytest.raises(ValueError, match=message):
        attention.weights(**arguments)


def test_a_tile_without_cells(attention):
    with pytest.raises(ValueError, match="size is 0; 1 or more is allowed. Use 48"):
        attention.tile(0, 0, size=0)


def test_training_mode(tokenizer):
    lm = make("gpt2", tokenizer)
    lm.model.train()
    with pytest.raises(ValueError, match=r"'gpt2' is in training mode, .*; evaluation mode is needed. Call lm.model.eval"):
        capture_attention(lm, TEXT)


def test_a_source_for_a_model_without_an_encoder(lm):
    with pytest.raises(ValueError, match="source is given, but 'tiny' has no encoder .*; a source is allowed for enc"):
        capture_attention(lm, TEXT, source="Mia")


REFUSED = {
    "mamba": (
        lambda: MambaForCausalLM(MambaConfig(vocab_size=400, hidden_size=16, num_hidden_layers=2, state_size=4)),
        "it has no attention, its layers are MambaMixer",
    ),
}


@pytest.mark.parametrize("family", REFUSED)
def test_what_cannot_be_recorded_whole_is_refused_by_name(family, tokenizer):
    build, reason = REFUSED[family]
    lm = LanguageModel(build().eval(), tokenizer, family)
    with pytest.raises(ValueError, match=rf"'{family}' \({type(lm.model).__name__}\) cannot be recorded: {reason}.*Use such"):
        capture_attention(lm, TEXT)


def test_an_unknown_kernel_is_refused_by_name(tokenizer, monkeypatch):
    monkeypatch.setitem(AttentionInterface._global_mapping, "my_kernel", sdpa_attention_forward)
    lm = make("llama", tokenizer)
    lm.model.set_attn_implementation("my_kernel")
    with pytest.raises(ValueError, match="cannot be recorded: model.layers.0.self_attn runs with the kernel 'my_kernel'"):
        capture_attention(lm, TEXT)


def test_a_kernel_that_computes_something_else_is_noticed(tokenizer, monkeypatch):
    def half_scale(*args, scaling=None, **kwargs):
        return sdpa_attention_forward(*args, scaling=scaling / 2, **kwargs)

    monkeypatch.setitem(AttentionInterface._global_mapping, "sdpa", half_scale)
    with pytest.raises(ValueError, match=r"cannot be recorded: the recomputed attention of decoder layer \d is .* off"):
        capture_attention(make("llama", tokenizer), TEXT)


def test_an_exception_in_the_middle_of_a_forward_pass(tokenizer):
    lm = make("llama", tokenizer)

    def fail(module, inputs):
        raise RuntimeError("mid-way")

    handle = lm.model.model.layers[1].register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="mid-way"):
        capture_attention(lm, TEXT)
    handle.remove()
    assert capture_attention(lm, TEXT).num_layers == 2


def test_two_threads_at_once_get_their_own(lm):
    texts = [TEXT, "从前有一个小女孩，她很高兴。"]
    alone = [all_weights(capture_attention(lm, text)) for text in texts]
    both = threading.Barrier(2)

    def capture(text):
        both.wait()
        return [all_weights(capture_attention(lm, text)) for _ in range(10)]

    with ThreadPoolExecutor(2) as pool:
        for expected, results in zip(alone, pool.map(capture, texts), strict=True):
            for result in results:
                np.testing.assert_array_equal(result, expected)
