"""Whether a model, a corpus, a config and the number of processes go together.

In: the four. Out: nothing, or a ValueError that names what contradicts what. It does not train.
"""

import numpy as np
from torch import nn

from ..gpt import GPT
from .batches import make_batch
from .config import TrainConfig


def check_fit(model: nn.Module, token_ids: np.ndarray, config: TrainConfig, *, num_processes: int = 1) -> None:
    """Raises ValueError when model, training tokens, config and processes contradict each other, naming what does.

    >>> check_fit(gpt, np.arange(100), TrainConfig(context=8))
    """
    longest = _longest_sequence(model)
    if longest is not None and config.context > longest:
        raise ValueError(
            f"context={config.context} in TrainConfig with a model that reads at most {longest} tokens: lower context, or train "
            f"a model with a larger one."
        )
    make_batch(token_ids, batch_size=1, context=config.context, seed=0, step=0)  # raises when there are too few tokens
    vocabulary_size = model.get_output_embeddings().weight.shape[0]
    if int(token_ids.max()) >= vocabulary_size:
        raise ValueError(
            f"token id {int(token_ids.max())} in the corpus with a model of {vocabulary_size} tokens: ids below that are allowed. "
            f"Give the model the vocabulary size of the corpus's tokenizer."
        )
    if config.batch_size % (num_processes * config.gradient_accumulation):
        raise ValueError(
            f"batch_size={config.batch_size} with {num_processes} processes and "
            f"gradient_accumulation={config.gradient_accumulation}: every process computes equal parts of the sequences. "
            f"Set batch_size to a multiple of {num_processes * config.gradient_accumulation}."
        )


def _longest_sequence(model: nn.Module) -> int | None:
    if isinstance(model, GPT):
        return model.config.context
    return getattr(model.config, "max_position_embeddings", None)  # Bloom, Mamba and others have no limit
