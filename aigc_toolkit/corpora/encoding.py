"""Documents as token ids, a piece at a time.

Comes in: texts and a tokenizer. Goes out: arrays of ids, each document followed by the end-of-text token. How much is in memory
depends on the longest document alone, not on how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from transformers import PreTrainedTokenizerFast

_DOCUMENTS_AT_ONCE = 2_000
_CHARACTERS_AT_ONCE = 1_000_000


def encode_documents(documents: Iterable[str], tokenizer: PreTrainedTokenizerFast) -> Iterator[np.ndarray]:
    """The ids of neighbouring documents, int32 # (N,) each time, until all documents are encoded.

    >>> [ids.tolist() for ids in encode_documents(["ab", "c"], tokenizer)]
    [[67, 68, 0, 69, 0]]
    """
    for batch in _batches(documents):
        encodings = tokenizer.backend_tokenizer.encode_batch_fast(batch, add_special_tokens=False)
        yield np.concatenate([np.array([*encoding.ids, tokenizer.eos_token_id], dtype=np.int32) for encoding in encodings])


def _batches(documents: Iterable[str]) -> Iterator[list[str]]:
    batch, num_characters = [], 0
    for document in documents:
        batch.append(document)
        num_characters += len(document)
        if len(batch) == _DOCUMENTS_AT_ONCE or num_characters >= _CHARACTERS_AT_ONCE:
            yield batch
            batch, num_characters = [], 0
    if batch:
        yield batch
