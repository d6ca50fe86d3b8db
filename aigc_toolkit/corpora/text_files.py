"""A corpus from text of one's own: strings, text and JSONL files, folders of them, datasets.

Comes in: texts or where they are, and how to prepare them. Goes out: a `Corpus`, in memory or, given a folder, in files there. It
puts the steps together and knows no file format itself.
"""

from __future__ import annotations

from pathlib import Path

from .corpus import Corpus
from .corpus_folder import Recipe, corpus_in_folder
from .preprocessing import AS_IT_IS, Preprocessed, Preprocessing
from .sources import Source
from .splits import split_documents
from .tokenizer import TokenizerChoice, make_tokenizer


def text_corpus(
    path_or_texts: Source,
    *,
    validation_fraction: float = 0.1,
    split_seed: int | None = None,
    tokenizer: TokenizerChoice = "bpe",
    vocabulary_size: int = 2_048,
    preprocessing: Preprocessing | None = None,
    folder: str | Path | None = None,
) -> Corpus:
    """A corpus from a UTF-8 text file, a JSONL file, a folder of both, a `datasets` dataset, or texts or rows one can iterate.

    A text file and a line of JSON are one document each. The last `validation_fraction` of the documents (of the characters, for a
    single one) is held out or, with `split_seed`, as many drawn by it. `tokenizer` "bpe" trains a byte-level BPE of at most
    `vocabulary_size` tokens on the training part, "characters" takes each character for a token. Text is taken as it is unless
    `preprocessing` says how it is cleaned and which copies are dropped.
    With a `folder` the documents and their ids are written into files there, a few megabytes in memory at a time, and are found
    again by the next call with the same arguments and the same text: for what is larger than memory, or dear to prepare. To know
    copies again takes about 0.1 kB of memory a document, near copies 4.3 kB.
    Raises FileNotFoundError for a path without text; ValueError for empty text, text that is not UTF-8, a fraction outside (0, 1)
    and a vocabulary too small.

    >>> text_corpus(["To be, or not to be.", "That is the question."], validation_fraction=0.5).validation
    ['That is the question.']
    """
    recipe = Recipe(
        preprocessing=preprocessing or AS_IT_IS,
        validation_fraction=validation_fraction,
        split_seed=split_seed,
        tokenizer=tokenizer,
        vocabulary_size=vocabulary_size,
    )
    name = Path(path_or_texts).name if isinstance(path_or_texts, str | Path) else "texts"
    documents = Preprocessed(path_or_texts, recipe.preprocessing)
    if folder is not None:
        return corpus_in_folder(documents, recipe, Path(folder), name=name)
    texts = list(documents)
    splits = split_documents(texts, validation_fraction, seed=split_seed)
    train, validation = list(splits.train), list(splits.validation)
    own = make_tokenizer(tokenizer, train, validation, vocabulary_size=vocabulary_size)
    return Corpus(name, train, validation, own, report=documents.report)
