"""Arrays as text that can stand in a page: half precision or bytes, deflated, in base64.

In: NumPy arrays. Out: base64 of a zlib stream (RFC 1950), which every browser can inflate. The bytes of 16- and 32-bit numbers are
sorted by significance first: exponents are alike and deflate well, mantissas do not.
"""

import base64
import hashlib
import zlib

import numpy as np

LARGEST_ROUNDING = 1e-3  # of a number that is added to scores


def packed_numbers(numbers: np.ndarray, precision: str) -> str:
    """Numbers as "float16" or "float32", little endian, the least significant byte of each first, then the next.

    >>> len(packed_numbers(np.zeros(1000), "float16"))
    32
    """
    size = {"float16": 2, "float32": 4}[precision]
    planes = np.ascontiguousarray(numbers, dtype=f"<f{size}").reshape(-1).view(np.uint8).reshape(-1, size).T  # (size, N)
    return packed_bytes(planes)


def packed_bytes(numbers: np.ndarray) -> str:
    """uint8 of any shape, row-major."""
    return base64.b64encode(zlib.compress(np.ascontiguousarray(numbers, dtype=np.uint8).tobytes(), 6)).decode()


def packed_bits(marks: np.ndarray) -> str:
    """Booleans of any shape, row-major, eight to a byte, the first in the highest bit."""
    return packed_bytes(np.packbits(marks.reshape(-1)))


def precision_for(numbers: np.ndarray, largest_rounding: float = LARGEST_ROUNDING) -> str:
    """ "float16" where it is near enough to every number, else "float32"."""
    with np.errstate(over="ignore"):
        rounded = numbers.astype(np.float16).astype(np.float32)
    return "float16" if np.abs(rounded - numbers).max(initial=0) <= largest_rounding else "float32"


class Elements:
    """Texts of data elements by id; what is alike is kept once."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._ids: dict[bytes, str] = {}

    def add(self, text: str) -> str:
        """The id of an element with this text."""
        digest = hashlib.sha256(text.encode()).digest()
        if digest not in self._ids:
            self._ids[digest] = f"aigc-data-{len(self.texts)}"
            self.texts[self._ids[digest]] = text
        return self._ids[digest]
