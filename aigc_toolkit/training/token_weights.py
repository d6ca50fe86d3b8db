"""How much each token counts in the loss: what the assistant says, and what the document has said before, may count for more.

In: token ids # (B, T + 1) and the ids of the tokens around a turn and after a document. Out: weights # (B, T) of the targets, 1 on
average. It does not know the model.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from .config import TrainConfig

TURN_BEGINS, TURN_ENDS = "<|assistant|>", "<|end|>"


@dataclass(frozen=True)
class TokenWeights:
    """Weighs the targets of a batch: `answer` for those an assistant says, `recall` for those that stand earlier in the same
    document (the product for those that are both), 1 for all others; then scaled to 1 on average.

    The end of a turn is part of what is said. Sources: Huerta-Enochian and Ko 2024, "Instruction Fine-Tuning: Does Prompt Loss
    Matter?", arXiv:2401.13586 (there the prompt's weight is lowered, which is the same); Arora et al. 2023, "Zoology",
    arXiv:2312.04927 (tokens that can be recalled from the context are where small models differ; there they are measured apart).

    >>> TokenWeights(answer=3.0, begin_id=7, end_id=8)(torch.tensor([[1, 7, 5, 8, 1]]))
    tensor([[0.5000, 1.5000, 1.5000, 0.5000]])
    >>> TokenWeights(recall=5.0)(torch.tensor([[1, 2, 1, 3, 4]]))
    tensor([[0.5000, 2.5000, 0.5000, 0.5000]])
    """

    answer: float = 1.0
    recall: float = 1.0
    begin_id: int | None = None  # of a turn of the assistant; needed where `answer` is not 1
    end_id: int | None = None
    document_end_id: int | None = None  # None: a sequence is one document

    def __call__(self, batch: Tensor) -> Tensor:
        weights = torch.ones(batch[:, 1:].shape, device=batch.device)  # (B, T)
        if self.answer != 1:
            weights = torch.where(self._is_said(batch), self.answer, weights)  # (B, T)
        if self.recall != 1:
            weights = torch.where(self._was_read(batch), self.recall * weights, weights)  # (B, T)
        return weights / weights.mean()  # (B, T)

    def _is_said(self, batch: Tensor) -> Tensor:
        """Whether each target belongs to a turn of the assistant # (B, T)."""
        read = batch[:, :-1]  # (B, T); the token before each target
        places = torch.arange(read.shape[1], device=batch.device).expand_as(read)  # (B, T)
        begun = torch.where(read == self.begin_id, places, -1).cummax(1).values  # (B, T)
        ended = torch.where(read == self.end_id, places, -1).cummax(1).values  # (B, T)
        return begun > ended  # (B, T)

    def _was_read(self, batch: Tensor) -> Tensor:
        """Whether each target stands earlier in its document, as far as the sequence shows it # (B, T)."""
        names = batch  # (B, T + 1); equal where token and document are
        if self.document_end_id is not None:
            is_end = (batch == self.document_end_id).long()  # (B, T + 1)
            document = is_end.cumsum(1) - is_end  # (B, T + 1); an end belongs to what it ends
            names = document * (batch.max() + 1) + batch  # (B, T + 1)
        names, order = names.sort(dim=1, stable=True)  # (B, T + 1)
        again = torch.zeros_like(batch, dtype=torch.bool)  # (B, T + 1)
        again.scatter_(1, order[:, 1:], names[:, 1:] == names[:, :-1])
        return again[:, 1:]  # (B, T)


def token_weights(tokenizer: PreTrainedTokenizerBase | None, config: TrainConfig) -> TokenWeights | None:
    """The weights that `config` asks for, with the tokens of `tokenizer`; None where every token counts the same.

    Raises ValueError where `config.answer_weight` is set and `tokenizer` has no tokens around an assistant's turn.
    """
    if config.answer_weight == config.recall_weight == 1:
        return None
    vocabulary = {} if tokenizer is None else tokenizer.get_vocab()
    missing = [token for token in (TURN_BEGINS, TURN_ENDS) if token not in vocabulary]
    if missing and config.answer_weight != 1:
        raise ValueError(
            f"answer_weight={config.answer_weight} with a tokenizer that lacks {' and '.join(missing)}: answers are what stands "
            f"between {TURN_BEGINS} and {TURN_ENDS}. Leave answer_weight at 1, or train on dialogues in that format."
        )
    return TokenWeights(
        answer=config.answer_weight,
        recall=config.recall_weight,
        begin_id=vocabulary.get(TURN_BEGINS),
        end_id=vocabulary.get(TURN_ENDS),
        document_end_id=None if tokenizer is None else tokenizer.eos_token_id,
    )
