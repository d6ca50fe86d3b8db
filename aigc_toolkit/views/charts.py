"""Charts for notebooks through Plotly: a map of numbers, lines, turning hands; at home on a light and on a dark page.

In: a pandas table of numbers, its index and columns naming what they stand for. Out: a `plotly.graph_objects.Figure` without a
ground of its own, whose colours are seen on white and on black. Names are escaped, as in `figures`, which makes those for a paper.
It does not know what the numbers mean.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from aigc_toolkit.views.figures import escaped
from aigc_toolkit.views.visible_text import label_text

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

INK, FAINT = "#757e89", "rgba(125,134,145,0.28)"  # both are read on white and on black
LINES = ("#2f7fc1", "#d9730d", "#1a9a72", "#bb4a8f", "#8a7a2e", "#757e89")  # told apart by colour-blind readers, too
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MORE, LESS = "47,127,193", "201,125,16"  # above and below zero
_ROW = 26  # pixels of a row that has a name


def number_map(table: "pd.DataFrame", *, title: str, unit: str, x: str = "", y: str = "") -> "go.Figure":
    """The numbers of a table as colours, its rows downwards: stronger is further from zero, blue above it and ochre below.

    `unit` stands beside the scale; `x` and `y` say what columns and rows are. Raises ValueError where no number is
    finite.

    >>> number_map(pd.DataFrame([[1.0, -2.0]]), title="Two numbers", unit="").data[0].zmax
    2.0
    """
    numbers = table.to_numpy(dtype=float)  # (R, C)
    if not np.isfinite(numbers).any():
        raise ValueError(
            f"The table of {len(table)} x {len(table.columns)} holds no finite number; one or more can be drawn. "
            "Give other numbers."
        )
    most = float(np.nanmax(np.abs(np.where(np.isfinite(numbers), numbers, np.nan)))) or 1.0
    figure = _figure(title, height=110 + max(150, min(420, _ROW * len(table))))
    down = [[0, f"rgba({LESS},1)"], [0.5, f"rgba({LESS},0)"]] if np.nanmin(numbers) < 0 else []
    figure.add_heatmap(
        z=numbers,
        zmin=-most if down else 0,
        zmax=most,
        colorscale=[*down, [0.5 if down else 0, f"rgba({MORE},0)"], [1, f"rgba({MORE},1)"]],
        colorbar={"title": {"text": escaped(unit)}, "outlinewidth": 0, "thickness": 12},
        hovertemplate=f"{escaped(y)} %{{y}}<br>{escaped(x)} %{{x}}<br>%{{z:.4g}} {escaped(unit)}<extra></extra>",
    )
    plain = {"showgrid": False, "zeroline": False}
    figure.update_xaxes(title=escaped(x), **_ticks(table.columns), **plain)
    figure.update_yaxes(title=escaped(y), **_ticks(table.index), **plain, autorange="reversed")
    return figure


def lines(table: "pd.DataFrame", *, title: str, x: str, y: str, log: str = "") -> "go.Figure":
    """A line for each column of a table over its index, named at its side; `log` names the axes that are logarithmic: "x", "xy".

    Raises ValueError for more columns than there are kinds of line.

    >>> [line.name for line in lines(pd.DataFrame({"loss": [3.0, 2.0]}), title="A run", x="step", y="nats").data]
    ['loss']
    """
    if len(table.columns) > len(LINES):
        raise ValueError(f"{len(table.columns)} columns: up to {len(LINES)} lines are told apart. Draw fewer in one chart.")
    figure = _figure(title, height=380)
    for name, color, dash in zip(table.columns, LINES, DASHES, strict=False):
        column = table[name].dropna()
        figure.add_scatter(
            x=column.index.to_list(),
            y=column.to_list(),
            name=escaped(label_text(str(name))),
            mode="lines" if len(column) > 1 else "markers",
            line={"color": color, "dash": dash, "width": 2},
            hovertemplate="%{y:.4g}",
        )
    kinds = {axis: "log" if axis in log else "linear" for axis in "xy"}
    figure.update_xaxes(title=escaped(x), type=kinds["x"], gridcolor=FAINT, zeroline=False)
    figure.update_yaxes(title=escaped(y), type=kinds["y"], gridcolor=FAINT, zeroline=False)
    figure.update_layout(hovermode="x unified", showlegend=len(table.columns) > 1)
    return figure


def turning_hands(angles: "pd.DataFrame", *, title: str, x: str = "", y: str = "") -> "go.Figure":
    """A clock for each angle of a table, in radians: its hand points right at 0 and turns to the left.

    >>> turning_hands(pd.DataFrame([[0.0, 1.57]]), title="A quarter").layout.title.text
    'A quarter'
    """
    numbers = angles.to_numpy(dtype=float)  # (R, C)
    rims, hand_x, hand_y = [], [], []
    for row, column in np.ndindex(numbers.shape):
        ends = {"x0": column - 0.42, "x1": column + 0.42, "y0": row - 0.42, "y1": row + 0.42}
        rims.append({"type": "circle", "line": {"color": FAINT, "width": 1}} | ends)
        angle = numbers[row, column]
        hand_x += [int(column), round(column + 0.38 * math.cos(angle), 3), None]
        hand_y += [int(row), round(row - 0.38 * math.sin(angle), 3), None]  # rows count downwards
    figure = _figure(title, height=130 + 58 * len(numbers))
    figure.add_scatter(x=hand_x, y=hand_y, mode="lines", line={"color": LINES[0], "width": 3}, hoverinfo="skip")
    figure.update_layout(shapes=rims)
    plain = {"showgrid": False, "zeroline": False}
    sides = [-0.5, numbers.shape[1] - 0.5], [len(numbers) - 0.5, -0.5]
    figure.update_xaxes(title=escaped(x), **_ticks(angles.columns), **plain, range=sides[0], constrain="domain")
    figure.update_yaxes(title=escaped(y), **_ticks(angles.index), **plain, range=sides[1], constrain="domain", scaleanchor="x")
    figure.update_layout(showlegend=False)
    return figure


def _figure(title: str, *, height: int) -> "go.Figure":
    import plotly.graph_objects as go

    return go.Figure(
        layout={
            "title": {"text": escaped(title), "font": {"size": 15}},
            "template": "none",
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "system-ui, Helvetica, Arial, Noto Sans CJK SC, sans-serif", "size": 12, "color": INK},
            "margin": {"l": 88, "r": 24, "t": 52, "b": 56},
            "height": height,
        }
    )


def _ticks(names: "pd.Index") -> dict[str, Any]:
    """Counted from 0, an axis thins itself out; names are all written, letter for letter, at their places: two may be equal."""
    if list(names) == list(range(len(names))):
        return {}
    return {"tickvals": list(range(len(names))), "ticktext": [escaped(label_text(str(name))) for name in names]}
