"""The picture a stored notebook shows to a reader without a kernel: the map that was on the screen, small.

In: the attentions of a view and its state. Out: a short piece of HTML with a PNG of at most 30 kB in it. Draws no labels: the
numbers are in the interactive view.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from aigc_toolkit.views.color_ramp import color_ramp
from aigc_toolkit.views.payload import AttentionRecord
from aigc_toolkit.views.png import data_url, png_bytes
from aigc_toolkit.views.requests import Requests
from aigc_toolkit.views.text_safety import without_surrogates

LARGEST_BYTES = 30_000
SIDE = 240  # pixels
NUM_COLORS = 32
_MIDDLE = 245  # grey of no difference, and of what is hidden


def still_html(attentions: Sequence[AttentionRecord], requests: Requests, state: Mapping[str, Any]) -> str:
    """The map that `state` shows, with its caption."""
    of, kind, layer, head = (state[name] for name in ("of", "kind", "layer", "head"))
    part = attentions[0 if of == "difference" else of].of(kind)
    rows_and_columns = state["zoom"] or [0, len(part.tokens), 0, len(part.key_tokens)]
    rows, columns = rows_and_columns[:2], rows_and_columns[2:]
    size = SIDE
    while True:
        png = _map(requests, state, rows, columns, size)
        if len(png) < LARGEST_BYTES:
            break
        size = size * 3 // 4
    what = "difference of the weights" if of == "difference" else "weights"
    caption = f"{kind} attention, layer {layer}, head {head}: {what}, query down, key across, of {part.model_name}"
    name = html.escape(without_surrogates(caption), quote=True)
    return f'<img src="{data_url(png)}" alt="{name}" width="{SIDE}"><p>{name}</p>'


def _map(requests: Requests, state: Mapping[str, Any], rows: Sequence[int], columns: Sequence[int], size: int) -> bytes:
    asked = {name: state[name] for name in ("of", "kind", "layer", "head")}
    data = requests.answer("region", {**asked, "rows": rows, "columns": columns, "size": size})
    height, width = (min(end - first, size) for first, end in (rows, columns))
    weights = np.frombuffer(data, "<f2").reshape(height, width).astype(np.float32)
    most = float(np.abs(weights).max()) or 1.0
    places = np.sign(weights) * np.sqrt(np.abs(weights) / most)  # -1 .. 1, on the square-root curve
    if state["of"] == "difference":
        places = (places + 1) / 2
    levels = np.rint(places * (NUM_COLORS - 1)).astype(np.uint8)
    enlarge = max(1, SIDE // max(height, width))  # a cell of a short text is a square of several pixels
    return png_bytes(np.kron(levels, np.ones((enlarge, enlarge), dtype=np.uint8)), _palette(state["of"] == "difference"))


def _palette(is_difference: bool) -> np.ndarray:
    """NUM_COLORS colours, uint8 (NUM_COLORS, 3): of a difference, blue where the first has more and orange where the second has."""
    ramp = color_ramp()
    if not is_difference:
        return ramp[np.linspace(0, 255, NUM_COLORS).round().astype(int)]
    share = np.abs(np.linspace(-1, 1, NUM_COLORS))[:, None]  # (NUM_COLORS, 1)
    ends = np.where(np.arange(NUM_COLORS)[:, None] < NUM_COLORS / 2, [178, 80, 12], ramp[200])
    return np.rint(_MIDDLE + share * (ends - _MIDDLE)).astype(np.uint8)
