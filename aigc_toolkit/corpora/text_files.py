"""A corpus from text of one's own: strings, a text file or a folder of text files.

Comes in: texts or a path. Goes out: a `Corpus`. Several documents are split by document, a single one is cut once, its last part
being the validation text. It knows no other file formats.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from .corpus import Corpus
from .tokenizer import train_tokenizer


def text_corpus(
    path_or_texts: str | Path | Sequence[str],
    *,
    validation_fraction: float = 0.1,
    tokenizer: PreTrainedTokenizerFast | None = None,
    vocabulary_size: int = 2_048,
) -> Corpus:
    """A corpus from a UTF-8 file, a folder of `*.txt` files (one document each) or a list of texts.

    The last `validation_fraction` of the documents (of the characters, for a single document) is held out. Without a `tokenizer` a
    byte-level BPE of at most `vocabulary_size` tokens is trained on the training part. Raises FileNotFoundError for a path without
    text files and ValueError for empty text, text that is not UTF-8 and a fraction outside (0, 1).

    >>> text_corpus(["To be, or not to be.", "That is the question."], validation_fraction=0.5).validation
    ['That is the question.']
    """
    if not 0 < validation_fraction < 1:
        raise ValueError(
            f"validation_fraction={validation_fraction} leaves a split empty: it must lie between 0 and 1. 0.1 is usual."
        )
    is_path = isinstance(path_or_texts, str | Path)
    documents = [d for d in (_read(Path(path_or_texts)) if is_path else path_or_texts) if d.strip()]
    if not documents:
        raise ValueError(f"{path_or_texts!r} holds no text: a corpus needs at least one document. Give it some text.")
    train, validation = _split(documents, validation_fraction)
    if tokenizer is None:
        tokenizer = train_tokenizer(train, vocabulary_size=vocabulary_size)
    return Corpus(Path(path_or_texts).name if is_path else "texts", train, validation, tokenizer)


def _read(path: Path) -> list[str]:
    files = sorted(path.glob("**/*.txt")) if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        raise FileNotFoundError(
            f"{str(path)!r} is no text file and no folder with *.txt files. Give the path of one, or a list of texts."
        )
    return [_read_file(file) for file in files]


def _read_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{str(file)!r} is not UTF-8 text (byte {error.start}). Only UTF-8 is read; convert the file first."
        ) from error


def _split(documents: list[str], validation_fraction: float) -> tuple[list[str], list[str]]:
    if len(documents) == 1:
        cut = int(len(documents[0]) * (1 - validation_fraction))
        return [documents[0][:cut]], [documents[0][cut:]]
    cut = min(len(documents) - 1, max(1, round(len(documents) * (1 - validation_fraction))))
    return documents[:cut], documents[cut:]
