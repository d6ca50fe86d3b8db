"""Documents one after the other, from wherever text is kept, never more of them in memory than one.

Comes in: a UTF-8 text file, a JSONL file, a folder of both, a Hugging Face `datasets` dataset (a streaming one too), or any
iterable of texts or rows. Goes out: an iterator of texts as they stand in the source. It does not clean, count or split them.
"""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

Source = str | Path | Iterable[str] | Iterable[Mapping[str, Any]]
_SUFFIXES = (".txt", ".jsonl")
_CHARACTERS_AT_ONCE = 1 << 20


def read_documents(source: Source, *, field: str = "text", separator: str | None = None) -> Iterator[str]:
    """The documents of `source` in order: of a folder its *.txt and *.jsonl files, sorted by path, those in its folders too.

    `field` names the text in a line of JSON or a row. A text file is one document, read whole, unless a `separator` stands between
    its documents: then it is read piece by piece, whatever its size. Raises, at the document concerned, FileNotFoundError for a
    path without text and ValueError for text that is not UTF-8, a line that is not JSON and a row without that field.

    >>> list(read_documents([{"text": "One."}, {"text": "Two."}]))
    ['One.', 'Two.']
    """
    if isinstance(source, str | Path):
        for file in source_files(Path(source)):
            yield from _lines(file, field) if file.suffix == ".jsonl" else _texts(file, separator)
    else:
        for number, row in enumerate(source):
            yield _text_of(row, field, f"Row {number}")


def source_files(path: Path) -> list[Path]:
    """The files a path stands for, in the order they are read. Raises FileNotFoundError where there is none.

    >>> source_files(Path("plays"))
    [PosixPath('plays/hamlet.txt'), PosixPath('plays/macbeth.txt')]
    """
    files = sorted(f for suffix in _SUFFIXES for f in path.glob(f"**/*{suffix}")) if os.path.isdir(path) else [path]
    if not files or not all(map(os.path.isfile, files)):  # unlike Path.is_file, also for a text that is too long for a path
        raise FileNotFoundError(
            f"{_shortened(path)!r} is no text file and no folder with *.txt or *.jsonl files. "
            "Give the path of one, or a list of texts."
        )
    return files


def _shortened(path: Path) -> str:
    return str(path) if len(str(path)) <= 200 else f"{str(path)[:200]}…"


def _texts(file: Path, separator: str | None) -> Iterator[str]:
    with file.open(encoding="utf-8") as opened:
        try:
            if separator is None:
                yield opened.read()
            else:
                yield from _pieces(opened, separator)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{str(file)!r} is not UTF-8 text (byte {_first_bad_byte(file)}). Only UTF-8 is read; convert the file first."
            ) from error


def _first_bad_byte(file: Path) -> int:
    decoder = codecs.getincrementaldecoder("utf-8")()
    start = 0
    with file.open("rb") as opened:
        while True:
            held, part = len(decoder.getstate()[0]), opened.read(_CHARACTERS_AT_ONCE)
            try:
                decoder.decode(part, final=not part)
            except UnicodeDecodeError as error:
                return start - held + error.start
            start += len(part)


def _pieces(opened: TextIO, separator: str) -> Iterator[str]:
    rest = ""
    while more := opened.read(_CHARACTERS_AT_ONCE):
        *whole, rest = (rest + more).split(separator)
        yield from whole
    yield rest


def _lines(file: Path, field: str) -> Iterator[str]:
    with file.open("rb") as opened:
        for number, line in enumerate(opened, 1):
            if not line.strip():
                continue
            where = f"Line {number} of {str(file)!r}"
            try:
                row = json.loads(line.decode("utf-8"))
            except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are both
                raise ValueError(
                    f"{where} is no JSON ({error}): a *.jsonl file holds one JSON object in UTF-8 on each line. Mend that line, "
                    "or name the file *.txt if it is plain text."
                ) from error
            yield _text_of(row, field, where)


def _text_of(row: object, field: str, where: str) -> str:
    text = row.get(field) if isinstance(row, Mapping) else row
    if isinstance(text, str):
        return text
    has = f"an object with the fields {', '.join(map(repr, row))}" if isinstance(row, Mapping) else f"a {type(row).__name__}"
    raise ValueError(
        f"{where} is {has}: a text is needed, or an object whose field={field!r} is one. Name the field that holds it."
    )
