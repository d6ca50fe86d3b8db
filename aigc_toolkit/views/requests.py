"""Answers to what a view asks while somebody looks: rows, regions, small pictures, the arithmetic of a cell, head scores.

In: one `Attention` or two to compare, the name of a request and its arguments, which may come from a stranger's browser and are
checked. Out: bytes (float16, little endian, row-major; uint8 for small pictures) or JSON. Weights are computed for what was asked
and no more.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from aigc_toolkit.views.checks import check_position, check_range, listed
from aigc_toolkit.views.payload import AttentionRecord, kinds_of, same_tokens

LARGEST_SIDE = 1024  # cells of a region's picture
LARGEST_ROWS = 2**24  # weights in one answer
TILE_SIDE = 32
BLOCK_CELLS = 2**20  # differences held at once
DIFFERENCE = "difference"
NOT_OF_DIFFERENCE = "A difference has no arithmetic of its own. Look at either of the two."


class Requests:
    """`answer(name, arguments)` for the attentions of one view; may be called from several threads."""

    def __init__(self, attentions: Sequence[AttentionRecord]):
        self._attentions = tuple(attentions)
        self._can_subtract = len(attentions) == 2 and same_tokens(*attentions)
        self._scores: dict[tuple[int, str], dict[str, Any]] = {}
        self._lock = threading.Lock()

    def answer(self, name: str, arguments: Mapping[str, Any]) -> bytes | dict[str, Any]:
        """The answer to one request. Raises ValueError for an unknown one and for arguments of a wrong type or range."""
        if name not in REQUESTS:
            raise ValueError(f"The request is {name!r}. Allowed: {', '.join(REQUESTS)}. Use one of these.")
        function, names = REQUESTS[name]
        expected = {"of", "kind", *names}
        if set(arguments) != expected:
            given, needed = (", ".join(sorted(map(str, part))) for part in (arguments, expected))
            raise ValueError(f"{name} was asked with {given or 'nothing'}. It takes {needed}. Give each of these once.")
        chosen = {argument: arguments[argument] for argument in names}
        return function(self, self._parts(arguments["of"], arguments["kind"]), **chosen)

    def score_names(self, of: int | str, kind: str) -> list[str]:
        """Names of the head scores that there are of this kind of attention."""
        return self.answer("scores", {"of": of, "kind": kind}).get("names", [])

    def _parts(self, of: Any, kind: Any) -> list[AttentionRecord]:
        """One attention, or the two whose difference is asked for."""
        allowed = [*range(len(self._attentions)), *([DIFFERENCE] if self._can_subtract else [])]
        if type(of) not in (int, str) or of not in allowed:
            raise ValueError(f"of is {of!r}. Allowed: {listed(allowed)}. A difference needs two attentions of the same tokens.")
        chosen = self._attentions if of == DIFFERENCE else [self._attentions[of]]
        kinds = kinds_of(chosen[0])
        if kind not in kinds:
            raise ValueError(f"kind is {kind!r}. Allowed: {listed(kinds)}. Choose one of these.")
        return [attention.of(kind) for attention in chosen]

    def _rows(self, parts: Sequence[AttentionRecord], *, layer: Any, head: Any, first: Any, end: Any) -> bytes:
        _check_head(parts, layer, head)
        check_range("rows", [first, end], len(parts[0].tokens))
        if (end - first) * len(parts[0].key_tokens) > LARGEST_ROWS:
            raise ValueError(
                f"{end - first} rows were asked for at once. At most {LARGEST_ROWS} weights are sent. Ask for fewer rows."
            )
        return _half(_weights(parts, layer, head, slice(first, end), None))

    def _region(self, parts: Sequence[AttentionRecord], *, layer: Any, head: Any, rows: Any, columns: Any, size: Any) -> bytes:
        _check_head(parts, layer, head)
        check_range("rows", rows, len(parts[0].tokens))
        check_range("columns", columns, len(parts[0].key_tokens))
        check_position("size", size, LARGEST_SIDE + 1, first=1)
        return _half(region(parts, layer, head, rows, columns, size))

    def _tiles(self, parts: Sequence[AttentionRecord], *, layer: Any) -> bytes:
        check_position("layer", layer, min(part.num_layers for part in parts))
        side = tile_side(parts[0])
        pictures = np.zeros((min(part.num_heads for part in parts), side, side), dtype=np.uint8)  # (H, S, S)
        for head in range(min(part.heads_of_layers[layer] for part in parts)):
            pictures[head] = small_picture(parts, layer, head)
        return pictures.tobytes()

    def _cell(self, parts: Sequence[AttentionRecord], *, layer: Any, head: Any, query: Any, key: Any) -> dict[str, Any]:
        _check_head(parts, layer, head)
        check_position("query", query, len(parts[0].tokens))
        check_position("key", key, len(parts[0].key_tokens))
        if len(parts) == 2:
            return _unknown(NOT_OF_DIFFERENCE, "noDifferenceCell")
        if parts[0].has_sink and key == len(parts[0].key_tokens) - 1:
            return _unknown("A learned sink is a score alone: no token stands behind it, so it has no key.", "sinkCell")
        try:
            return _cell_numbers(parts[0].cell(layer, head, query, key))
        except ValueError as reason:  # positions are checked: the family shows its weights only
            return _unknown(str(reason), "onlyWeights")

    def _head_scores(self, parts: Sequence[AttentionRecord]) -> dict[str, Any]:
        found = [self._scores_of(part) for part in parts]
        if len(found) == 1 or "unknown" in found[0]:
            return found[0]
        pairs = zip(found[0]["values"], found[1]["values"], strict=True)
        return {**found[0], "values": [[_difference(a, b) for a, b in zip(*pair, strict=False)] for pair in pairs], "kinds": None}

    def _scores_of(self, part: AttentionRecord) -> dict[str, Any]:
        key = (id(part), part.kind)
        with self._lock:  # scores take seconds: nobody computes them twice
            if key not in self._scores:
                try:
                    self._scores[key] = score_table(part)
                except ValueError as reason:  # cross attention, or a text too short
                    self._scores[key] = _unknown(str(reason), "crossScores" if part.kind == "cross" else "shortScores")
            return self._scores[key]


REQUESTS: dict[str, tuple[Callable[..., bytes | dict[str, Any]], tuple[str, ...]]] = {
    "rows": (Requests._rows, ("layer", "head", "first", "end")),
    "region": (Requests._region, ("layer", "head", "rows", "columns", "size")),
    "tiles": (Requests._tiles, ("layer",)),
    "cell": (Requests._cell, ("layer", "head", "query", "key")),
    "scores": (Requests._head_scores, ()),
}


def _unknown(sentence: str, why: str) -> dict[str, Any]:
    """What cannot be known: the sentence for a program, and the name of the view's own in the reader's language."""
    return {"unknown": sentence, "why": why}


def region(
    parts: Sequence[AttentionRecord], layer: int, head: int, rows: Sequence[int], columns: Sequence[int], size: int
) -> np.ndarray:
    """A region of one head, or of the difference of two, in at most size x size near-equal bins, float32.

    A bin holds its largest weight; of a difference A - B the value of largest magnitude, with its sign.
    """
    chosen = {"rows": slice(*rows), "columns": slice(*columns)}
    if len(parts) == 1:
        return parts[0].tile(layer, head, **chosen, size=size, sink=parts[0].has_sink)
    row_edges, column_edges = bin_edges(*rows, size), bin_edges(*columns, size)
    longest_bin = -(-(rows[1] - rows[0]) // (len(row_edges) - 1))
    bins_at_once = max(1, BLOCK_CELLS // (longest_bin * len(parts[0].key_tokens)))
    blocks = []
    for first in range(0, len(row_edges) - 1, bins_at_once):
        edges = row_edges[first : first + bins_at_once + 1]
        differences = _weights(parts, layer, head, slice(int(edges[0]), int(edges[-1])), chosen["columns"])  # (R, C)
        blocks.append(_largest(_largest(differences, edges[:-1] - edges[0], 0), column_edges[:-1] - columns[0], 1))
    return np.concatenate(blocks)


def bin_edges(first: int, end: int, size: int) -> np.ndarray:
    """Edges of at most `size` near-equal bins of first .. end, int64 (bins + 1,)."""
    num_bins = min(end - first, size)
    return first + np.arange(num_bins + 1) * (end - first) // num_bins


def tile_side(part: AttentionRecord) -> int:
    """Pixels a side of the small picture of a head: one per token where there are few."""
    return min(TILE_SIDE, max(len(part.tokens), len(part.key_tokens) - part.has_sink))


def small_picture(parts: Sequence[AttentionRecord], layer: int, head: int) -> np.ndarray:
    """One head without its sink as uint8 (side, side): 255 times the square root of the weight.

    Of a difference: 128 where there is none, up to 255 (A has more) and down to 1 (B has more), by the square root of its size.
    """
    side = tile_side(parts[0])
    extent = [len(parts[0].tokens), len(parts[0].key_tokens) - parts[0].has_sink]
    pooled = region(parts, layer, head, (0, extent[0]), (0, extent[1]), side)  # (<= side, <= side)
    rows, columns = (np.arange(side) * count // side for count in pooled.shape)
    square = pooled[rows][:, columns]  # (side, side)
    if len(parts) == 1:
        return np.rint(255 * np.sqrt(np.clip(square, 0, 1))).astype(np.uint8)
    return np.rint(128 + 127 * np.sign(square) * np.sqrt(np.abs(square).clip(0, 1))).astype(np.uint8)


def score_table(part: AttentionRecord) -> dict[str, Any]:
    """Head scores as JSON: values are one list per score, a number per head, heads of a layer after one another."""
    table = part.head_scores()
    names = [name for name in table.columns if name not in ("layer", "head", "kind") and not name.endswith(("_null", "_z"))]
    places = (table["layer"].to_numpy() * part.num_heads + table["head"].to_numpy()).tolist()
    definitions = table.attrs["definitions"]
    return {
        "names": names,
        "values": [_placed(places, map(_number, table[name]), part) for name in names],
        "kinds": _placed(places, table["kind"], part),
        "definitions": {name: definitions[name] for name in [*names, "kind"]},
    }


def _placed(places: Sequence[int], values: Any, part: AttentionRecord) -> list[Any]:
    """Values at the places of their heads, None where a layer has fewer heads than others."""
    placed: list[Any] = [None] * (part.num_layers * part.num_heads)
    for place, value in zip(places, values, strict=True):
        placed[place] = value
    return placed


def _weights(parts: Sequence[AttentionRecord], layer: int, head: int, rows: slice, columns: slice | None) -> np.ndarray:
    """Weights of one attention, or the difference of two, float32 (R, C)."""
    found = [part.weights(layer, head, rows=rows, columns=columns) for part in parts]
    return found[0] if len(found) == 1 else found[0] - found[1]


def _largest(values: np.ndarray, starts: np.ndarray, axis: int) -> np.ndarray:
    """The value of largest magnitude of each bin that begins at `starts`, with its sign."""
    high, low = np.maximum.reduceat(values, starts, axis), np.minimum.reduceat(values, starts, axis)
    return np.where(high >= -low, high, low)


def _cell_numbers(cell: Any) -> dict[str, Any]:
    numbers = ("dot", "scaling", "softcap", "after_softcap", "bias", "score", "sink", "log_sum_exp", "weight")
    return {
        "query": [float(number) for number in cell.query],
        "key": [float(number) for number in cell.key],
        "products": [float(number) for number in cell.products],
        **{name: _number(getattr(cell, name)) for name in (*numbers, "value_norm", "value_weight")},
        **({"mask": "hidden", "score": None} if cell.is_hidden else {"mask": "seen"}),
        "head_dim": cell.head_dim,
        "key_value_head": cell.key_value_head,
    }


def _number(value: float | None) -> float | None:
    """A number that JSON can carry, or None."""
    return None if value is None or not np.isfinite(value) else float(value)


def _difference(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first - second


def _half(weights: np.ndarray) -> bytes:
    return np.ascontiguousarray(weights, dtype="<f2").tobytes()


def _check_head(parts: Sequence[AttentionRecord], layer: Any, head: Any) -> None:
    check_position("layer", layer, min(part.num_layers for part in parts))
    check_position("head", head, min(part.heads_of_layers[layer] for part in parts))
