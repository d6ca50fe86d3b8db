"""Rulers for a loss: what chance, counting and a file compressor reach on the very validation split that a model is measured on.

Comes in: a corpus. Goes out: one `Ruler` for each of them, in nats per token and per byte. Each predicts the tokens that
`evaluate_loss` asks for: all of the split but the first. It does not know neural models.
"""

from __future__ import annotations

import gzip
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .ngrams import NGramModel

if TYPE_CHECKING:
    from .corpus import Corpus

ORDERS = {"uniform": 0, "unigram": 1, "bigram": 2, "5-gram": 5}


@dataclass(frozen=True)
class Ruler:
    """The loss of one simple predictor over a validation split: the same nats, shared among its tokens and among its bytes.

    >>> Ruler("gzip", nats_per_token=1.2, nats_per_byte=0.4).bits_per_byte  # 0.4 / ln 2
    0.5770780163555854
    """

    name: str
    nats_per_token: float
    nats_per_byte: float  # of the UTF-8 text, without end-of-text tokens

    @property
    def bits_per_byte(self) -> float:
        """The same in the unit of compressors: nats divided by ln 2."""
        return self.nats_per_byte / math.log(2)


@dataclass(frozen=True)
class Rulers:
    """Rulers of one validation split, in the order of `ORDERS`, then gzip; `num_counted` training tokens were counted."""

    rulers: tuple[Ruler, ...]
    num_counted: int
    num_predicted: int  # tokens of the validation split

    def losses(self) -> dict[str, float]:
        """Nats per token by name: what `training_view(steps, rulers=...)` draws."""
        return {ruler.name: ruler.nats_per_token for ruler in self.rulers}

    def __str__(self) -> str:
        lines = [f"{'':8} nats/token  nats/byte  bits/byte"]
        for ruler in self.rulers:
            lines.append(f"{ruler.name:8} {ruler.nats_per_token:10.3f} {ruler.nats_per_byte:10.3f} {ruler.bits_per_byte:10.3f}")
        return "\n".join(lines)


def measure_rulers(corpus: Corpus, *, max_training_tokens: int = 5_000_000) -> Rulers:
    """The losses of chance, of n-gram models and of gzip on the validation split of a corpus.

    The n-gram models (see `NGramModel`) count the first `max_training_tokens` of training. gzip, at its strongest, packs the
    validation text alone: it learns from the last 32 kB of it and from no training text. Raises ValueError where validation has
    fewer than two tokens.

    >>> measure_rulers(text_corpus("tinyshakespeare.txt", tokenizer="characters")).losses()
    {'uniform': 4.204..., 'unigram': 3.347..., 'bigram': 2.483..., '5-gram': 1.561..., 'gzip': 2.211...}
    """
    counted = np.asarray(corpus.token_ids("train")[:max_training_tokens])  # (N)
    validation = np.asarray(corpus.token_ids("validation"))  # (M)
    if len(validation) < 2:
        raise ValueError(f"{len(validation)} validation tokens: at least 2 are needed to predict one. Hold out more text.")
    text = "".join(corpus.validation).encode("utf-8")
    nats = {}
    for name, order in ORDERS.items():
        model = NGramModel(counted, order=order, vocabulary_size=len(corpus.tokenizer))
        nats[name] = -float(model.log_probabilities(validation)[1:].sum())
    nats["gzip"] = 8 * len(gzip.compress(text, 9, mtime=0)) * math.log(2)
    num_predicted = len(validation) - 1
    rulers = tuple(Ruler(name, total / num_predicted, total / len(text)) for name, total in nats.items())
    return Rulers(rulers, num_counted=len(counted), num_predicted=num_predicted)
