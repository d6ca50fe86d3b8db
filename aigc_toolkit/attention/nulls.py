"""What a head's score would be if tokens were shuffled: the yardstick for "this head does something".

In: weights, which keys a query may see, and where a pattern would put its weight. Out: the score and the mean and spread it has
under shuffling. Two nulls: a row's weights dealt out again among the keys that row may see (exact, in closed form), for patterns
of position; and token identities shuffled over positions (sampled), for patterns of content, which keeps every habit of position
a head has. Does not know models.
"""

from dataclasses import dataclass

import numpy as np

SMALLEST_SPREAD = 1e-6  # of float32 sums: below it a difference means nothing


@dataclass(frozen=True)
class Comparison:
    """A score, the mean and standard deviation it has under the null, and over how many query rows it was taken."""

    score: float
    null: float
    spread: float
    num_rows: int

    @property
    def z(self) -> float:
        """How many standard deviations the score lies above the null."""
        return (self.score - self.null) / max(self.spread, SMALLEST_SPREAD)


NOTHING = Comparison(np.nan, np.nan, np.nan, 0)  # of a pattern that no row could show


def dealt_again(weights: np.ndarray, seen: np.ndarray, pattern: np.ndarray) -> Comparison:
    """Mean over rows of sum_k pattern weights, against each row's weights permuted among its seen keys; all are (R, K).

    Exact mean and variance of a linear permutation statistic: Hoeffding (1951), "A Combinatorial Central Limit Theorem",
    theorem 2, for one row: mean = sum(a) sum(w) / n, variance = (sum (a - mean a)^2) (sum (w - mean w)^2) / (n - 1).
    Only rows that see two keys or more, one of them in the pattern.
    """
    pattern = np.where(seen, pattern, 0.0)  # (R, K)
    num_seen = seen.sum(1)  # (R,)
    chosen = (num_seen > 1) & (pattern != 0).any(1)
    if not chosen.any():
        return NOTHING
    a, w, n = pattern[chosen], np.where(seen, weights, 0.0)[chosen].astype(np.float64), num_seen[chosen]
    a_sum, w_sum = a.sum(1), w.sum(1)  # (R,)
    a_squares, w_squares = (a**2).sum(1) - a_sum**2 / n, (w**2).sum(1) - w_sum**2 / n  # (R,)
    variance = (a_squares.clip(0) * w_squares.clip(0) / (n - 1)).sum() / len(n) ** 2
    return Comparison((a * w).sum(1).mean(), (a_sum * w_sum / n).mean(), variance**0.5, len(n))


class ShuffledTokens:
    """Weight on the cells that `matches(ids)` names, against the same for shuffled `ids`; made once for many heads.

    `matches` gives bool (R, K) for token ids (K,). The score is the mean over rows with a match of their weight on matches.
    """

    def __init__(self, matches, ids: np.ndarray, seen: np.ndarray, *, num_shuffles: int, seed: int):
        generator = np.random.default_rng(seed)
        orders = [ids, *(generator.permutation(ids) for _ in range(num_shuffles))]  # the true order first
        cells = (matches(order) & seen for order in orders)  # (R, K) each
        self._cells, num_rows = [], []
        for match in cells:
            self._cells.append(np.flatnonzero(match))
            num_rows.append(match.any(1).sum())
        self._num_rows = np.array(num_rows)  # (1 + shuffles,)

    def compare(self, weights: np.ndarray) -> Comparison:
        """The score of one head's `weights` (R, K)."""
        if not self._num_rows[0]:
            return NOTHING
        flat = weights.reshape(-1)
        totals = np.array([flat[cells].sum(dtype=np.float64) for cells in self._cells])  # (1 + shuffles,)
        scores = totals / np.maximum(self._num_rows, 1)
        shuffled = scores[1:][self._num_rows[1:] > 0]
        if not len(shuffled):
            return NOTHING
        return Comparison(scores[0], shuffled.mean(), shuffled.std(), int(self._num_rows[0]))
