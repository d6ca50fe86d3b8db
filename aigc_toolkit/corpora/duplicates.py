"""Copies: documents that were there before, letter for letter or nearly so.

Comes in: texts one by one. Goes out: which earlier text each is a copy of, if any. Nearly means that their sets of five
neighbouring words are alike; a Chinese character counts as a word. The sets are compared by MinHash signatures: a text costs a few
kilobytes, whatever its length. It does not know splits.
Sources: Broder 1997 (MinHash); Leskovec, Rajaraman and Ullman 2014, "Mining of Massive Datasets", section 3.4 (bands);
Lee et al. 2022, arXiv:2107.06499 (what copies do to language models).
"""

from __future__ import annotations

import hashlib
import zlib

import numpy as np
import regex

WORDS_PER_WINDOW = 5
NUM_BANDS, ROWS_PER_BAND = 20, 6  # pairs of similarity 0.8 meet in a band with probability 1 - (1 - 0.8^6)^20 = 0.998
_NUM_HASHES = NUM_BANDS * ROWS_PER_BAND
_WINDOWS_AT_ONCE = 4096
_WORD = regex.compile(r"\p{Han}|(?:(?!\p{Han})[\p{L}\p{M}\p{N}])+")


def fingerprint(text: str) -> bytes:
    """Sixteen bytes that two texts share only if they are equal but for case and white space.

    >>> fingerprint("The  end.") == fingerprint("the end.")
    True
    """
    plain = " ".join(text.casefold().split())
    return hashlib.blake2b(plain.encode("utf-8", errors="surrogatepass"), digest_size=16).digest()


def window_hashes(text: str, num_words: int) -> np.ndarray:
    """A hash of each run of `num_words` neighbouring words, uint64 # (W); of all words where there are fewer; of none for no word.

    >>> len(window_hashes("the kite flew over the garden", 5))
    2
    """
    words = _WORD.findall(text.casefold())
    hashes = np.array([zlib.crc32(word.encode()) for word in words], dtype=np.uint64)  # (N)
    num_words = min(num_words, len(words))
    mixed = np.zeros(len(words) - num_words + 1 if words else 0, dtype=np.uint64)  # (W)
    for place in range(num_words):
        mixed = _scramble(mixed + hashes[place : place + len(mixed)])
    return mixed


class NearCopies:
    """Texts so far, asked for one that is at least `similarity` alike (Jaccard similarity of their sets of windows, 0 to 1).

    The similarity is estimated from 120 hashes: its standard error is at most 0.046. A text takes about 4.3 kB. Raises ValueError
    for a similarity outside (0, 1].

    >>> copies = NearCopies(0.8)
    >>> copies.add("The kite flew over the garden and over the house."), copies.find("A kite? No, a ball.")
    (0, [])
    """

    def __init__(self, similarity: float):
        if not 0 < similarity <= 1:
            raise ValueError(f"similarity={similarity} compares nothing: it must lie above 0 and be at most 1. 0.8 is usual.")
        self.similarity = similarity
        self._signatures: list[np.ndarray | None] = []
        self._bands: list[dict[bytes, list[int]]] = [{} for _ in range(NUM_BANDS)]

    def find(self, text: str) -> list[int]:
        """The numbers of the texts added that are nearly this one, earliest first."""
        signature = _signature(text)
        return [] if signature is None else self._alike(signature)

    def add(self, text: str) -> int:
        """Remember a text; its number, counted from 0."""
        return self._remember(_signature(text))

    def add_if_new(self, text: str) -> bool:
        """Remember a text unless it is nearly one that is there; whether it was remembered."""
        signature = _signature(text)
        if signature is not None and self._alike(signature):
            return False
        self._remember(signature)
        return True

    def _remember(self, signature: np.ndarray | None) -> int:
        number = len(self._signatures)
        self._signatures.append(signature)
        if signature is not None:
            for band, key in zip(self._bands, _keys(signature), strict=True):
                band.setdefault(key, []).append(number)
        return number

    def _alike(self, signature: np.ndarray) -> list[int]:
        met = {number for band, key in zip(self._bands, _keys(signature), strict=True) for number in band.get(key, ())}
        return [number for number in sorted(met) if (self._signatures[number] == signature).mean() >= self.similarity]


def _signature(text: str) -> np.ndarray | None:
    """The smallest hash of the text's windows under each of 120 hash functions, uint32 # (120); None for a text without words."""
    windows = np.unique(window_hashes(text, WORDS_PER_WINDOW))  # (W)
    if not len(windows):
        return None
    smallest = [
        (_scramble(windows[start : start + _WINDOWS_AT_ONCE, None] ^ _SEEDS) >> np.uint64(32)).min(0)  # (120)
        for start in range(0, len(windows), _WINDOWS_AT_ONCE)
    ]
    return np.min(smallest, axis=0).astype(np.uint32)


def _keys(signature: np.ndarray) -> list[bytes]:
    return [band.tobytes() for band in signature.reshape(NUM_BANDS, ROWS_PER_BAND)]


def _scramble(values: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64 (Steele et al. 2014): neighbouring numbers become unrelated ones, modulo 2^64."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


_SEEDS = np.random.default_rng(0).integers(2**64, size=_NUM_HASHES, dtype=np.uint64)  # (120)
