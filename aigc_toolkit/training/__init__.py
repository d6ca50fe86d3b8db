"""Training: `train(model, corpus, config)` yields one `TrainStep` per optimizer step.

Read in this order: config, batches, optimizers, loop, finite, evaluation, samples, checkpoints; then tuning and learning_rate.
In: a model (our `GPT` or a Hugging Face causal model) and a corpus. Out: the same model, trained in place.
Nothing here knows how text is made from a finished model or how progress is drawn.
"""

from .config import TrainConfig
from .evaluation import evaluate_loss
from .finite import TrainingDiverged
from .learning_rate import LearningRates, find_learning_rate
from .loop import TrainStep, train
from .tuning import Tuning, tune

__all__ = [
    "LearningRates",
    "TrainConfig",
    "TrainStep",
    "TrainingDiverged",
    "Tuning",
    "evaluate_loss",
    "find_learning_rate",
    "train",
    "tune",
]
