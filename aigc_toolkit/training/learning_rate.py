"""Where the learning rate should be: a range test.

In: a model, a corpus, a config. Out: losses at rising learning rates, and a suggestion. The model is left as it was: a copy is
trained. Does not know what is done with the answer.
"""

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from torch import nn

from .config import TrainConfig
from .finite import TrainingDiverged
from .loop import train

if TYPE_CHECKING:
    from ..corpora import Corpus

SMOOTHING = 0.9  # share of the losses before in the smoothed one


@dataclass(frozen=True)
class LearningRates:
    """A range test: smoothed `losses` (nats per token) at `learning_rates`; `suggestion` is where the loss fell fastest."""

    learning_rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggestion: float


def find_learning_rate(
    model: nn.Module, corpus: "Corpus", config: TrainConfig, *, highest: float = 0.1, num_steps: int = 100
) -> LearningRates:
    """Train a copy of `model` while the learning rate rises evenly from 0 to `highest`, and see where it learns fastest.

    AdamW's rate keeps its ratio to Muon's. The test ends early when a loss is twice the lowest or not finite.
    Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks", arXiv:1506.01186, section 3.3.
    Raises ValueError for a rate that is not positive or fewer than 10 steps.

    >>> find_learning_rate(gpt, corpus, TrainConfig(batch_size=8)).suggestion
    0.01...
    """
    if not highest > 0 or num_steps < 10:
        raise ValueError(
            f"highest={highest} with num_steps={num_steps}: a positive rate and 10 or more steps are allowed. "
            "Use the defaults, 0.1 in 100 steps."
        )
    ratio = config.adam_learning_rate / config.learning_rate
    rising = dict(learning_rate=highest, adam_learning_rate=highest * ratio, warmup_fraction=1.0, cooldown_fraction=0.0)
    silent = dict(average_decay=0.0, validate_every=0, patience=0, sample_every=0, metrics_path=None, tracker="none")
    silent |= dict(folder=None, checkpoint_every=0, keep_best=False, max_rewinds=0)
    rates, losses = [], []
    try:
        for step in train(copy.deepcopy(model), corpus, replace(config, num_steps=num_steps, **rising, **silent)):
            losses.append(step.loss if not losses else SMOOTHING * losses[-1] + (1 - SMOOTHING) * step.loss)
            rates.append(step.learning_rate)
            if step.loss > 2 * min(losses):
                break
    except TrainingDiverged:
        pass  # the end of the range
    steepest = int(np.argmin(np.gradient(np.array(losses)))) if len(losses) > 1 else 0
    return LearningRates(tuple(rates), tuple(losses), rates[steepest])
