"""Weights from queries and keys in NumPy: how the saved page's own arithmetic is held against the model's.

In: a layer's inputs, or what became of them in fewer bits. Out: weights. The same steps as in `static/attention_math.js`.
"""

from typing import Any

import numpy as np


def recomputed_weights(inputs: Any, head: int, rows: np.ndarray) -> np.ndarray:
    """Weights of query `rows` (R,) of one head, float32 (R, K), with a sink (R, K + 1), from what `score_inputs` gives."""
    group = len(inputs.query) // len(inputs.key)
    scores = (inputs.query[head, rows] @ inputs.key[head // group].T) * inputs.scaling  # (R, K)
    if inputs.softcap is not None:
        scores = inputs.softcap * np.tanh(scores / inputs.softcap)
    if inputs.bias is not None:
        scores = scores + _part(inputs.bias, head, rows)
    if inputs.seen is not None:
        scores = np.where(_part(inputs.seen, head, rows), scores, -np.inf)
    if inputs.causal:
        scores = np.where(np.arange(scores.shape[1]) <= rows[:, None], scores, -np.inf)
    if inputs.sinks is not None:
        scores = np.concatenate([scores, np.full((len(rows), 1), inputs.sinks[head])], axis=1)  # (R, K + 1)
    shares = np.exp(scores - scores.max(1, keepdims=True))
    return (shares / shares.sum(1, keepdims=True)).astype(np.float32)


def _part(numbers: np.ndarray, head: int, rows: np.ndarray) -> np.ndarray:
    """`rows` of one head of numbers (1 or H, 1 or Q, K)."""
    of_head = numbers[head % len(numbers)]
    return of_head[rows % len(of_head)]
