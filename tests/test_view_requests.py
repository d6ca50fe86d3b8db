"""What views ask of Python while somebody looks: against all weights, and with every refusal."""

import numpy as np
import pytest
from browser.fake_records import FakeAttention
from constructed import TEXT, captured

from aigc_toolkit.attention import capture_attention
from aigc_toolkit.views import attention_view, requests

SOURCE = "Tom gave the red lantern back to her."
PLACE = {"of": 0, "kind": "decoder", "layer": 1, "head": 2}


def halves(data: bytes, *shape: int) -> np.ndarray:
    return np.frombuffer(data, "<f2").astype(np.float32).reshape(shape)


def pooled(weights: np.ndarray, size: int) -> np.ndarray:
    """Each bin by its definition: the value of largest magnitude, with its sign."""
    edges = [[i * count // min(count, size) for i in range(min(count, size) + 1)] for count in weights.shape]
    bins = [
        [weights[top:bottom, left:right].ravel() for left, right in zip(edges[1], edges[1][1:], strict=False)]
        for top, bottom in zip(edges[0], edges[0][1:], strict=False)
    ]
    return np.array([[cell[np.abs(cell).argmax()] for cell in row] for row in bins])


@pytest.fixture(scope="module")
def view(lm):
    return attention_view(capture_attention(lm, TEXT))


@pytest.fixture(scope="module")
def compared(lm):
    """Two attentions of the same tokens, the other from a layer further on."""
    first, second = capture_attention(lm, TEXT), capture_attention(lm, TEXT)
    second.sites = second.sites[::-1]
    return attention_view(first, compare=second)


@pytest.mark.parametrize("family", ["qwen3", "gpt_oss", "t5", "bloom"])
def test_rows_are_the_models(tokenizer, family):
    attention = captured(family, tokenizer, **({"source": SOURCE} if family == "t5" else {}))
    view = attention_view(attention)
    for kind in attention.kinds:
        weights = attention.weights(1, 2, kind=kind)
        rows = view.request("rows", **PLACE | {"kind": kind}, first=2, end=7)
        np.testing.assert_allclose(halves(rows, 5, weights.shape[1]), weights[2:7], atol=5e-4)


@pytest.mark.parametrize("size", [1, 4, 7, 1000])
@pytest.mark.parametrize("family", ["qwen3", "gpt_oss", "t5"])
def test_a_region_is_the_largest_weight_of_each_bin(tokenizer, family, size):
    attention = captured(family, tokenizer, **({"source": SOURCE} if family == "t5" else {}))
    view = attention_view(attention)
    for kind in attention.kinds:
        weights = attention.weights(1, 2, kind=kind)[3:, 1:]  # a sink's column included
        num_rows, num_columns = weights.shape
        asked = {"rows": [3, 3 + num_rows], "columns": [1, 1 + num_columns], "size": size}
        region = view.request("region", **PLACE | {"kind": kind}, **asked)
        np.testing.assert_allclose(halves(region, min(size, num_rows), min(size, num_columns)), pooled(weights, size), atol=5e-4)


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_of_a_difference_a_bin_keeps_what_is_largest_and_its_sign(compared, size, monkeypatch):
    monkeypatch.setattr(requests, "BLOCK_CELLS", 200)  # several blocks
    first, second = compared._attentions
    difference = (first.weights(1, 2) - second.weights(1, 2))[2:, 1:]
    num_rows, num_columns = difference.shape
    asked = {"rows": [2, 2 + num_rows], "columns": [1, 1 + num_columns], "size": size}
    region = compared.request("region", **PLACE | {"of": "difference"}, **asked)
    cells = halves(region, min(size, num_rows), min(size, num_columns))
    np.testing.assert_allclose(cells, pooled(difference, size), atol=5e-4)
    rows = compared.request("rows", **PLACE | {"of": "difference"}, first=2, end=2 + num_rows)
    np.testing.assert_allclose(halves(rows, num_rows, -1)[:, 1:], difference, atol=5e-4)


def test_of_a_difference_of_an_attention_with_itself_nothing_is_left(lm):
    attention = capture_attention(lm, TEXT)
    view = attention_view(attention, compare=attention)
    num_tokens = len(attention.tokens)
    whole = {"rows": [0, num_tokens], "columns": [0, num_tokens], "size": 9}
    assert not halves(view.request("region", **PLACE | {"of": "difference"}, **whole), 9, 9).any()
    tiles = view.request("tiles", of="difference", kind="decoder", layer=0)
    assert set(tiles) == {128}


@pytest.mark.parametrize("num_tokens", [3, 32, 100])
def test_tiles_are_square_roots_of_pooled_weights(num_tokens):
    attention = FakeAttention(["a"] * num_tokens)
    side = min(32, num_tokens)
    tiles = attention_view(attention).request("tiles", of=0, kind="decoder", layer=2)
    levels = np.frombuffer(tiles, np.uint8).reshape(4, side, side)
    for head in range(4):
        expected = 255 * np.sqrt(pooled(attention.weights(2, head), side))
        np.testing.assert_allclose(levels[head], expected, atol=0.5 + 1e-4)


def test_tiles_of_a_difference_are_signed(compared):
    levels = np.frombuffer(compared.request("tiles", of="difference", kind="decoder", layer=1), np.uint8)
    first, second = compared._attentions
    difference = np.stack([first.weights(1, head) - second.weights(1, head) for head in range(4)])
    expected = 128 + 127 * np.sign(difference) * np.sqrt(np.abs(difference))
    np.testing.assert_allclose(levels.reshape(difference.shape), expected, atol=0.5 + 1e-2)
    assert levels.min() < 100 and levels.max() > 156


def test_tiles_of_two_texts_are_squares_too(tokenizer):
    attention = captured("t5", tokenizer, "Mia.", source=SOURCE)
    weights = attention.weights(0, 1, kind="cross")
    side = max(weights.shape)
    assert weights.shape[0] < side <= 32
    tiles = attention_view(attention).request("tiles", of=0, kind="cross", layer=0)
    levels = np.frombuffer(tiles, np.uint8).reshape(-1, side, side)[1]
    rows = np.arange(side) * weights.shape[0] // side
    np.testing.assert_allclose(levels, 255 * np.sqrt(weights[rows]), atol=0.6)


def test_a_cell_comes_with_its_numbers(view):
    cell = view.request("cell", **PLACE, query=9, key=3)
    expected = view._attentions[0].cell(1, 2, 9, 3)
    for name in ("dot", "scaling", "score", "log_sum_exp", "weight", "value_norm", "value_weight", "head_dim", "key_value_head"):
        assert cell[name] == pytest.approx(getattr(expected, name)), name
    assert cell["products"] == pytest.approx(expected.products.tolist())
    assert (cell["softcap"], cell["bias"], cell["sink"], cell["mask"]) == (None, None, None, "seen")
    later = view.request("cell", **PLACE, query=3, key=9)
    assert (later["mask"], later["score"], later["weight"]) == ("hidden", None, 0)


def test_a_cell_without_arithmetic_says_why(compared, tokenizer):
    assert "no arithmetic of its own" in compared.request("cell", **PLACE | {"of": "difference"}, query=9, key=3)["unknown"]
    assert "weights only" in attention_view(captured("bloom", tokenizer)).request("cell", **PLACE, query=9, key=3)["unknown"]
    sinks = captured("gpt_oss", tokenizer)
    sink = len(sinks.key_tokens) - 1
    assert "score alone" in attention_view(sinks).request("cell", **PLACE, query=9, key=sink)["unknown"]


def test_scores_are_in_the_order_of_heads(view):
    scores = view.request("scores", of=0, kind="decoder")
    table = view._attentions[0].head_scores()
    assert scores["names"] == ["entropy", "distance", "previous_token", "first_token", "same_token", "induction"]
    for name, values in zip(scores["names"], scores["values"], strict=True):
        np.testing.assert_allclose(np.array(values, float), table[name], atol=1e-6)
    assert scores["kinds"] == table["kind"].tolist() and set(scores["definitions"]) == {*scores["names"], "kind"}


def test_scores_that_cannot_be_had_say_why(tokenizer, lm):
    cross = attention_view(captured("t5", tokenizer, source=SOURCE)).request("scores", of=0, kind="cross")
    assert "cross attention" in cross["unknown"]
    assert "2 or more are needed" in attention_view(capture_attention(lm, "M")).request("scores", of=0, kind="decoder")["unknown"]


def test_scores_of_a_difference_are_differences(compared):
    first, second, difference = (
        np.array(compared.request("scores", of=of, kind="decoder")["values"], float) for of in (0, 1, "difference")
    )
    np.testing.assert_allclose(difference, first - second)


def test_layers_with_fewer_heads_leave_places_empty():
    class Uneven(FakeAttention):
        heads_of_layers = [4, 2, 4, 4]

        def head_scores(self):
            table = super().head_scores()
            return table[(table["layer"] != 1) | (table["head"] < 2)]

    view = attention_view(Uneven(list("abcd")))
    assert view.payload()["attentions"][0]["parts"]["decoder"]["heads_of_layers"] == [4, 2, 4, 4]
    (values,) = view.request("scores", of=0, kind="decoder")["values"]
    assert values[6] is values[7] is None and values[8] is not None
    tiles = np.frombuffer(view.request("tiles", of=0, kind="decoder", layer=1), np.uint8).reshape(4, -1)
    assert tiles[:2].any(1).all() and not tiles[2:].any()
    with pytest.raises(ValueError, match=r"head is 2\. Allowed: 0 to 1\."):
        view.request("rows", **PLACE, first=0, end=1)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("steal", {}, r"The request is 'steal'\. Allowed: rows, region, tiles, cell, scores\. Use one"),
        ("rows", {"end": None}, r"rows was asked with first, head, kind, layer, of\. It takes end, first.*Give each"),
        ("rows", {"more": 1}, r"rows was asked with .*more.*\. It takes"),
        ("rows", {"of": 1}, r"of is 1\. Allowed: 0\. A difference needs two attentions of the same tokens"),
        ("rows", {"of": "difference"}, r"of is 'difference'\. Allowed: 0\."),
        ("rows", {"of": False}, r"of is False\. Allowed: 0\."),
        ("rows", {"of": [0]}, r"of is \[0\]\. Allowed: 0\."),
        ("rows", {"kind": "cross"}, r"kind is 'cross'\. Allowed: 'decoder'\. Choose one"),
        ("rows", {"kind": ["decoder"]}, r"kind is \['decoder'\]\. Allowed"),
        ("rows", {"layer": 2}, r"layer is 2\. Allowed: 0 to 1\. Choose one"),
        ("rows", {"layer": True}, r"layer is True\. Allowed"),
        ("rows", {"head": -1}, r"head is -1\. Allowed: 0 to 3\."),
        ("rows", {"head": "0"}, r"head is '0'\. Allowed"),
        ("rows", {"first": 4, "end": 4}, r"rows are \[4, 4\]\. Allowed: \[first, end\] with 0 <= first < end <= 23\. Ask"),
        ("rows", {"end": 24}, r"rows are \[0, 24\]\. Allowed"),
        ("region", {"rows": [0, 1, 2]}, r"rows are \[0, 1, 2\]\. Allowed"),
        ("region", {"columns": "0,1"}, r"columns are '0,1'\. Allowed"),
        ("region", {"columns": [0, 1.5]}, r"columns are \[0, 1\.5\]\. Allowed"),
        ("region", {"size": 0}, r"size is 0\. Allowed: 1 to 1024\."),
        ("region", {"size": 4096}, r"size is 4096\. Allowed"),
        ("cell", {"query": 23}, r"query is 23\. Allowed: 0 to 22\."),
        ("cell", {"key": 1e3}, r"key is 1000\.0\. Allowed"),
    ],
)
def test_what_is_not_allowed_is_refused(view, name, changes, message):
    arguments = {
        "rows": {"first": 0, "end": 1},
        "region": {"rows": [0, 2], "columns": [0, 2], "size": 2},
        "cell": {"query": 0, "key": 0},
    }.get(name, {})
    asked = {key: value for key, value in (PLACE | arguments | changes).items() if value is not None}
    with pytest.raises(ValueError, match=message):
        view.request(name, **asked)


def test_an_answer_has_a_limit(view, monkeypatch):
    monkeypatch.setattr(requests, "LARGEST_ROWS", 100)
    with pytest.raises(ValueError, match=r"5 rows were asked for at once\. At most 100 weights are sent\. Ask for fewer rows\."):
        view.request("rows", **PLACE, first=0, end=5)
