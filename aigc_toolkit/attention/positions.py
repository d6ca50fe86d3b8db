"""Layers, heads and positions as a caller names them, checked.

In: an index, a slice or a list of positions. Out: position numbers, or an error that says what exists.
"""

from collections.abc import Sequence

import numpy as np


def check_index(what: str, index: int, count: int) -> None:
    """Raise ValueError unless `index` is one of `count`, counted from 0."""
    if not 0 <= index < count:
        raise ValueError(f"{what} is {index}; this model has {count}, counted from 0. Use 0 to {count - 1}.")


def positions(chosen: slice | Sequence[int] | None, count: int, what: str) -> np.ndarray:
    """The chosen ones of `count` positions, int64; None is all. Raises ValueError for one that does not exist."""
    everything = np.arange(count)
    if chosen is None or isinstance(chosen, slice):
        return everything[chosen if chosen is not None else slice(None)]
    numbers = np.asarray(chosen, dtype=np.int64).reshape(-1)
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < count):
        outside = numbers[(numbers < 0) | (numbers >= count)][0]
        raise ValueError(f"{what} hold position {outside}; there are {count} tokens. Use 0 to {count - 1}, or a slice.")
    return numbers
