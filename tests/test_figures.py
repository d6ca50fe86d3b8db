"""Plotly figures: the numbers are the attention's, the text is text, and every refusal."""

import numpy as np
import pytest

from aigc_toolkit.attention import capture_attention
from aigc_toolkit.views.figures import NAMED_TOKENS, entropy_by_layer, escaped, head_score_map, heat_map

TEXT = "Mia <b>lost</b> her $red$ lantern & Mia lost her red lantern."


@pytest.fixture(scope="module")
def attention(lm):
    return capture_attention(lm, TEXT)


def test_a_heat_map_holds_the_weights(attention):
    (trace,) = heat_map(attention, 1, 2, rows=slice(3, 9)).data
    expected = attention.weights(1, 2, rows=slice(3, 9))
    assert np.array_equal(np.array(trace.z), expected)
    assert list(trace.y) == list(range(3, 9)) and list(trace.x) == list(range(len(attention.tokens)))
    assert trace.zmax == pytest.approx(expected.max())


def test_the_root_curve_colours_by_the_root_and_says_the_weight(attention):
    figure = heat_map(attention, 0, 0, curve="root")
    (trace,) = figure.data
    weights = attention.weights(0, 0)
    assert np.allclose(np.square(np.array(trace.z)), weights, atol=1e-6)
    assert np.array_equal(np.array(trace.customdata)[..., 1].astype(np.float32), weights)
    places = zip(trace.colorbar.tickvals, trace.colorbar.ticktext, strict=True)
    assert all(place**2 == pytest.approx(float(words), rel=5e-3, abs=1e-6) for place, words in places)


def test_axes_name_a_token_at_its_own_position(lm):
    attention = capture_attention(lm, "The lantern. " * 20)
    axis = heat_map(attention, 0, 0).layout.xaxis
    assert len(axis.tickvals) <= NAMED_TOKENS < len(attention.tokens)
    for position, words in zip(axis.tickvals, axis.ticktext, strict=True):
        assert words.split(" ")[0] == str(position)


def test_tokens_are_no_markup_anywhere(attention):
    figure = heat_map(attention, 0, 0)
    (trace,) = figure.data
    shown = [*figure.layout.xaxis.ticktext, *figure.layout.yaxis.ticktext, *np.ravel(trace.text)]
    shown += list(np.array(trace.customdata)[0, :, 0])
    assert any("&lt;" in words for words in shown) and any("&#36;" in words for words in shown)
    assert not any(character in words for words in shown for character in "<>$")


def test_escaped_is_read_back_letter_for_letter():
    import html

    for text in ["<b>x</b>", "&lt;", "$x^2$ & <", "plain"]:
        assert html.unescape(escaped(text)) == text


def test_scores_stand_at_their_layer_and_head(attention):
    table = attention.head_scores()
    (trace,) = head_score_map(attention, "previous_token").data
    for row in table.itertuples():
        assert trace.z[row.layer][row.head] == pytest.approx(row.previous_token)


def test_entropy_is_that_of_the_head_scores(attention):
    table = attention.head_scores()
    even, heads, mean = entropy_by_layer(attention).data
    assert list(heads.y) == list(table["entropy"])
    assert list(mean.y) == [pytest.approx(table[table.layer == layer]["entropy"].mean()) for layer in range(attention.num_layers)]
    assert all(y <= even.y[0] + 1e-6 for y in heads.y)


@pytest.mark.parametrize("figure", [lambda a: heat_map(a, 0, 0), head_score_map, entropy_by_layer])
def test_every_axis_and_colour_has_its_unit(attention, figure):
    made = figure(attention)
    titles = [made.layout.xaxis.title.text, made.layout.yaxis.title.text]
    assert all(titles)
    if figure is entropy_by_layer:
        assert titles[1] == "entropy (nats)"
    else:
        bar = made.layout.coloraxis.colorbar if figure is head_score_map else made.data[0].colorbar
        assert bar.title.text
    made.to_json()


def test_refusals(attention):
    with pytest.raises(ValueError, match=r"rows has 0 positions; 1 to 1024 are drawn\. Choose some with rows=slice\(first, end\)"):
        heat_map(attention, 0, 0, rows=slice(5, 5))
    with pytest.raises(ValueError, match=r"curve is 'log'\. Allowed: 'linear', 'root'\. Leave it out"):
        heat_map(attention, 0, 0, curve="log")
    with pytest.raises(ValueError, match=r"measure is 'fame'\. Allowed: 'entropy', .*'induction'\. Choose one of these"):
        head_score_map(attention, "fame")
