"""Build the splits, by document, and check them: what validation may not have seen, training may not hold.

Comes in: documents. Goes out: the training and the validation ones; and, for two splits, how many documents of one are found in
the other. A single document is cut once, its last part being the validation text. It does not know tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np

from .duplicates import NearCopies, fingerprint, window_hashes

if TYPE_CHECKING:
    from .corpus import Corpus

WORDS_PER_LONG_WINDOW = 13  # Brown et al. 2020, arXiv:2005.14165, appendix C


@dataclass(frozen=True)
class Splits:
    """Documents to train on, and documents held out."""

    train: Sequence[str]
    validation: Sequence[str]


class Chosen(Sequence[str]):
    """Those of the documents that `numbers` names, read when they are asked for."""

    def __init__(self, documents: Sequence[str], numbers: np.ndarray):
        self.documents, self.numbers = documents, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Chosen: ...
    def __getitem__(self, index: int | slice) -> str | Chosen:
        chosen = self.numbers[index]
        return Chosen(self.documents, chosen) if isinstance(index, slice) else self.documents[int(chosen)]


def split_documents(documents: Sequence[str], validation_fraction: float = 0.1, *, seed: int | None = None) -> Splits:
    """The documents in two splits, at least one in each: the last ones held out or, with a `seed`, ones drawn by it.

    A source sorted by author or subject needs a seed: its last documents are not like the others. Of a single document the last
    part is held out, counted in characters. Raises ValueError for a fraction outside (0, 1) and for no document.

    >>> list(split_documents(["One.", "Two.", "Three."], 0.3).validation)
    ['Three.']
    """
    if not 0 < validation_fraction < 1:
        raise ValueError(
            f"validation_fraction={validation_fraction} leaves a split empty: it must lie between 0 and 1. 0.1 is usual."
        )
    if not len(documents):
        raise ValueError("The source holds no text: a corpus needs at least one document. Give it some text.")
    if len(documents) == 1:
        cut = int(len(documents[0]) * (1 - validation_fraction))
        return Splits([documents[0][:cut]], [documents[0][cut:]])
    cut = min(len(documents) - 1, max(1, round(len(documents) * (1 - validation_fraction))))
    order = np.arange(len(documents)) if seed is None else np.random.default_rng(seed).permutation(len(documents))
    return Splits(Chosen(documents, np.sort(order[:cut])), Chosen(documents, np.sort(order[cut:])))


@dataclass(frozen=True)
class SplitCheck:
    """What two splits share. Copies are equal but for case and white space; near copies are at least `similarity` alike."""

    num_train: int
    num_validation: int
    copies_within_train: int  # documents of a split that stood there before
    copies_within_validation: int
    leaked_copies: int  # validation documents that are in training too
    leaked_near_copies: int  # those that are nearly in training, without the former
    similarity: float
    shared_windows: float  # share of the runs of 13 words in validation that are in training, too; 0 where there is none

    def __str__(self) -> str:
        return (
            f"{self.num_train:,} training and {self.num_validation:,} validation documents. Of validation, {self.leaked_copies:,} "
            f"are copies of training documents and {self.leaked_near_copies:,} near copies (similarity {self.similarity:g}); "
            f"{self.shared_windows:.1%} of its runs of {WORDS_PER_LONG_WINDOW} words occur in training. Copies within training: "
            f"{self.copies_within_train:,}, within validation: {self.copies_within_validation:,}."
        )


def check_splits(corpus: Corpus | Splits, *, similarity: float = 0.8) -> SplitCheck:
    """How much of the validation split of a corpus was leaked into training, and how many copies each split holds.

    Both splits are read, one document at a time; about 4.3 kB a validation document are kept, 0.1 kB a training one.
    Source of the runs of 13 words: Brown et al. 2020, arXiv:2005.14165, appendix C. Raises ValueError for a similarity outside
    (0, 1].

    >>> check_splits(Splits(["The end.", "Once upon a time."], ["the END."])).leaked_copies
    1
    """
    near, marks = NearCopies(similarity), []
    windows = _distinct(window_hashes(text, WORDS_PER_LONG_WINDOW) for text in corpus.validation)  # (W)
    for text in corpus.validation:
        near.add(text)
        marks.append(fingerprint(text))
    train_marks: set[bytes] = set()
    leaked_near: set[int] = set()
    shared = np.zeros(len(windows), dtype=bool)  # (W)
    for text in corpus.train:
        train_marks.add(fingerprint(text))
        leaked_near.update(near.find(text))
        shared[_places(windows, window_hashes(text, WORDS_PER_LONG_WINDOW))] = True
    copies = {number for number, mark in enumerate(marks) if mark in train_marks}
    return SplitCheck(
        num_train=len(corpus.train),
        num_validation=len(marks),
        copies_within_train=len(corpus.train) - len(train_marks),
        copies_within_validation=len(marks) - len(set(marks)),
        leaked_copies=len(copies),
        leaked_near_copies=len(leaked_near - copies),
        similarity=similarity,
        shared_windows=float(shared.mean()) if len(windows) else 0.0,
    )


def _distinct(parts: Iterable[np.ndarray]) -> np.ndarray:
    return np.unique(np.concatenate([*parts, np.empty(0, dtype=np.uint64)]))


def _places(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where in the sorted `values` those of `wanted` are that occur there."""
    places = np.searchsorted(values, wanted)
    within = places < len(values)
    return places[within][values[places[within]] == wanted[within]]
