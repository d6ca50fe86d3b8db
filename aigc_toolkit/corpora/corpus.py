"""A corpus: documents in a training and a validation split, with the tokenizer that reads them.

Comes in: texts and a tokenizer. Goes out: `Corpus`, whose `token_ids(split)` is what training and validation read. It does not
know where the texts came from, nor what a model is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from transformers import PreTrainedTokenizerFast

from .encoding import encode_documents
from .preprocessing import PreprocessingReport
from .rulers import Rulers, measure_rulers

SPLITS = ("train", "validation")


@dataclass(frozen=True)
class Corpus:
    """Documents as text, split by document, and their tokenizer; `report` tells what preprocessing dropped, where there was any.

    Raises ValueError for a split other than "train" or "validation".

    >>> corpus = story_corpus(100)
    >>> corpus.token_ids("validation").ndim
    1
    """

    name: str
    train: Sequence[str]
    validation: Sequence[str]
    tokenizer: PreTrainedTokenizerFast
    report: PreprocessingReport | None = field(default=None, repr=False, kw_only=True)
    _ids: dict[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    def token_ids(self, split: str) -> np.ndarray:
        """All documents of a split as one array of integers # (N,), each followed by the end-of-text token; made once.

        They are int32 in memory; those of a corpus with a folder lie in a file and are read where they are looked at.
        Raises ValueError for a split other than "train" or "validation".
        """
        if split not in SPLITS:
            raise ValueError(f"split={split!r} does not exist: a corpus has 'train' and 'validation'. Ask for one of them.")
        if split not in self._ids:
            parts = list(encode_documents(getattr(self, split), self.tokenizer))
            self._ids[split] = np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)
        return self._ids[split]

    def rulers(self) -> Rulers:
        """The losses that chance, counting and gzip reach on the validation split, nats per token; see `measure_rulers`.

        >>> corpus.rulers().losses()
        {'uniform': 6.931..., 'unigram': 5.662..., 'bigram': 2.578..., '5-gram': 1.462..., 'gzip': 4.051...}
        """
        return measure_rulers(self)

    def __repr__(self) -> str:
        return f"Corpus({self.name!r}, {len(self.train):,} training and {len(self.validation):,} validation documents)"
