"""Whether a value that a caller or a browser sends is allowed.

In: a value of any type, and how many there are of what it names. Out: yes or no, or a ValueError that says what is allowed. Does
not know what is asked.
"""

from collections.abc import Iterable
from typing import Any


def listed(choices: Iterable[Any]) -> str:
    """Choices as an error names them."""
    return ", ".join(map(repr, choices))


def is_position(value: Any, count: int, *, first: int = 0) -> bool:
    """Whether it is a whole number from `first` to `count` - 1."""
    return type(value) is int and first <= value < count


def is_range(value: Any, count: int) -> bool:
    """Whether it is [first, end] with 0 <= first < end <= `count`."""
    is_pair = isinstance(value, (list, tuple)) and len(value) == 2 and all(type(edge) is int for edge in value)
    return is_pair and 0 <= value[0] < value[1] <= count


def check_position(name: str, value: Any, count: int, *, first: int = 0) -> None:
    """Raise ValueError unless `is_position`."""
    if not is_position(value, count, first=first):
        raise ValueError(f"{name} is {value!r}. Allowed: {first} to {count - 1}. Choose one of these.")


def check_range(name: str, value: Any, count: int) -> None:
    """Raise ValueError unless `is_range`."""
    if not is_range(value, count):
        raise ValueError(f"{name} are {value!r}. Allowed: [first, end] with 0 <= first < end <= {count}. Ask for one or more.")
