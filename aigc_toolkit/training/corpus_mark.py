"""What a checkpoint remembers of the corpus: how many tokens, and a hash of them, so that a run goes on with the same.

In: a corpus, or a checkpoint and marks. Out: marks as JSON, or a ValueError that names what differs. A mark is of the ids alone,
in whatever type and wherever they are kept; other texts and another tokenizer both show in them. Does not know models or steps.
"""

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..corpora import Corpus
    from .checkpoints import Checkpoint
    from .config import TrainConfig

FACT = "corpus"  # its name among the facts of a checkpoint
NUM_WINDOWS, WINDOW = 256, 65_536  # tokens that are hashed of a larger split: so many windows of so many, evenly spaced

Mark = dict[str, Any]


def corpus_marks(corpus: "Corpus", config: "TrainConfig") -> dict[str, Mark]:
    """The marks of the splits that a run with `config` reads, by split.

    >>> corpus_marks(corpus, TrainConfig()).keys()
    dict_keys(['train'])
    """
    splits = ("train", "validation") if config.validate_every else ("train",)
    return {split: mark(corpus.token_ids(split)) for split in splits}


def mark(token_ids: np.ndarray) -> Mark:
    """How many `token_ids` # (N,) there are, and the SHA-256 of N and the ids; of more than 16.8 million, of a part of them.

    >>> mark(np.arange(100))["num_tokens"]
    100
    """
    size = len(token_ids)
    digest = hashlib.sha256(str(size).encode())
    begins = range(0, size, WINDOW)
    if len(begins) > NUM_WINDOWS:
        begins = np.linspace(0, size - WINDOW, NUM_WINDOWS, dtype=np.int64)  # first and last window included
    for begin in begins:
        digest.update(token_ids[begin : begin + WINDOW].astype("<i4").tobytes())
    return {"num_tokens": size, "sha256": digest.hexdigest()}


def check_same_corpus(checkpoint: "Checkpoint", marks: dict[str, Mark]) -> None:
    """Raises ValueError, naming split and tokens, where `checkpoint` was written with another corpus.

    A split that only one of them has a mark of is passed over: the run is older than marks, or validates only from now on.

    >>> check_same_corpus(latest_checkpoint("runs/mine"), corpus_marks(corpus, config))
    """
    began = checkpoint.facts.get(FACT, {})
    for split, own in marks.items():
        if split in began and began[split] != own:
            raise ValueError(
                f"A corpus with {_named(own)} for {split} was given for the run in folder={str(checkpoint.folder.parent)!r}, which "
                f"began with {_named(began[split])}; a run goes on with the corpus it began with. Give the same texts and "
                "tokenizer, or choose another folder."
            )


def _named(mark: Mark) -> str:
    return f"{mark['num_tokens']:,} tokens (sha256 {mark['sha256'][:8]}…)"
