"""A corpus in files: prepared once, a few megabytes in memory at a time, and found again while nothing that matters has changed.

Comes in: documents, a `Recipe`, a folder. Goes out: a `Corpus` whose documents and token ids lie in memory-mapped files. They are
in a folder whose name is a key made of the text, the recipe, the versions of what reads it and this code. Such a folder is written
under another name and renamed when it is whole. It does not know where the documents come from.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerFast

from .corpus import SPLITS, Corpus
from .document_file import DocumentFile, write_documents
from .encoding import encode_documents
from .preprocessing import Preprocessed, Preprocessing, PreprocessingReport
from .sources import read_documents, source_files
from .splits import split_documents
from .tokenizer import TokenizerChoice, make_tokenizer

FACTS, TOKENIZER = "corpus.json", "tokenizer"
_BYTES_AT_ONCE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides which ids a source becomes: see `text_corpus`."""

    preprocessing: Preprocessing
    validation_fraction: float
    split_seed: int | None
    tokenizer: TokenizerChoice
    vocabulary_size: int


def corpus_in_folder(documents: Preprocessed, recipe: Recipe, folder: Path, *, name: str) -> Corpus:
    """The corpus that `recipe` makes of `documents`, from its files in `folder`, which are written if they are not there.

    Raises ValueError where there is no text, or an iterator that can be read once is to be read twice; OSError where the disk is
    full or the folder cannot be written: nothing half written stays.
    """
    final = folder / corpus_key(documents, recipe)
    if not _is_whole(final):
        folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder))
        try:
            _write(documents, recipe, draft)
            _publish(draft, final)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return _open(final, recipe, name)


def corpus_key(documents: Preprocessed, recipe: Recipe) -> str:
    """Sixteen hexadecimal digits that differ when the text, the recipe, a library that reads it or this package's code differs.

    The text is read for it, unless `recipe.preprocessing.version` stands for it.
    """
    tokenizer = recipe.tokenizer
    parts = {
        "preprocessing": asdict(recipe.preprocessing),
        "split": [recipe.validation_fraction, recipe.split_seed],
        "tokenizer": [tokenizer, recipe.vocabulary_size] if isinstance(tokenizer, str) else _identity(tokenizer),
        "libraries": {**{name: version(name) for name in ("numpy", "regex", "tokenizers")}, "unicode": unicodedata.unidata_version},
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
    for module in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(module.read_bytes())
    if recipe.preprocessing.version is None:
        _add_content(digest, documents)
    return digest.hexdigest()[:16]


def _identity(tokenizer: PreTrainedTokenizerFast) -> list[str]:
    return [tokenizer.backend_tokenizer.to_str(), str(tokenizer.eos_token_id)]


def _add_content(digest: hashlib._Hash, documents: Preprocessed) -> None:
    source = documents.source
    if isinstance(source, str | Path):
        for file in source_files(Path(source)):
            digest.update(f"{file.name} {file.stat().st_size} ".encode())
            with file.open("rb") as opened:
                while part := opened.read(_BYTES_AT_ONCE):
                    digest.update(part)
        return
    if iter(source) is source:
        raise ValueError(
            f"The source is a {type(source).__name__}, which can be read once: one that can be read again, or a name for what "
            "is in it, is needed. Pass a list or a dataset, or Preprocessing(version=...), a name that you change with the text."
        )
    for text in read_documents(source, field=documents.settings.field):
        part = text.encode("utf-8", errors="surrogatepass")
        digest.update(f"{len(part)} ".encode() + part)


def _write(documents: Preprocessed, recipe: Recipe, folder: Path) -> None:
    """All files of a corpus, the facts last: documents, tokenizer, ids."""
    write_documents(documents, folder)
    splits = split_documents(DocumentFile(folder), recipe.validation_fraction, seed=recipe.split_seed)
    tokenizer = make_tokenizer(recipe.tokenizer, splits.train, splits.validation, vocabulary_size=recipe.vocabulary_size)
    tokenizer.save_pretrained(folder / TOKENIZER)
    dtype = np.dtype("<u2" if len(tokenizer) <= 2**16 else "<u4")
    for split in SPLITS:
        _write_ids(folder / f"{split}.ids", encode_documents(getattr(splits, split), tokenizer), dtype)
    files = {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.is_file()}
    facts = {"report": asdict(documents.report), "dtype": dtype.str, "bytes": files}
    with (folder / FACTS).open("w", encoding="utf-8") as opened:
        json.dump(facts, opened, indent=1)
        opened.flush()
        os.fsync(opened.fileno())


def _publish(draft: Path, final: Path) -> None:
    """Give a whole draft its name, unless another process was faster."""
    if not _is_whole(final):
        shutil.rmtree(final, ignore_errors=True)  # a torn one
    try:
        os.replace(draft, final)
    except OSError:
        if not _is_whole(final):
            raise


def _write_ids(path: Path, parts: Iterable[np.ndarray], dtype: np.dtype) -> None:
    with path.open("wb") as opened:
        for ids in parts:
            opened.write(ids.astype(dtype).tobytes())
        opened.flush()
        os.fsync(opened.fileno())


def _is_whole(folder: Path) -> bool:
    if not (folder / FACTS).is_file():
        return False
    stated = json.loads((folder / FACTS).read_text(encoding="utf-8"))["bytes"]
    return all((folder / name).is_file() and (folder / name).stat().st_size == size for name, size in stated.items())


def _open(folder: Path, recipe: Recipe, name: str) -> Corpus:
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    splits = split_documents(DocumentFile(folder), recipe.validation_fraction, seed=recipe.split_seed)
    own = isinstance(recipe.tokenizer, str)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder / TOKENIZER) if own else recipe.tokenizer
    ids = {split: np.asarray(np.memmap(folder / f"{split}.ids", dtype=facts["dtype"], mode="r")) for split in SPLITS}
    report = PreprocessingReport(**facts["report"])
    return Corpus(name, splits.train, splits.validation, tokenizer, report=report, _ids=ids)
