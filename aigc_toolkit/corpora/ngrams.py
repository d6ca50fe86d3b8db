r"""n-gram language models with interpolated, modified Kneser-Ney smoothing: what counting alone can do.

Comes in: token ids # (N,). Goes out: the log-probability of each token of another row of ids, given the n - 1 before it. Over the
vocabulary the probabilities of each context sum to 1. It does not know text, only ids.
With $c_k$ the counts of k-grams (of the highest order as they occur; below it, of the different tokens that stand before them)
$$P_k(w \mid h) = \frac{\max(c_k(hw) - D(c_k(hw)), 0)}{c_k(h\,\cdot)} + \gamma_k(h)\,P_{k-1}(w \mid h'),\qquad P_0 = 1/V,$$
$\gamma_k(h)$ being the mass that the discounts D took away, and $h'$ the context without its first token.
Source: Chen and Goodman 1998, "An Empirical Study of Smoothing Techniques for Language Modeling", TR-10-98, equations 25 and 26.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class _Order:
    """All k-grams of one k that occur. A k-gram is the number of its first k - 1 tokens times V, plus its last token."""

    keys: np.ndarray  # (G), sorted: the place of a k-gram in it is its number
    kept: np.ndarray  # (G): its count less the discount, divided by the total of its context
    freed: np.ndarray  # (number of contexts): gamma, 1 where a context was never counted


class NGramModel:
    """Probabilities of the next token from counts of runs of up to `order` tokens; order 0 is the uniform distribution.

    Raises ValueError for a negative order, and for ids that the vocabulary does not have.

    >>> model = NGramModel(np.array([0, 1, 0, 1, 0, 2]), order=2, vocabulary_size=3)
    >>> np.exp(model.log_probabilities(np.array([0, 1]))).round(2).tolist()
    [0.33, 0.61]
    """

    def __init__(self, token_ids: np.ndarray, *, order: int, vocabulary_size: int):
        if order < 0:
            raise ValueError(f"order={order} is no length: 0 (uniform) or more is allowed. 5 is usual.")
        self.order, self.vocabulary_size = order, vocabulary_size
        ids = self._checked(token_ids)  # (N)
        keys, counts = _count(ids, order, vocabulary_size)
        contexts = [1, *map(len, keys)]  # k-grams that may stand before a token
        self._orders = [_discounted(k, c, k // vocabulary_size, n) for k, c, n in zip(keys, counts, contexts, strict=False)]

    def log_probabilities(self, token_ids: np.ndarray) -> np.ndarray:
        """The natural logarithm of the probability of each token given those before it in the row: float64 # (N,).

        The first tokens have shorter contexts, as have all where less was counted than `order` tokens.
        """
        ids = self._checked(token_ids)  # (N)
        probs = np.full(len(ids), 1 / self.vocabulary_size)  # (N)
        contexts = np.zeros(len(ids), dtype=np.int64)  # (N): the numbers of the k - 1 tokens before, -1 where they never occurred
        for table in self._orders:
            numbers = _lookup(table.keys, np.where(contexts < 0, -1, contexts * self.vocabulary_size + ids))  # (N)
            gamma = np.where(contexts < 0, 1.0, table.freed[contexts])  # (N)
            probs = np.where(numbers < 0, 0.0, table.kept[numbers]) + gamma * probs
            contexts = np.concatenate([[-1], numbers[:-1]])[: len(ids)]
        return np.log(probs)

    def _checked(self, token_ids: np.ndarray) -> np.ndarray:
        ids = np.asarray(token_ids).astype(np.int64)
        if len(ids) and not 0 <= ids.min() <= ids.max() < self.vocabulary_size:
            raise ValueError(
                f"Token ids from {ids.min()} to {ids.max()} with vocabulary_size={self.vocabulary_size}: ids from 0 to "
                f"{self.vocabulary_size - 1} are allowed. Give the size of the vocabulary they come from."
            )
        return ids


def _count(ids: np.ndarray, order: int, vocabulary_size: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """For each k from 1 to `order`, or to N: the keys of the k-grams that occur # (G,), and their counts # (G,)."""
    keys, counts = [], []
    ending = np.zeros(len(ids), dtype=np.int64)  # (N): the number of the (k - 1)-gram that ends at a token
    for k in range(1, min(order, len(ids)) + 1):
        prefixes = ending if k == 1 else ending[:-1]  # (N - k + 1)
        grams, first, numbers, occurring = np.unique(
            prefixes * vocabulary_size + ids[k - 1 :], return_index=True, return_inverse=True, return_counts=True
        )
        if k > 1:  # each different k-gram is one more token that stands before the (k - 1)-gram it ends with
            counts[-1] = np.bincount(ending[1:][first], minlength=len(keys[-1]))
        keys.append(grams)
        counts.append(occurring)
        ending = numbers  # (N - k + 1)
    return keys, counts


def _discounted(keys: np.ndarray, counts: np.ndarray, contexts: np.ndarray, num_contexts: int) -> _Order:
    discount = _discounts(counts)[np.minimum(counts, 3)]  # (G)
    totals = np.bincount(contexts, weights=counts, minlength=num_contexts)
    taken = np.bincount(contexts, weights=discount, minlength=num_contexts)
    seen = totals > 0
    freed = np.divide(taken, totals, out=np.ones(num_contexts), where=seen)
    kept = np.divide(counts - discount, totals[contexts], out=np.zeros(len(keys)), where=seen[contexts])
    return _Order(keys, kept, freed)


def _discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken from a count of 0, 1, 2, and 3 or more: Chen and Goodman's estimates; one half where they do not exist."""
    n1, n2, n3, n4 = (int((counts == c).sum()) for c in (1, 2, 3, 4))
    if not (n1 and n2 and n3):
        return np.array([0, 0.5, 0.5, 0.5])
    y = n1 / (n1 + 2 * n2)
    estimates = np.array([0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    return np.clip(estimates, [0, 0.01, 0.01, 0.01], [0, 1, 2, 3])


def _lookup(sorted_keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The place of each wanted key, -1 where it is not there."""
    places = np.minimum(np.searchsorted(sorted_keys, wanted), len(sorted_keys) - 1)
    return np.where(sorted_keys[places] == wanted, places, -1)
