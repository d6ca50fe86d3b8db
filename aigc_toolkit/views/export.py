"""What a view shows, as a file: SVG with text as text, PNG at twice its size, CSV with the numbers.

In: the attentions, requests and state of a view, or the steps of a generation. Out: the file. Needs no browser; the numbers are
those a browser gets (float16), written by the same rule as in `static/export_csv.js`.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aigc_toolkit.views.export_drawing import lines_drawing, map_drawing
from aigc_toolkit.views.export_links import shown_links
from aigc_toolkit.views.export_numbers import number
from aigc_toolkit.views.export_png import write_png
from aigc_toolkit.views.export_story import story_drawing
from aigc_toolkit.views.export_svg import svg_text
from aigc_toolkit.views.payload import AttentionRecord
from aigc_toolkit.views.requests import Requests
from aigc_toolkit.views.text_safety import without_surrogates

LARGEST_TABLE = 4_000_000  # numbers in one CSV file
PICTURE_SIDE = 512  # cells of a map that is drawn as a picture
NUM_RECTANGLES = 4096  # cells up to which each is a rectangle of its own
STEP_COLUMNS = ("position", "id", "token", "logprob", "rank", "entropy")
_FORMATS = (".svg", ".png", ".csv")


@dataclass(frozen=True)
class Region:
    """One map on the screen: `weights` (R, C) of float16 numbers; `rows` and `columns` are [first, end) in the text."""

    part: AttentionRecord
    of: int | str
    rows: Sequence[int]
    columns: Sequence[int]
    weights: np.ndarray


def export_attention(path: str | Path, attentions: Sequence[AttentionRecord], requests: Requests, state: Mapping[str, Any]) -> Path:
    """Writes what `state` shows as .svg, .png or .csv, and gives the path.

    A map as its cells, lines as their links, the arithmetic of a cell as the map around it or as a table of its numbers. Raises
    ValueError for another ending and for a table of more than 4 million numbers.
    """
    path = _checked(path)
    if state["panel"] == "lines":
        found = shown_links(attentions, requests, state)
        if path.suffix == ".csv":
            return _write(path, _table([("query", "query_token", "key", "key_token", "weight"), *found.rows()]))
        return _picture(path, lines_drawing(found, state))
    if state["panel"] == "cell" and state["cell"] and path.suffix == ".csv":
        return _write(path, _cell_table(requests, state))
    ofs = [0, 1] if state["map"] == "side by side" and len(attentions) == 2 else [state["of"]]
    regions = [_region(attentions, requests, state, of, exact=path.suffix == ".csv") for of in ofs]
    if path.suffix == ".csv":
        return _write(path, "\n".join(_region_table(region) for region in regions))
    return _picture(path, map_drawing(regions, state))


def export_generation(path: str | Path, payload: Mapping[str, Any]) -> Path:
    """Writes the tokens of a generation view's payload with log-probability (nats), rank and entropy (nats), and gives the path.

    As .csv a row per token, as .svg the shaded text. Raises ValueError for another ending.
    """
    path = _checked(path, (".csv", ".svg"))
    if path.suffix == ".csv":
        return _write(path, _table([STEP_COLUMNS, *map(_step_row, payload["steps"])]))
    return _picture(path, story_drawing(payload))


def _step_row(step: Mapping[str, Any]) -> list[Any]:
    """A step in the order of `STEP_COLUMNS`; what nobody measured is empty."""
    logprob, entropy = (number(step[name]) if name in step else "" for name in ("logprob", "entropy"))
    return [step["position"], step["id"], step["text"], logprob, step.get("rank", ""), entropy]


def _region(
    attentions: Sequence[AttentionRecord], requests: Requests, state: Mapping[str, Any], of: int | str, *, exact: bool
) -> Region:
    part = attentions[0 if of == "difference" else of].of(state["kind"])
    first_row, end_row, first_column, end_column = state["zoom"] or (0, len(part.tokens), 0, len(part.key_tokens))
    rows, columns = [first_row, min(end_row, len(part.tokens))], [first_column, min(end_column, len(part.key_tokens))]
    shape = (rows[1] - rows[0], columns[1] - columns[0])
    name = {"of": of, "kind": state["kind"], "layer": state["layer"], "head": state["head"]}
    if exact:
        if shape[0] * shape[1] > LARGEST_TABLE:
            raise ValueError(
                f"The map has {shape[0]} x {shape[1]} cells; a table of up to {LARGEST_TABLE:,} numbers is written. Set "
                "state['zoom'] to a part of it, or ask attention.weights for the numbers."
            )
        step = max(1, 2**20 // len(part.key_tokens))
        edges = [*range(rows[0], rows[1], step), rows[1]]
        data = b"".join(
            requests.answer("rows", {**name, "first": first, "end": end}) for first, end in zip(edges, edges[1:], strict=False)
        )
        weights = np.frombuffer(data, "<f2").reshape(shape[0], -1)[:, columns[0] : columns[1]]  # (R, C)
    else:
        size = max(shape) if shape[0] * shape[1] <= NUM_RECTANGLES else PICTURE_SIDE
        data = requests.answer("region", {**name, "rows": rows, "columns": columns, "size": size})
        weights = np.frombuffer(data, "<f2").reshape(min(shape[0], size), min(shape[1], size))  # (R, C)
    return Region(part, of, rows, columns, weights.astype(np.float64))


def _region_table(region: Region) -> str:
    part, keys = region.part, range(*region.columns)
    names = [f"{key} {without_surrogates(part.key_tokens[key])}" for key in keys]
    what = "difference of weights" if region.of == "difference" else "weights"
    rows = [
        [query, without_surrogates(part.tokens[query]), *map(number, row)]
        for query, row in zip(range(*region.rows), region.weights, strict=True)
    ]
    return _table([("query", f"{what} of {without_surrogates(part.model_name)}", *names), *rows])


def _cell_table(requests: Requests, state: Mapping[str, Any]) -> str:
    asked = {name: state[name] for name in ("of", "kind", "layer", "head")}
    cell = requests.answer("cell", {**asked, "query": state["cell"][0], "key": state["cell"][1]})
    rows: list[Sequence[Any]] = [("name", "value")]
    for name, value in cell.items():
        if isinstance(value, list):
            rows += [(f"{name} {i}", repr(entry)) for i, entry in enumerate(value)]
        else:
            rows.append((name, "" if value is None else value))
    return _table(rows)


def _table(rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _checked(path: str | Path, allowed: Sequence[str] = _FORMATS) -> Path:
    path = Path(path)
    if path.suffix not in allowed:
        raise ValueError(f"The file is {path.name!r}. Allowed endings: {', '.join(allowed)}. Give a path that ends in one of them.")
    return path


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _picture(path: Path, drawing: Any) -> Path:
    if path.suffix == ".svg":
        return _write(path, svg_text(drawing))
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_png(path, drawing)
