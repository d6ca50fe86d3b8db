"""Training: `train(model, corpus, config)` yields one `TrainStep` per optimizer step.

Read in this order: config, batches, optimizers, loop, finite, evaluation, samples, metrics.
In: a model (our `GPT` or a Hugging Face causal model) and a corpus. Out: the same model, trained in place.
Nothing here knows how text is made from a finished model or how progress is drawn.
"""

from .config import TrainConfig
from .evaluation import evaluate_loss
from .finite import TrainingDiverged
from .loop import TrainStep, train
from .metrics import MetricsFile

__all__ = ["MetricsFile", "TrainConfig", "TrainStep", "TrainingDiverged", "evaluate_loss", "train"]
