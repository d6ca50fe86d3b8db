import numpy as np
import pytest
import torch
from constructed import TEXT, captured

from aigc_toolkit.attention import capture_attention, tiles
from aigc_toolkit.attention.sites import Site, WeightsSite

FAMILIES = ("qwen3", "mistral", "gemma2", "bert", "gpt_oss", "gpt2", "bloom")
REGIONS = ((None, None), (slice(3, 20), slice(0, 9)), (slice(5, 6), slice(2, 30)), (slice(0, 4), slice(10, 20)))


def reference(weights, rows, columns, size, reduce):
    """Each cell by its definition, from all weights."""
    weights = weights[slice(None) if rows is None else rows, slice(None) if columns is None else columns]
    edges = [np.arange(min(count, size) + 1) * count // min(count, size) for count in weights.shape]
    take = np.max if reduce == "max" else np.mean
    return np.array(
        [
            [take(weights[top:bottom, left:right]) for left, right in zip(edges[1], edges[1][1:], strict=False)]
            for top, bottom in zip(edges[0], edges[0][1:], strict=False)
        ]
    )


@pytest.fixture(scope="module")
def attentions(tokenizer):
    return {family: captured(family, tokenizer) for family in FAMILIES}


@pytest.mark.parametrize("reduce", ["max", "mean"])
@pytest.mark.parametrize(("rows", "columns"), REGIONS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_cell_is_what_its_definition_says(attentions, family, rows, columns, reduce, monkeypatch):
    monkeypatch.setattr(tiles, "BLOCK_CELLS", 200)  # several blocks
    attention = attentions[family]
    weights = attention.weights(1, 2, columns=slice(len(attention.tokens)))
    for size in (1, 4, 7, 100):
        tile = attention.tile(1, 2, rows=rows, columns=columns, size=size, reduce=reduce)
        np.testing.assert_allclose(tile, reference(weights, rows, columns, size, reduce), atol=1e-6)
        assert tile.dtype == np.float32


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_do_not_depend_on_how_many_rows_are_computed_at_once(attentions, family, monkeypatch):
    whole = attentions[family].weights(1, 2)
    monkeypatch.setattr("aigc_toolkit.attention.sites.ROW_BLOCK_CELLS", 100)
    np.testing.assert_allclose(attentions[family].weights(1, 2), whole, atol=1e-6)


def test_cross_attention_is_a_picture_of_two_texts(tokenizer):
    attention = captured("bart", tokenizer, source="Tom gave the red lantern back to her in the forest.")
    weights = attention.weights(0, 1, kind="cross")
    tile = attention.tile(0, 1, size=6, kind="cross")
    np.testing.assert_allclose(tile, reference(weights, None, None, 6, "max"), atol=1e-6)


def test_all_weights_are_never_held(lm, monkeypatch):
    attention = capture_attention(lm, "Z" * 128)
    monkeypatch.setattr(tiles, "BLOCK_CELLS", 1024)
    monkeypatch.setattr("aigc_toolkit.attention.sites.ROW_BLOCK_CELLS", 1024)
    held = []
    scores = Site.scores

    def watched(site, *args):
        result = scores(site, *args)
        held.append(result.numel())
        return result

    monkeypatch.setattr(Site, "scores", watched)
    attention.tile(0, 0, size=16)
    assert max(held) <= 1024 and len(held) > 16


def test_a_further_region_needs_no_row_sums_again(lm, monkeypatch):
    attention = capture_attention(lm, TEXT)
    first = attention.tile(0, 1, rows=slice(2, 10))
    monkeypatch.setattr(Site, "log_sum_exp", lambda *args: pytest.fail("row sums were computed again"))
    np.testing.assert_array_equal(attention.tile(0, 1, rows=slice(2, 10)), first)
    attention.tile(0, 1, rows=slice(4, 8), columns=slice(3, 5))


def test_a_row_that_sees_nothing_is_empty():
    kept = torch.tensor([[[0.0, 0.0], [0.25, 0.75]]])
    site = WeightsSite(name="layer", kept=kept, dtype=torch.float32)
    picture = tiles.tile(site, 0, rows=range(2), columns=range(2), size=2, reduce="max")
    np.testing.assert_allclose(picture, kept[0], atol=1e-7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 0}, "size is 0; 1 or more is allowed. Use 48"),
        ({"reduce": "sum"}, "reduce is 'sum'; allowed are max and mean. Use 'max'"),
        ({"rows": slice(3, 3)}, r"rows are range\(3, 3\); one or more consecutive positions are needed. Pass a slice"),
        ({"columns": slice(0, 9, 2)}, r"columns are range\(0, 9, 2\); one or more consecutive positions are needed"),
        ({"kind": "cross"}, "kind is 'cross'"),
    ],
)
def test_regions_that_cannot_be_drawn(attentions, arguments, message):
    with pytest.raises(ValueError, match=message):
        attentions["qwen3"].tile(0, 0, **arguments)
