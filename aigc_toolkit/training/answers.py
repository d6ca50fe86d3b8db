"""How much each token counts in the loss: what the assistant says may count for more than what it only reads.

In: token ids # (B, T + 1) and the ids of the tokens around a turn. Out: weights # (B, T) of the targets, 1 on average. It does not
know the model.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

TURN_BEGINS, TURN_ENDS = "<|assistant|>", "<|end|>"


@dataclass(frozen=True)
class AnswerWeights:
    """Weighs the targets of a batch: those an assistant says by `weight`, all others by 1, then scaled to 1 on average.

    The end of a turn is part of what is said. Source: Huerta-Enochian and Ko 2024, "Instruction Fine-Tuning: Does Prompt Loss
    Matter?", arXiv:2401.13586 (there the prompt's weight is lowered, which is the same).

    >>> AnswerWeights(weight=3.0, begin_id=7, end_id=8)(torch.tensor([[1, 7, 5, 8, 1]]))
    tensor([[0.5000, 1.5000, 1.5000, 0.5000]])
    """

    weight: float
    begin_id: int
    end_id: int

    def __call__(self, batch: Tensor) -> Tensor:
        read = batch[:, :-1]  # (B, T); the token before each target
        places = torch.arange(read.shape[1], device=batch.device).expand_as(read)  # (B, T)
        begun = torch.where(read == self.begin_id, places, -1).cummax(1).values  # (B, T)
        ended = torch.where(read == self.end_id, places, -1).cummax(1).values  # (B, T)
        weights = torch.where(begun > ended, self.weight, 1.0)  # (B, T)
        return weights / weights.mean()  # (B, T)


def answer_weights(tokenizer: PreTrainedTokenizerBase, weight: float) -> AnswerWeights:
    """The weights for dialogues in the chat format of the story corpus.

    Raises ValueError where `tokenizer` has no tokens around an assistant's turn.
    """
    vocabulary = tokenizer.get_vocab()
    missing = [token for token in (TURN_BEGINS, TURN_ENDS) if token not in vocabulary]
    if missing:
        raise ValueError(
            f"answer_weight={weight} with a tokenizer that lacks {' and '.join(missing)}: answers are what stands between "
            f"{TURN_BEGINS} and {TURN_ENDS}. Leave answer_weight at 1, or train on dialogues in that format."
        )
    return AnswerWeights(weight, vocabulary[TURN_BEGINS], vocabulary[TURN_ENDS])
