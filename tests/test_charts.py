"""Charts for notebooks: the numbers and names that go in are the ones that are drawn, whatever they are."""

import math

import numpy as np
import pandas as pd
import pytest

from aigc_toolkit.views import charts

CLEAR = "rgba(0,0,0,0)"


def test_a_map_keeps_every_number_and_puts_zero_in_the_middle():
    table = pd.DataFrame([[0.5, -2.0], [1.0, 0.0]], index=["Mia", " found"], columns=[0, 1])
    drawn = charts.number_map(table, title="Embedding", unit="nats", x="column", y="word").data[0]
    assert np.array_equal(drawn.z, table.to_numpy())
    assert (drawn.zmin, drawn.zmax) == (-2.0, 2.0)
    assert drawn.colorscale[1][0] == 0.5 and drawn.colorscale[1][1].endswith(",0)")
    assert drawn.colorbar.title.text == "nats"


def test_a_map_of_positive_numbers_begins_at_zero_and_has_one_colour():
    drawn = charts.number_map(pd.DataFrame([[0.25, 0.75]]), title="Weights", unit="").data[0]
    assert (drawn.zmin, drawn.zmax) == (0, 0.75)
    assert len(drawn.colorscale) == 2


def test_a_map_draws_hidden_scores_and_zeros():
    drawn = charts.number_map(pd.DataFrame([[1.0, -math.inf], [0.5, 2.0]]), title="Scores", unit="").data[0]
    assert drawn.zmax == 2.0
    assert charts.number_map(pd.DataFrame([[0.0]]), title="Nothing", unit="").data[0].zmax == 1.0


def test_equal_names_are_two_rows():
    layout = charts.number_map(pd.DataFrame([[1.0], [2.0]], index=[" the", " the"]), title="Twice", unit="").layout
    assert (layout.yaxis.tickvals, layout.yaxis.ticktext) == ((0, 1), ("the", "the"))
    assert layout.xaxis.tickvals is None, "counted from 0"


def test_a_map_of_nothing_is_refused():
    with pytest.raises(ValueError, match=r"1 x 2 holds no finite number; one or more can be drawn\. Give other numbers"):
        charts.number_map(pd.DataFrame([[math.nan, math.inf]]), title="", unit="")


def test_lines_are_drawn_over_the_index_without_gaps_filled():
    table = pd.DataFrame({"training": [3.0, 2.0, 1.0], "validation": [np.nan, 2.5, np.nan]}, index=[1, 2, 4])
    training, validation = charts.lines(table, title="A run", x="step", y="loss (nats)", log="x").data
    assert (list(training.x), list(training.y)) == ([1, 2, 4], [3.0, 2.0, 1.0])
    assert (list(validation.x), list(validation.y), validation.mode) == ([2], [2.5], "markers")
    assert training.line.color != validation.line.color and training.line.dash != validation.line.dash


def test_lines_take_logarithmic_axes_by_name():
    layout = charts.lines(pd.DataFrame({"a": [1.0, 2.0]}), title="", x="", y="", log="xy").layout
    assert (layout.xaxis.type, layout.yaxis.type) == ("log", "log")
    assert charts.lines(pd.DataFrame({"a": [1.0, 2.0]}), title="", x="", y="", log="y").layout.xaxis.type == "linear"


def test_more_lines_than_can_be_told_apart_are_refused():
    table = pd.DataFrame({str(i): [1.0] for i in range(7)})
    with pytest.raises(ValueError, match=r"7 columns: up to 6 lines are told apart\. Draw fewer"):
        charts.lines(table, title="", x="", y="")


def test_hands_point_where_their_angle_says():
    hands = charts.turning_hands(pd.DataFrame([[0.0, math.pi / 2]], index=["fast"]), title="Hands").data[0]
    assert hands.x[:2] == (0, pytest.approx(0.38)) and hands.y[:2] == (0, pytest.approx(0.0))
    assert hands.x[3:5] == (1, pytest.approx(1.0)) and hands.y[3:5] == (0, -0.38), "up is less: rows count downwards"


@pytest.mark.parametrize(
    "figure",
    [
        charts.number_map(pd.DataFrame([[1.0]], index=["<b>$x$"], columns=["a&b"]), title="<i>", unit="<u>"),
        charts.lines(pd.DataFrame({"<b>$x$": [1.0], "a&b": [2.0]}), title="<i>", x="<u>", y="<u>"),
        charts.turning_hands(pd.DataFrame([[1.0]], index=["<b>$x$"], columns=["a&b"]), title="<i>", x="<u>"),
    ],
    ids=["map", "lines", "hands"],
)
def test_names_are_text_and_the_ground_is_the_page(figure):
    written = figure.to_json()
    assert "<i>" not in written.replace("\\u003c", "<") and "<b>" not in written.replace("\\u003c", "<")
    assert "$x$" not in written
    assert (figure.layout.paper_bgcolor, figure.layout.plot_bgcolor) == (CLEAR, CLEAR)
