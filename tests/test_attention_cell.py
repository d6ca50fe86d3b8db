"""The arithmetic of a cell reproduces the weight, family by family; windows, pictures and inputs of scores say what models do."""

import numpy as np
import pytest
import torch
from constructed import TEXT, captured
from small_models import small_model

from aigc_toolkit.attention import capture_attention, load_attention
from aigc_toolkit.language_model import LanguageModel
from aigc_toolkit.views.recomputed import recomputed_weights

SOURCE = "Tom gave the red lantern back to her in the forest."
FAMILIES = ("gpt2", "gpt2-inverse-layer", "qwen3", "gemma2", "mistral", "gpt_oss", "opt", "t5", "bart", "bert", "modernbert")
CELLS = ((0, 0), (9, 3), (9, 8), (3, 9), (12, 12))


def of_family(family, tokenizer):
    return captured(family, tokenizer, **({"source": SOURCE} if family in ("t5", "bart") else {}))


@pytest.fixture(scope="module")
def attentions(tokenizer):
    return {family: of_family(family, tokenizer) for family in FAMILIES}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_pieces_give_the_weight(attentions, family):
    for kind in attentions[family].kinds:
        part = attentions[family].of(kind)
        for layer, head in ((0, 1), (1, 3)):
            weights = part.weights(layer, head)
            for query, key in CELLS:
                cell = part.cell(layer, head, query, key)
                assert cell.weight == pytest.approx(weights[query, key], abs=1e-6)
                assert np.exp(cell.score - cell.log_sum_exp) == pytest.approx(cell.weight, abs=1e-6)
                assert cell.is_hidden == (weights[query, key] == 0)
                assert cell.products.sum() == pytest.approx(cell.dot, abs=1e-4)
                assert len(cell.query) == len(cell.key) == cell.head_dim
                score = cell.scaling * cell.dot
                if cell.softcap is not None:
                    score = cell.softcap * np.tanh(score / cell.softcap)
                    assert cell.after_softcap == pytest.approx(score, abs=1e-5)
                if not cell.is_hidden:
                    assert cell.score == pytest.approx(score + (cell.bias or 0), abs=1e-4)


def test_what_is_special_about_a_family_is_among_the_pieces(attentions):
    assert attentions["gemma2"].cell(0, 0, 9, 8).softcap == 2.0
    assert attentions["t5"].cell(0, 0, 9, 8).bias is not None and attentions["gpt2"].cell(0, 0, 9, 8).bias is None
    assert attentions["gpt_oss"].cell(0, 0, 9, 8).sink is not None
    assert attentions["qwen3"].cell(0, 3, 9, 8).key_value_head == 1
    hidden = attentions["mistral"].cell(0, 0, 9, 3)
    assert hidden.is_hidden and hidden.weight == 0
    assert attentions["gpt2-inverse-layer"].cell(1, 0, 9, 8).scaling == pytest.approx(8**-0.5 / 2)


def test_a_sink_takes_its_part(attentions):
    cell = attentions["gpt_oss"].cell(1, 2, 9, 8)
    assert np.exp(cell.sink - cell.log_sum_exp) == pytest.approx(attentions["gpt_oss"].weights(1, 2)[9, -1], abs=1e-6)


@pytest.mark.parametrize("family", ["gpt2", "qwen3", "bert"])
def test_the_value_weighted_weight_is_the_share_of_the_row(attentions, family):
    attention = attentions[family]
    added = attention.value_weighted(1, 2, rows=[9])[0]
    cell = attention.cell(1, 2, 9, 4)
    assert cell.weight * cell.value_norm == pytest.approx(added[4], abs=1e-6)
    assert cell.value_weight == pytest.approx(added[4] / added.sum(), abs=1e-6)
    assert sum(attention.cell(1, 2, 9, key).value_weight for key in range(len(added))) == pytest.approx(1, abs=1e-5)


def test_a_cell_that_cannot_be_had_is_refused(attentions, tokenizer):
    with pytest.raises(ValueError, match=r"query is 99; this model has \d+, counted from 0\. Use 0 to"):
        attentions["gpt2"].cell(0, 0, 99, 0)
    with pytest.raises(ValueError, match=r"key is -1; this model has"):
        attentions["gpt2"].cell(0, 0, 0, -1)
    with pytest.raises(ValueError, match=r"shows its weights only: .*The arithmetic needs both\. Use weights\(layer, head\)"):
        captured("bloom", tokenizer).cell(0, 0, 1, 0)


@pytest.mark.parametrize("family", FAMILIES)
def test_inputs_of_scores_give_the_weights_without_torch(attentions, family):
    for kind in attentions[family].kinds:
        part = attentions[family].of(kind)
        rows = np.arange(len(part.tokens))
        for layer, head in ((0, 1), (1, 3)):
            weights = recomputed_weights(part.score_inputs(layer), head, rows)
            np.testing.assert_allclose(weights, part.weights(layer, head)[:, : weights.shape[1]], atol=2e-6)


def test_inputs_of_scores_hold_norms_of_values(attentions):
    norms = attentions["qwen3"].score_inputs(1).value_norms
    added = attentions["qwen3"].value_weighted(1, 2)
    np.testing.assert_allclose(attentions["qwen3"].weights(1, 2) * norms[2], added, atol=1e-6)


def test_families_that_show_weights_only_have_no_inputs(tokenizer):
    assert captured("bloom", tokenizer).score_inputs(0) is None
    with pytest.raises(ValueError, match="layer is 2; this model has 2"):
        captured("gpt2", tokenizer).score_inputs(2)


@pytest.mark.parametrize(
    ("family", "windows", "causal"),
    [
        ("gpt2", [None, None], True),
        ("mistral", [4, 4], True),
        ("gemma3", [4, None], True),
        ("modernbert", [None, 4], False),
        ("bert", [None, None], False),
        ("gpt_neo", [None, 4], True),
    ],
)
def test_windows_and_causality(tokenizer, family, windows, causal):
    attention = captured(family, tokenizer)
    assert attention.windows == windows and attention.causal == causal
    for layer, window in enumerate(windows):
        distance = np.arange(len(attention.tokens))[:, None] - np.arange(len(attention.tokens))
        reach = (distance if causal else np.abs(distance)).max() if window is None else window - 1
        seen = attention.weights(layer, 0) > 0
        assert distance[seen].max() == reach and distance[seen].min() == (0 if causal else -reach)


def test_a_text_within_the_window_has_none(tokenizer):
    assert captured("mistral", tokenizer, "Mia").windows == [None, None]


@pytest.mark.parametrize("sink", [False, True])
def test_a_tile_may_hold_the_sink(attentions, sink):
    attention = attentions["gpt_oss"]
    tile = attention.tile(1, 2, size=1000, sink=sink)
    weights = attention.weights(1, 2)
    np.testing.assert_allclose(tile, weights if sink else weights[:, :-1], atol=1e-6)
    if sink:
        end = len(attention.key_tokens)
        pooled = attention.tile(1, 2, rows=slice(2, 12), columns=slice(end - 4, end), size=2, sink=True)
        np.testing.assert_allclose(pooled[1, 1], weights[7:12, -2:].max(), atol=1e-6)


@pytest.fixture(scope="module")
def seen_picture():
    pixels = torch.zeros(3, 24, 24)
    pixels[0, :8, 8:16] = 2.5  # the patch 0,1 is red
    return capture_attention(LanguageModel(small_model("vit"), None, "vit"), pixels - 1)


def test_the_picture_is_kept_with_its_patches(seen_picture, tmp_path):
    for attention in (seen_picture, load_attention(seen_picture.save(tmp_path / "vit.safetensors"))):
        picture = attention.picture
        assert (picture.rows, picture.columns, picture.first) == (3, 3, 1)
        assert attention.tokens[picture.first + 1] == "patch 0,1"
        assert picture.pixels.shape == (24, 24, 3) and picture.pixels.dtype == np.uint8
        assert picture.pixels[4, 12].tolist() == [255, 0, 0] and picture.pixels[12, 4].tolist() == [0, 0, 0]


def test_a_large_picture_is_made_small():
    config = {"image_size": 768, "patch_size": 128, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    import transformers

    model = transformers.ViTModel(transformers.ViTConfig(**config, intermediate_size=32)).eval()
    picture = capture_attention(LanguageModel(model, None, "vit"), torch.rand(3, 768, 768)).picture
    assert picture.pixels.shape == (384, 384, 3) and (picture.rows, picture.columns) == (6, 6)


def test_a_text_has_no_picture(attentions):
    assert attentions["gpt2"].picture is None


def test_hybrids_say_how_many_heads_each_layer_has(tokenizer):
    attention = captured("lfm2", tokenizer, TEXT)
    assert attention.heads_of_layers == [4] and not attention.has_sink
