"""Recorded attention equals what the model computed, whole, in parts and in tiles, and `verify` proves it."""

import copy
import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from small_models import small_model

from aigc_toolkit.attention import Attention, capture_attention
from aigc_toolkit.attention.sites import Site
from aigc_toolkit.generation import generate
from aigc_toolkit.language_model import LanguageModel

TEXT = "Mia found the red lantern 在森林里。😀"


def make(family, tokenizer):
    return LanguageModel(small_model(family), tokenizer, family)


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
