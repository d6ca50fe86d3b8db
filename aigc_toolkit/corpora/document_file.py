"""Documents in two files: their UTF-8 bytes one after the other, and where each ends.

Comes in: texts. Goes out: a sequence of texts that reads each from the disk when it is asked for. It knows no splits or tokens.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

TEXT, ENDS = "documents.utf8", "documents.ends"  # ends: little-endian int64, in bytes


def write_documents(documents: Iterable[str], folder: Path) -> None:
    """Write documents into `folder`, one in memory at a time. Raises OSError where that fails.

    >>> write_documents(["One.", "Two."], Path("runs"))
    """
    end = 0
    with (folder / TEXT).open("wb") as text, (folder / ENDS).open("wb") as ends:
        for document in documents:
            end += text.write(document.encode("utf-8"))
            ends.write(end.to_bytes(8, "little"))
        for opened in (text, ends):
            opened.flush()
            os.fsync(opened.fileno())


class DocumentFile(Sequence[str]):
    """The documents that `write_documents` wrote.

    >>> DocumentFile(Path("runs"))[1]
    'Two.'
    """

    def __init__(self, folder: Path):
        size = (folder / ENDS).stat().st_size // 8
        self._ends = np.memmap(folder / ENDS, dtype="<i8", mode="r") if size else np.empty(0, dtype="<i8")  # (N)
        self._bytes = np.memmap(folder / TEXT, dtype=np.uint8, mode="r") if size else np.empty(0, dtype=np.uint8)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, index: int) -> str:
        number = range(len(self))[index]
        start = int(self._ends[number - 1]) if number else 0
        return self._bytes[start : int(self._ends[number])].tobytes().decode("utf-8")
