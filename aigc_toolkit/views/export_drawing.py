"""Drawings of a map and of lines, as rectangles, lines, pictures and text, before they are any file.

In: numbers with their tokens, and the state of a view. Out: a `Drawing` in pixels, on white, which `export_svg` and `export_png`
write. A name stands exactly at its token, or is left out; cells that a query may not see stay empty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from aigc_toolkit.views.color_ramp import color_ramp
from aigc_toolkit.views.visible_text import label_text

SIDE = 560  # pixels of the longer side of a map
LARGEST_CELL = 26.0
LEFT, TOP, GAP = 132, 64, 48
SMALL, NORMAL, LARGE = 10, 12, 14  # type
INK, MUTED, LINE, ACCENT, GROUND = "#14181d", "#5a646f", "#dfe4e9", "#bf3b0b", "#ffffff"
DECADES = 4  # of the logarithmic curve
LONGEST = 18  # characters of a name
MOST_ROWS = 64  # groups in a column of lines; of a longer text only those that are linked


@dataclass(frozen=True)
class Rectangle:
    x: float
    y: float
    width: float
    height: float
    color: str


@dataclass(frozen=True)
class Line:
    x0: float
    y0: float
    x1: float
    y1: float
    color: str
    width: float = 1.0
    opacity: float = 1.0


@dataclass(frozen=True)
class Text:
    x: float
    y: float  # of the middle of the letters
    text: str
    size: int = NORMAL
    color: str = INK
    anchor: str = "start"  # "start", "middle" or "end"
    upright: bool = False  # read from bottom to top


@dataclass(frozen=True)
class Picture:
    x: float
    y: float
    width: float
    height: float
    pixels: np.ndarray  # (R, C, 3), uint8


@dataclass
class Drawing:
    width: float = 0
    height: float = 0
    items: list[Rectangle | Line | Text | Picture] = field(default_factory=list)


def map_drawing(regions: Sequence[Any], state: Mapping[str, Any]) -> Drawing:
    """Maps next to each other: cells as rectangles where there are few, else as one picture of exactly as many pixels."""
    drawing = Drawing()
    for region in regions:
        _add_map(drawing, region, state, drawing.width + (GAP if drawing.width else 0))
    return drawing


def _add_map(drawing: Drawing, region: Any, state: Mapping[str, Any], left: float) -> None:
    (height, width), items = region.weights.shape, drawing.items
    num_rows, num_columns = region.rows[1] - region.rows[0], region.columns[1] - region.columns[0]
    cell = min(LARGEST_CELL, SIDE / max(num_rows, num_columns))
    x, y, wide, tall = left + LEFT, TOP, num_columns * cell, num_rows * cell
    signed = region.of == "difference"
    shown = region.weights.copy()
    if state["skip_first"] and region.columns[0] == 0:
        shown[:, 0] = 0
    most = float(np.abs(shown).max()) or 1.0
    colors = color_ramp("diverging" if signed else "scale")[
        np.floor(255 * np.clip(_places(shown, most, state["curve"], signed), 0, 1) + 0.5).astype(int)
    ]  # (R, C, 3)
    hidden = _hidden(region, height, width)
    colors[hidden] = 255
    if height == num_rows and width == num_columns and height * width <= 4096:
        for row, column in zip(*np.nonzero(~hidden), strict=True):
            color = _hex(colors[row, column])
            items.append(Rectangle(x + column * cell, y + row * cell, cell, cell, color))
    else:
        items.append(Picture(x, y, wide, tall, colors))
    items += [Line(x, y, x, y + tall, LINE), Line(x, y + tall, x + wide, y + tall, LINE)]
    for position, at, name in _named(region.part.tokens, region.rows, cell):
        items.append(Text(x - 6, y + at, f"{name}  {position}", SMALL, INK, "end"))
    names = _named(region.part.key_tokens, region.columns, cell)
    under = 30 + 6 * max(len(f"{position}  {name}") for position, _, name in names)
    for position, at, name in names:
        items.append(Text(x + at, y + tall + 6, f"{position}  {name}", SMALL, INK, "end", upright=True))
    name = region.part.model_name if not signed else "difference of two attentions"
    title = _title(name, region.part, state)
    items.append(Text(left + 12, 22, title, LARGE))
    items.append(
        Text(left + 12, 42, "queries down, keys across" + (", first token left out" if state["skip_first"] else ""), NORMAL, MUTED)
    )
    _add_legend(drawing, x, y + tall + under, most, state["curve"], signed)
    drawing.width = max(left + LEFT + max(wide, 300) + 24, drawing.width)
    drawing.height = max(y + tall + under + 48, drawing.height)


def _title(name: str, part: Any, state: Mapping[str, Any]) -> str:
    """What is drawn; a layer's number is the one it has in the model, layers without attention counted."""
    numbers = [number for number in range(part.num_layers + len(part.other_layers)) if number not in part.other_layers]
    return f"{label_text(name)} · {state['kind']} attention · layer {numbers[state['layer']]}, head {state['head']}"


def _places(weights: np.ndarray, most: float, curve: str, signed: bool) -> np.ndarray:
    """Where weights stand on the colours, 0 to 1; as `place` of static/color_scale.js."""
    if signed:
        return 0.5 + 0.5 * weights / most
    share = np.minimum(1, weights / most)
    if curve == "root":
        return np.sqrt(share)
    return share if curve == "linear" else np.maximum(0, 1 + np.log10(np.maximum(share, 1e-30)) / DECADES)


def _hidden(region: Any, height: int, width: int) -> np.ndarray:
    """Cells whose every key comes after its every query, where attention is causal: bool (R, C)."""
    if not region.part.causal or region.part.kind == "cross":
        return np.zeros((height, width), dtype=bool)
    ends = region.rows[0] + (np.arange(1, height + 1) * (region.rows[1] - region.rows[0])) // height - 1  # last query of a row
    firsts = region.columns[0] + (np.arange(width) * (region.columns[1] - region.columns[0])) // width  # first key of a column
    return (firsts[None, :] > ends[:, None]) & (firsts[None, :] < len(region.part.tokens))


def _named(tokens: Sequence[str], ends: Sequence[int], cell: float) -> list[tuple[int, float, str]]:
    """(position, middle in pixels, name): all tokens where there is room, else evenly spread ones."""
    stride = max(1, int(np.ceil(12 / cell)))
    return [
        (position, (position - ends[0] + 0.5) * cell, shortened(label_text(tokens[position]), LONGEST))
        for position in range(ends[0], ends[1], stride)
    ]


def _add_legend(drawing: Drawing, x: float, y: float, most: float, curve: str, signed: bool) -> None:
    ramp, wide, count = color_ramp("diverging" if signed else "scale"), 160, 64
    for i in range(count):
        drawing.items.append(Rectangle(x + i * wide / count, y, wide / count, 10, _hex(ramp[round(255 * i / (count - 1))])))
    for t in (0.0, 0.5, 1.0):
        at = {"linear": t, "root": t * t, "log": 10 ** (DECADES * (t - 1))}[curve]
        value = (2 * t - 1) * most if signed else at * most
        words = f"{'≤ ' if curve == 'log' and t == 0 and not signed else ''}{value:.2g}".replace("-", "−")
        drawing.items.append(Text(x + t * wide, y + 20, words, SMALL, MUTED, "middle"))
    what = "difference of weights" if signed else "weight"
    scale = "" if signed else {"linear": "linear scale", "root": "square-root scale", "log": "logarithmic scale"}[curve]
    drawing.items.append(Text(x + wide + 16, y + 5, f"{what}, {scale}".rstrip(", "), SMALL, MUTED))


def lines_drawing(found: Any, state: Mapping[str, Any]) -> Drawing:
    """Two columns, queries left and keys right, with a line per link whose width and strength show its weight."""
    drawing, items, pitch, left, right = Drawing(640, 0), [], 20, 220, 420
    shown = []
    for side, groups in ((0, found.queries), (1, found.keys)):
        linked = sorted({link[side] for link in found.links})
        shown.append(list(range(len(groups))) if len(groups) <= MOST_ROWS else linked)
    places = [{group: TOP + 20 + place * pitch for place, group in enumerate(groups)} for groups in shown]
    most = max((abs(weight) for *_, weight in found.links), default=1.0)
    signed = state["of"] == "difference"
    more, less = (_hex(color_ramp("diverging")[place]) for place in (212, 43))
    for query, key, weight in reversed(found.links):
        share = abs(weight) / most
        color = _hex(color_ramp()[180]) if not signed else more if weight > 0 else less
        items.append(Line(left + 6, places[0][query], right - 6, places[1][key], color, 0.75 + 5 * share, 0.25 + 0.75 * share))
    for side, groups, x, anchor in ((0, found.queries, left, "end"), (1, found.keys, right, "start")):
        linked = {link[side] for link in found.links}
        for group in shown[side]:
            position, text = groups[group]
            name = shortened(label_text(text), LONGEST)
            words = f"{name}  {position}" if side == 0 else f"{position}  {name}"
            items.append(Text(x, places[side][group], words, NORMAL, INK if group in linked else MUTED, anchor))
    title = _title(found.part.model_name, found.part, state)
    note = f"queries left, keys right; the fewest links that hold {round(100 * state['mass'])} % of the weight"
    items += [Text(12, 22, title, LARGE), Text(12, 42, note, NORMAL, MUTED)]
    drawing.items, drawing.height = items, TOP + 40 + pitch * max(map(len, shown))
    return drawing


def shortened(text: str, length: int) -> str:
    """At most `length` characters, the last one an ellipsis if any were dropped.

    >>> shortened("lantern", 4)
    'lan…'
    """
    return text if len(text) <= length else text[: length - 1] + "…"


def _hex(color: np.ndarray) -> str:
    return "#" + bytes(color.tolist()).hex()
