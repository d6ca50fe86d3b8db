"""Which heads show a pattern that somebody drew.

In: the sites of one kind of attention and a pattern: pairs of positions, or an example matrix. Out: a table of all heads, the best
first, each against the same null as in `head_scores`: its own weights dealt out again among the keys a query may see. Does not
know what the pattern means.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from .nulls import dealt_again
from .sites import AnySite

DEFINITIONS = {
    "score": "share; mean over the pattern's queries of the weight on the pattern. In an example matrix a cell counts by its share "
    "of the largest cell of its row",
    "null": "the mean of the score when each row's weights are dealt out again among the keys it may see (Hoeffding 1951, exact)",
    "above_null": "score - null, by which the table is sorted",
    "spread": "the standard deviation of the score under the null",
    "z": "above_null / spread",
    "num_rows": "queries that the score was taken over: those that may see a key of the pattern, and another",
}


@torch.inference_mode()
def find_heads(sites: Sequence[AnySite], pattern: Sequence[tuple[int, int]] | np.ndarray) -> pd.DataFrame:
    """One row per head, best first: layer, head, score, null, above_null, spread, z, num_rows; definitions are in `.attrs`.

    `pattern` is pairs (query, key) or a matrix (Q, K) of numbers from 0 up. Raises ValueError for an empty pattern, one of
    another size, negative numbers, and one that no query may see.
    """
    rows, drawn = _drawn_rows(pattern, sites[0].num_queries, sites[0].num_keys)  # (R,), (R, K)
    drawn /= drawn.max(1, keepdims=True)
    records = []
    for layer, site in enumerate(sites):
        row_ids = torch.as_tensor(rows, device=site.device)
        seen = site.seen(row_ids).cpu().numpy()  # (R, K)
        for head in range(site.num_heads):
            weights = site.weights(head, row_ids)[:, : site.num_keys].cpu().numpy()  # (R, K)
            found = dealt_again(weights, seen, drawn)
            records.append(
                {
                    "layer": layer,
                    "head": head,
                    "score": found.score,
                    "null": found.null,
                    "above_null": found.score - found.null,
                    "spread": found.spread,
                    "z": found.z,
                    "num_rows": found.num_rows,
                }
            )
    table = pd.DataFrame(records)
    if not table["num_rows"].any():
        query, key = rows[0], drawn[0].argmax()
        raise ValueError(
            f"No query of the pattern may see its keys, among them query {query} and key {key}; a pair is (query, key), the query "
            "later where a model reads from left to right. Swap the pairs or draw the other half."
        )
    table = table.sort_values("above_null", ascending=False, ignore_index=True)
    table.attrs["definitions"] = DEFINITIONS
    return table


def _drawn_rows(pattern: Sequence[tuple[int, int]] | np.ndarray, num_queries: int, num_keys: int) -> tuple[np.ndarray, np.ndarray]:
    """The queries of a pattern (R,) and what it says of their keys, float64 (R, K): 1 for a pair, or the example's numbers."""
    if isinstance(pattern, np.ndarray):
        _check_matrix(pattern, num_queries, num_keys)
        rows = np.flatnonzero(pattern.any(1))
        drawn = pattern[rows].astype(np.float64)
    else:
        _check_pairs(pattern, num_queries, num_keys)
        rows = np.unique([query for query, _ in pattern]).astype(np.int64)
        drawn = np.zeros((len(rows), num_keys))
        for query, key in pattern:
            drawn[np.searchsorted(rows, query), key] = 1
    if not len(rows):
        raise ValueError("The pattern is empty; at least one pair or one cell above 0 is needed. Mark a query and its key.")
    return rows, drawn


def _check_matrix(matrix: np.ndarray, num_queries: int, num_keys: int) -> None:
    if matrix.shape != (num_queries, num_keys):
        raise ValueError(
            f"The pattern has shape {matrix.shape}; a matrix of {num_queries} queries and {num_keys} keys is needed. "
            "Draw it over the same tokens, or pass a list of pairs (query, key)."
        )
    if not (np.isfinite(matrix).all() and (matrix >= 0).all()):
        raise ValueError("The pattern has numbers below 0 or not finite; numbers from 0 up are allowed. Mark what counts with 1.")


def _check_pairs(pairs: Sequence[tuple[int, int]], num_queries: int, num_keys: int) -> None:
    for query, key in pairs:
        if not (0 <= query < num_queries and 0 <= key < num_keys):
            raise ValueError(
                f"The pattern has the pair ({query}, {key}); there are {num_queries} queries and {num_keys} keys. "
                "Count both from 0."
            )
