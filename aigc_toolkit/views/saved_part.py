"""One kind of attention in a saved page: queries and keys in few bits, or weights in eight.

In: a part of an attention and the heads to carry. Out: data elements, and a record of what they are and how far the page's weights
will be from the model's, measured. `static/source_saved.js` reads both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from aigc_toolkit.views.packing import Elements, packed_bits, packed_bytes, packed_numbers, precision_for
from aigc_toolkit.views.payload import AttentionRecord
from aigc_toolkit.views.recomputed import recomputed_weights

SMALL_BYTES = 4_000_000  # queries and keys up to this size are carried even where weights are smaller: they keep the arithmetic
LARGEST_DIFFERENCE = 5e-3  # of a weight, from which queries and keys are carried in float32
NUM_COMPARED_ROWS = 8
ROWS_AT_ONCE = 256
QUERIES_AND_KEYS = "queries and keys"
WEIGHTS = "weights"

Head = tuple[int, int]  # layer, head


def saved_part(part: AttentionRecord, heads: Sequence[Head], elements: Elements) -> dict[str, Any]:
    """The record of a part whose `heads` go into `elements`; one layer is held at a time."""
    own = {layer: [head for of_layer, head in heads if of_layer == layer] for layer in sorted({layer for layer, _ in heads})}
    if not _should_carry_inputs(part, own):
        return _saved_weights(part, heads, elements)
    rows = np.unique(np.linspace(0, len(part.tokens) - 1, NUM_COMPARED_ROWS).round().astype(np.int64))
    precision, difference = "float16", _difference(part, own, rows, "float16")
    if not difference <= LARGEST_DIFFERENCE:
        precision, difference = "float32", _difference(part, own, rows, "float32")
    windows = part.windows
    layers = {
        str(layer): _saved_inputs(part.score_inputs(layer), of_layer, windows[layer], precision, elements)
        for layer, of_layer in own.items()
    }
    return {"form": QUERIES_AND_KEYS, "precision": precision, "layers": layers, **_proof(difference, len(heads) * len(rows))}


def _should_carry_inputs(part: AttentionRecord, own: Mapping[int, Sequence[int]]) -> bool:
    """Whether queries and keys are known of all layers, and small, or smaller than the weights in eight bits."""
    num_rows, num_columns = len(part.tokens), len(part.key_tokens)
    num_bytes, num_weights = 0, 0
    for layer, heads in own.items():
        inputs = part.score_inputs(layer)
        if inputs is None:
            return False
        group = len(inputs.query) // len(inputs.key)
        num_bytes += 2 * (len(heads) * inputs.query[0].size + len({head // group for head in heads}) * inputs.key[0].size)
        num_weights += len(heads) * (num_rows * (num_rows + 1) // 2 if part.causal else num_rows * num_columns)
    return num_bytes <= max(SMALL_BYTES, num_weights)


def _saved_inputs(inputs: Any, heads: Sequence[int], window: int | None, precision: str, elements: Elements) -> dict[str, Any]:
    """What the weights of one layer are computed from; ids of elements by head."""
    group = len(inputs.query) // len(inputs.key)
    norms = inputs.value_norms
    record = {
        "head_dim": inputs.query.shape[-1],
        "group": group,
        "scaling": inputs.scaling,
        "softcap": inputs.softcap,
        "query": {head: elements.add(packed_numbers(inputs.query[head], precision)) for head in heads},
        "key": {head // group: elements.add(packed_numbers(inputs.key[head // group], precision)) for head in heads},
        "sinks": None if inputs.sinks is None else {head: float(inputs.sinks[head]) for head in heads},
        "value_norms": norms is not None and {head: elements.add(packed_numbers(norms[head], "float32")) for head in heads},
        "bias": None if inputs.bias is None else _saved_bias(inputs.bias, heads, elements),
    }
    return record | _saved_mask(inputs, heads, window, elements)


def _saved_bias(bias: np.ndarray, heads: Sequence[int], elements: Elements) -> dict[str, Any]:
    """Numbers added to scores, (1 or H, 1 or Q, K)."""
    precision = precision_for(bias)
    ids = {head: elements.add(packed_numbers(bias[head % len(bias)], precision)) for head in heads}
    return {"precision": precision, "num_rows": bias.shape[1], "heads": ids}


def _saved_mask(inputs: Any, heads: Sequence[int], window: int | None, elements: Elements) -> dict[str, Any]:
    """What queries may see: "causal" and "window" where these say it all, else a bit for each query and key."""
    if inputs.seen is None:
        return {"causal": inputs.causal, "window": None, "mask": None}
    if inputs.seen.shape[1] == inputs.seen.shape[2]:
        for causal in (True, False):
            for length in {None, window}:
                if _is_pattern(inputs.seen, causal, length):
                    return {"causal": causal, "window": length, "mask": None}
    ids = {head: elements.add(packed_bits(inputs.seen[head % len(inputs.seen)])) for head in heads}
    return {"causal": inputs.causal, "window": None, "mask": ids}


def _is_pattern(seen: np.ndarray, causal: bool, window: int | None) -> bool:
    """Whether `seen` (1 or H, T, T) are the keys up to the query, where `causal`, less than `window` positions away."""
    keys = np.arange(seen.shape[2])
    for first in range(0, seen.shape[1], ROWS_AT_ONCE):
        distance = np.arange(first, min(first + ROWS_AT_ONCE, seen.shape[1]))[:, None] - keys  # (R, T)
        pattern = distance >= 0 if causal else np.ones_like(distance, dtype=bool)
        if window is not None:
            pattern &= np.abs(distance) < window
        if not (seen[:, first : first + ROWS_AT_ONCE] == pattern).all():
            return False
    return True


def _difference(part: AttentionRecord, own: Mapping[int, Sequence[int]], rows: np.ndarray, precision: str) -> float:
    """The largest difference of a weight, over `rows` of all heads, when numbers are kept in `precision`."""
    most = 0.0
    for layer, heads in own.items():
        kept = part.score_inputs(layer)
        with np.errstate(over="ignore"):
            query, key = (numbers.astype(precision).astype(np.float32) for numbers in (kept.query, kept.key))
        bias = None if kept.bias is None else kept.bias.astype(precision_for(kept.bias)).astype(np.float32)
        rounded = replace(kept, query=query, key=key, bias=bias)
        for head in heads:
            with np.errstate(invalid="ignore"):
                weights = recomputed_weights(rounded, head, rows)  # (R, K), with a sink (R, K + 1)
            expected = part.weights(layer, head, rows=rows)[:, : weights.shape[1]]
            most = max(most, float(np.nan_to_num(np.abs(weights - expected), nan=np.inf).max()))
    return most


def _saved_weights(part: AttentionRecord, heads: Sequence[Head], elements: Elements) -> dict[str, Any]:
    """Weights in 255 levels of their square root, what is never seen left out."""
    difference, layers = 0.0, {}
    for layer, head in heads:
        blocks, sinks = [], []
        for first in range(0, len(part.tokens), ROWS_AT_ONCE):
            end = min(first + ROWS_AT_ONCE, len(part.tokens))
            weights = part.weights(layer, head, rows=slice(first, end))  # (R, K), with a sink (R, K + 1)
            levels = np.rint(255 * np.sqrt(np.clip(weights, 0, 1))).astype(np.uint8)
            difference = max(difference, float(np.abs((levels / 255.0) ** 2 - weights).max()))
            if part.has_sink:
                sinks.append(levels[:, -1])
                levels = levels[:, :-1]
            is_seen = np.arange(levels.shape[1]) <= np.arange(first, end)[:, None]
            blocks.append(levels[is_seen] if part.causal else levels.reshape(-1))
        ids = layers.setdefault(str(layer), {"weights": {}})["weights"]
        ids[head] = elements.add(packed_bytes(np.concatenate([*blocks, *sinks])))
    return {"form": WEIGHTS, "precision": "8 bit", "layers": layers, **_proof(difference, len(heads) * len(part.tokens))}


def _proof(difference: float, num_rows: int) -> dict[str, Any]:
    """How far the page's weights are from the model's, at the most, over so many rows."""
    return {"max_difference": float(f"{difference:.1e}"), "num_rows_compared": num_rows}
