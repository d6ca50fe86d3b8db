"""Preprocess: documents as they are found become documents worth reading, each of them once.

Comes in: a source of text and `Preprocessing`. Goes out: `Preprocessed`, an iterable of clean documents that counts what it
dropped and why. One document is in memory at a time. It does not know tokens or splits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .cleaning import clean_text
from .duplicates import NearCopies, fingerprint
from .sources import Source, read_documents


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How documents are read and which are kept.

    Raises ValueError for a number that cannot be.

    >>> Preprocessing(field="story").near_copies
    0.8
    """

    field: str = "text"  # of a line of JSON or a row of a dataset, that holds the text
    separator: str | None = None  # between the documents of a text file; None = a file is one document
    clean: bool = True  # one Unicode form and kind of line end, nothing unreadable, no stray blanks
    min_characters: int = 1  # shorter documents are dropped
    drop_copies: bool = True  # documents equal to an earlier one, but for case and white space
    near_copies: float = 0.8  # similarity, in (0, 1], from which on a document is dropped as a near copy; 0 = none is
    version: str | None = None  # of the source, for the key of a cache; None = all of it is read to see whether it changed

    def __post_init__(self) -> None:
        if self.min_characters < 1:
            raise ValueError(f"min_characters={self.min_characters}: 1 or more is allowed. Set 1 to keep all that is not empty.")
        if not 0 <= self.near_copies <= 1:
            raise ValueError(
                f"near_copies={self.near_copies}: a similarity from 0 to 1 is allowed. 0.8 is usual; 0 switches it off."
            )
        if self.near_copies and not self.drop_copies:
            raise ValueError(
                f"near_copies={self.near_copies} with drop_copies=False: who drops near copies drops copies. "
                "Set near_copies=0, or drop_copies=True."
            )
        if self.separator == "":
            raise ValueError(
                "separator='' separates nothing: some text that stands between documents is needed. Set None for none."
            )


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
AS_IT_IS = Preprocessing(clean=False, drop_copies=False, near_copies=0)


@dataclass(frozen=True)
class PreprocessingReport:
    """How many documents came in, how many of them were dropped for which reason, and how many stayed.

    >>> print(PreprocessingReport(documents_read=4, too_short=1, copies=1, kept=2))
    4 documents read, 2 kept; dropped: 1 too short, 1 copies, 0 near copies
    """

    documents_read: int = 0
    too_short: int = 0
    copies: int = 0
    near_copies: int = 0
    kept: int = 0
    characters_read: int = 0
    characters_kept: int = 0

    def __str__(self) -> str:
        return (
            f"{self.documents_read:,} documents read, {self.kept:,} kept; dropped: {self.too_short:,} too short, "
            f"{self.copies:,} copies, {self.near_copies:,} near copies"
        )


class Preprocessed:
    """Iterate it for the documents; `report` tells of the latest pass, as far as it went."""

    def __init__(self, source: Source, settings: Preprocessing):
        self.source, self.settings = source, settings
        self.report = PreprocessingReport()

    def __iter__(self) -> Iterator[str]:
        self.report = PreprocessingReport()
        seen: set[bytes] = set()
        near = NearCopies(self.settings.near_copies) if self.settings.near_copies else None
        for raw in read_documents(self.source, field=self.settings.field, separator=self.settings.separator):
            text = clean_text(raw) if self.settings.clean else _checked(raw, self.report.documents_read)
            reason = self._reason_to_drop(text, seen, near)
            self._count(documents_read=1, characters_read=len(raw), **{reason or "kept": 1})
            if reason is None:
                self._count(characters_kept=len(text))
                yield text

    def _reason_to_drop(self, text: str, seen: set[bytes], near: NearCopies | None) -> str | None:
        if not text.strip() or len(text) < self.settings.min_characters:
            return "too_short"
        if self.settings.drop_copies:
            mark = fingerprint(text)
            if mark in seen:
                return "copies"
            seen.add(mark)
        if near is not None and not near.add_if_new(text):
            return "near_copies"
        return None

    def _count(self, **more: int) -> None:
        self.report = replace(self.report, **{name: getattr(self.report, name) + number for name, number in more.items()})


def _checked(text: str, number: int) -> str:
    lone = _LONE_SURROGATE.search(text)
    if lone:
        raise ValueError(
            f"Document {number} has half of a surrogate pair (U+{ord(lone[0]):04X}) at position {lone.start()}: whole Unicode "
            "characters are allowed. Pass preprocessing=Preprocessing(), which removes it, or mend the text."
        )
    return text


def preprocess(source: Source, settings: Preprocessing | None = None) -> Preprocessed:
    """The documents of a source, cleaned, without copies and near copies: an iterable of texts that reads as it is iterated.

    `source` is a UTF-8 text file, a JSONL file, a folder of both, a `datasets` dataset (a streaming one too) or any iterable of
    texts or rows. Errors of reading come while iterating; see `read_documents`.

    >>> documents = preprocess(["The end.", "the  end.", "Once upon a time."])
    >>> list(documents), str(documents.report)
    (['The end.', 'Once upon a time.'], '3 documents read, 2 kept; dropped: 0 too short, 1 copies, 0 near copies')
    """
    return Preprocessed(source, settings or Preprocessing())
