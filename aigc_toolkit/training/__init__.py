"""Training: `train(model, corpus, config)` yields one `TrainStep` per optimizer step.

Read in this order: config, batches, optimizers, loop, finite, evaluation, samples, metrics, run, checkpoints, average; then tuning,
learning_rate, lora (fine-tuning), processes (several devices) and run_file (`python -m aigc_toolkit.training --config run.toml`).
In: a model (our `GPT` or a Hugging Face causal model) and a corpus. Out: the same model, trained in place.
Nothing here knows how text is made from a finished model or how progress is drawn.
"""

from .config import TrainConfig
from .evaluation import evaluate_loss
from .finite import TrainingDiverged
from .learning_rate import LearningRates, find_learning_rate
from .loop import TrainStep, train
from .lora import add_lora, merge_lora
from .metrics import MetricsFile
from .tuning import Tuning, tune

__all__ = [
    "LearningRates",
    "MetricsFile",
    "TrainConfig",
    "TrainStep",
    "TrainingDiverged",
    "Tuning",
    "add_lora",
    "evaluate_loss",
    "find_learning_rate",
    "merge_lora",
    "train",
    "tune",
]
