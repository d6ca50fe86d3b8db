"""A corpus: documents in a training and a validation split, with the tokenizer that reads them.

Comes in: texts and a tokenizer. Goes out: `Corpus`, whose `token_ids(split)` is what training and validation read. It does not
know where the texts came from, nor what a model is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from transformers import PreTrainedTokenizerFast

SPLITS = ("train", "validation")
_DOCUMENTS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Corpus:
    """Documents as text, split by document, and their tokenizer.

    >>> corpus = story_corpus(100)
    >>> corpus.token_ids("validation").ndim
    1
    """

    name: str
    train: Sequence[str]
    validation: Sequence[str]
    tokenizer: PreTrainedTokenizerFast
    _ids: dict[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    def token_ids(self, split: str) -> np.ndarray:
        """All documents of a split as one int32 array (N,), each followed by the end-of-text token; kept after the first call.

        Raises ValueError for a split other than "train" or "validation".
        """
        if split not in SPLITS:
            raise ValueError(f"split={split!r} does not exist: a corpus has 'train' and 'validation'. Ask for one of them.")
        if split not in self._ids:
            self._ids[split] = self._encode(getattr(self, split))
        return self._ids[split]

    def _encode(self, documents: Sequence[str]) -> np.ndarray:
        end = self.tokenizer.eos_token_id
        parts = []
        for start in range(0, len(documents), _DOCUMENTS_AT_ONCE):
            batch = list(documents[start : start + _DOCUMENTS_AT_ONCE])
            for encoding in self.tokenizer.backend_tokenizer.encode_batch_fast(batch, add_special_tokens=False):
                parts.append(np.array([*encoding.ids, end], dtype=np.int32))
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)

    def __repr__(self) -> str:
        return f"Corpus({self.name!r}, {len(self.train):,} training and {len(self.validation):,} validation documents)"
