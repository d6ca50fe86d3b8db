"""Training batches: random crops of one long row of token ids, from anywhere or from where documents begin.

In: token ids # (N,), a seed and a step. Out: ids # (B, T + 1), the inputs and, one to the right, their targets, with their weights.
The crops of a step depend on (seed, step) alone, so a run can be taken up at any step without replaying the ones before.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from .answers import answer_weights
from .config import TrainConfig

_TOKENS_AT_ONCE = 1 << 24


class Batch(NamedTuple):
    """What one step reads: `ids` # (B, T + 1), int64, and `weights` # (B, T) of the targets, None where all count alike."""

    ids: Tensor
    weights: Tensor | None


class Batches:
    """The batches of a run, one for each step.

    Raises ValueError where `config.answer_weight` is set and the tokenizer knows no turns of a dialogue.

    >>> Batches(np.arange(100), tokenizer, TrainConfig(batch_size=2, context=4)).at(1, seed=0).ids.shape
    torch.Size([2, 5])
    """

    def __init__(self, token_ids: np.ndarray, tokenizer: PreTrainedTokenizerBase, config: TrainConfig):
        self._token_ids, self._config = token_ids, config
        self._starts = self._weigh = None
        if config.start_at_documents:
            self._starts = document_starts(token_ids, tokenizer.eos_token_id, context=config.context)  # (S)
        if config.answer_weight != 1:
            self._weigh = answer_weights(tokenizer, config.answer_weight)

    def at(self, step: int, *, seed: int) -> Batch:
        """The batch of a step, on the CPU."""
        size, context = self._config.batch_size, self._config.context
        ids = make_batch(self._token_ids, batch_size=size, context=context, seed=seed, step=step, starts=self._starts)  # (B, T + 1)
        return Batch(ids, None if self._weigh is None else self._weigh(ids))


def make_batch(
    token_ids: np.ndarray, *, batch_size: int, context: int, seed: int, step: int, starts: np.ndarray | None = None
) -> Tensor:
    """`batch_size` crops of `context` + 1 neighbouring tokens: int64 # (B, T + 1).

    The crops are a function of (seed, step) alone; each place they may begin at is equally likely: anywhere, or one of `starts`.
    Raises ValueError when `token_ids` is shorter than a crop.

    >>> make_batch(np.arange(100), batch_size=2, context=4, seed=0, step=1).shape
    torch.Size([2, 5])
    """
    num_starts = len(token_ids) - context
    if num_starts < 1:
        raise ValueError(
            f"context={context} with {len(token_ids)} training tokens: a crop takes context + 1 neighbouring tokens. "
            f"Lower context or give a longer corpus."
        )
    generator = np.random.default_rng([seed, step])
    if starts is None:
        begins = generator.integers(num_starts, size=batch_size)  # (B)
    else:
        begins = starts[generator.integers(len(starts), size=batch_size)]  # (B)
    crops = token_ids[begins[:, None] + np.arange(context + 1)]  # (B, T + 1)
    return torch.from_numpy(crops.astype(np.int64))  # (B, T + 1)


def document_starts(token_ids: np.ndarray, end_of_text_id: int, *, context: int) -> np.ndarray:
    """Where documents begin, # (S,): the first token and each one after an end of text, if `context` + 1 tokens follow from there.

    >>> document_starts(np.array([5, 6, 0, 7, 8, 0, 9]), 0, context=2)
    array([0, 3])
    """
    pieces = range(0, len(token_ids), _TOKENS_AT_ONCE)  # ids may lie in a file larger than memory
    ends = [np.flatnonzero(token_ids[piece : piece + _TOKENS_AT_ONCE] == end_of_text_id) + piece for piece in pieces]
    starts = np.concatenate([[0], *(piece + 1 for piece in ends)])  # (S)
    return starts[starts < len(token_ids) - context]  # (S)
