"""What each head does, as numbers: six scores per head, each against a null, and a name only where one is earned.

In: the sites of one stack of self-attention and its token ids. Out: a table. Scores look at what each query may see and at nothing
else: keys outside a layer's window are no targets, and shuffled weights stay inside it. Does not know models or texts.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import torch

from .nulls import NOTHING, Comparison, ShuffledTokens, dealt_again
from .sites import AnySite

MAX_ROWS = 512  # query rows that are looked at, evenly spread over a longer text
PATTERNS = ("previous_token", "first_token", "same_token", "induction")  # scores that are shares of weight
NONE = "none of these"
SMALLEST_Z = 5.0
SMALLEST_SHARE = 0.3  # of a head's weight above the null, for the head to be named after a pattern

DEFINITIONS = {
    "entropy": "nats; mean over queries of -sum w ln w. Its null is even attention, ln of the number of keys seen; no shuffle "
    "changes a row's entropy, so it has no z",
    "distance": "tokens; mean over queries of sum w |query - key|",
    "previous_token": "share; mean over queries of the weight on the token before",
    "first_token": "share; mean over queries of the weight on the first token (an attention sink)",
    "same_token": "share; mean over queries that see their own token elsewhere of the weight there",
    "induction": "share; mean over queries that see their own token elsewhere of the weight on the token after it",
    "_null": "the mean of the score under its null. distance, previous_token, first_token: a row's weights dealt out again among "
    "the keys it may see (exact). same_token, induction: token identities shuffled over positions",
    "_z": "standard deviations of the null that the score lies above it",
    "kind": f"the pattern with the largest share, if it is {SMALLEST_SHARE} above its null or more and its z is {SMALLEST_Z} or "
    f"more; else {NONE!r}",
}
SOURCES = {
    "entropy": "Clark et al. (2019), What Does BERT Look At?, section 3.2",
    "distance": "Vig and Belinkov (2019), Analyzing the Structure of Attention in a Transformer Language Model, section 4.3",
    "previous_token": "Clark et al. (2019), section 3.1; Elhage et al. (2021), A Mathematical Framework for Transformer Circuits",
    "first_token": "Xiao et al. (2024), Efficient Streaming Language Models with Attention Sinks, section 3.1",
    "same_token": "Wang et al. (2023), Interpretability in the Wild, section 3 (duplicate token heads)",
    "induction": "Olsson et al. (2022), In-context Learning and Induction Heads (prefix matching score)",
    "_null": "Hoeffding (1951), A Combinatorial Central Limit Theorem, for the exact one",
}


@torch.inference_mode()
def head_scores(sites: Sequence[AnySite], token_ids: Sequence[int], *, num_shuffles: int, seed: int) -> pd.DataFrame:
    """One row per head: layer, head, kind, and each score with `_null` and `_z`; definitions and sources are in `.attrs`.

    A score that no query could show (no token twice, no ids) is NaN.
    """
    num_tokens = sites[0].num_queries
    rows = _spread_rows(num_tokens)  # (R,)
    ids = np.array(token_ids) if token_ids else np.arange(num_tokens)  # pixels: no two alike
    records, content, seen = [], {}, None
    for layer, site in enumerate(sites):
        row_ids = torch.as_tensor(rows, device=site.device)
        seen_here = site.seen(row_ids).cpu().numpy()  # (R, K)
        if seen is None or not np.array_equal(seen, seen_here):
            seen, content = seen_here, _content_nulls(ids, rows, seen_here, num_shuffles, seed)
        for head in range(site.num_heads):
            weights = site.weights(head, row_ids)[:, :num_tokens].cpu().numpy()  # (R, K)
            comparisons = dict(_position_scores(weights, seen, rows))
            comparisons |= {name: null.compare(weights) for name, null in content.items()}
            records.append({"layer": layer, "head": head, "kind": _kind(comparisons)} | _columns(comparisons))
    table = pd.DataFrame(records)
    table.attrs |= {
        "definitions": DEFINITIONS,
        "sources": SOURCES,
        "num_rows": len(rows),
        "num_shuffles": num_shuffles,
        "seed": seed,
    }
    return table


def _spread_rows(num_tokens: int) -> np.ndarray:
    return np.unique(np.linspace(0, num_tokens - 1, min(num_tokens, MAX_ROWS)).round().astype(np.int64))


def _position_scores(weights: np.ndarray, seen: np.ndarray, rows: np.ndarray) -> Iterator[tuple[str, Comparison]]:
    keys = np.arange(weights.shape[1])  # (K,)
    distance = np.abs(keys - rows[:, None])  # (R, K)
    yield "entropy", _entropy(weights, seen)
    yield "distance", dealt_again(weights, seen, distance)
    yield "previous_token", dealt_again(weights, seen, keys == rows[:, None] - 1)
    yield "first_token", dealt_again(weights, seen, (keys == 0) & (rows[:, None] > 0))


def _entropy(weights: np.ndarray, seen: np.ndarray) -> Comparison:
    several = seen.sum(1) > 1
    if not several.any():
        return NOTHING
    w = weights[several].astype(np.float64)
    entropy = -(w * np.log(np.where(w > 0, w, 1.0))).sum(1)  # (R,)
    return Comparison(entropy.mean(), np.log(seen[several].sum(1)).mean(), np.nan, int(several.sum()))


def _content_nulls(ids: np.ndarray, rows: np.ndarray, seen: np.ndarray, num_shuffles: int, seed: int) -> dict[str, ShuffledTokens]:
    elsewhere = seen & (np.arange(len(ids)) != rows[:, None])  # (R, K)
    settings = {"num_shuffles": num_shuffles, "seed": seed}
    return {
        "same_token": ShuffledTokens(lambda order: order[rows][:, None] == order, ids, elsewhere, **settings),
        "induction": ShuffledTokens(lambda order: _after_the_same(order, rows), ids, elsewhere, **settings),
    }


def _after_the_same(ids: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Whether the token before a key is the query's own token, elsewhere: bool (R, K)."""
    match = np.zeros((len(rows), len(ids)), dtype=bool)
    match[:, 1:] = (ids[rows][:, None] == ids[:-1]) & (np.arange(len(ids) - 1) != rows[:, None])
    return match


def _kind(comparisons: dict[str, Comparison]) -> str:
    best = max(PATTERNS, key=lambda name: np.nan_to_num(comparisons[name].score, nan=-1.0))
    found = comparisons[best]
    earned = found.score - found.null >= SMALLEST_SHARE and found.z >= SMALLEST_Z
    return best.replace("_", " ") if earned else NONE


def _columns(comparisons: dict[str, Comparison]) -> dict[str, float]:
    columns = {}
    for name, found in comparisons.items():
        columns |= {name: found.score, f"{name}_null": found.null}
        if name != "entropy":
            columns[f"{name}_z"] = found.z
    return columns
