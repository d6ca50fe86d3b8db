"""What a run must not forget, and how it is kept: weights, optimizers, average, and what validation said so far.

In: a model, a `TrainConfig`, the processes, marks of the corpus. Out: a `Run` that is saved, goes on from its folder, goes back
after a number that is not finite, and leaves the model with the weights asked for. Does not know batches, losses or how a step is
taken.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile

from torch import nn

from .average import WeightAverage
from .checkpoints import Checkpoint, checkpoint_at, latest_checkpoint, load_checkpoint, save_checkpoint
from .config import TrainConfig
from .corpus_mark import FACT as CORPUS
from .corpus_mark import Mark, check_same_corpus
from .finite import TrainingDiverged
from .model_settings import FACT as MODEL
from .model_settings import check_same_model, model_settings
from .optimizers import make_optimizers
from .processes import Processes

MAY_CHANGE = (  # when a run goes on
    *("folder", "checkpoint_every", "keep_last", "max_rewinds", "metrics_path", "tracker"),
    *("validate_every", "patience", "sample_every", "compile", "sharded", "device"),
)


@dataclass(frozen=True)
class Progress:
    """What validation said so far (losses in nats per token), and how often the run went back."""

    best_step: int | None = None
    best_loss: float | None = None
    num_validations_since: int = 0
    num_rewinds: int = 0

    def validated(self, step: int, loss: float) -> "Progress":
        """The progress after one more validation.

        >>> Progress(best_step=10, best_loss=2.0).validated(20, 2.5).num_validations_since
        1
        """
        if self.best_loss is None or loss < self.best_loss:
            return replace(self, best_step=step, best_loss=loss, num_validations_since=0)
        return replace(self, num_validations_since=self.num_validations_since + 1)


class Run:
    """A model in training with all that belongs to it; `.call` is what computes its logits, `marks` are those of its corpus.

    Raises ValueError where the checkpoint is of another model.

    >>> run = Run(gpt, TrainConfig(num_steps=100), Processes(), None, marks={})
    >>> run.step, run.is_over
    (0, False)
    """

    def __init__(
        self,
        model: nn.Module,
        config: TrainConfig,
        processes: Processes,
        checkpoint: Checkpoint | None,
        *,
        marks: dict[str, Mark],
    ):
        self.model, self.config, self.processes = model, config, processes
        self._marks = marks
        self._model_settings = model_settings(model)  # before it is cut into shares, which makes it another class
        model.to(processes.device(config.device))
        self.call = processes.prepare(model, config)
        self.optimizers = make_optimizers(model, config)
        self.average = WeightAverage(model, config.average_decay) if config.average_decay else None
        self.step = 0  # steps taken
        self.progress = Progress()
        self._saved_step: int | None = None
        if checkpoint is not None:
            self._load(checkpoint)
        elif config.max_rewinds:
            self.save()  # where to go back to before the first checkpoint

    @property
    def is_over(self) -> bool:
        """Whether all steps are taken, or validation has not improved for as long as `patience` allows."""
        patience = self.config.patience
        return self.step >= self.config.num_steps or 0 < patience <= self.progress.num_validations_since

    @property
    def seed(self) -> int:
        """Of the batches: another one after each time the run went back."""
        return self.config.seed + 1_000_003 * self.progress.num_rewinds

    def moved(self, step: int) -> None:
        """Notes that the optimizers have taken `step`."""
        self.step = step
        if self.average is not None:
            self.average.step()

    @contextmanager
    def judged(self) -> Iterator[nn.Module]:
        """Inside, the model has the weights that are validated and kept: the averages, where there are any."""
        if self.average is None:
            yield self.model
        else:
            with self.average.in_place():
                yield self.model

    def validated(self, loss: float) -> None:
        """Notes a validation loss (nats per token), and saves where the best is to be kept and this is it."""
        self.progress = self.progress.validated(self.step, loss)
        if self.config.keep_best and self.progress.best_step == self.step:
            self.save()

    def save(self) -> None:
        """Writes a checkpoint of this step, unless there is one already; the main process writes, the others wait."""
        if self._saved_step == self.step:
            return
        facts = {**asdict(self.config), "progress": asdict(self.progress), MODEL: self._model_settings, CORPUS: self._marks}
        keep = self.progress.best_step if self.config.keep_best else None
        save_checkpoint(
            self.config.folder,
            self.step,
            self.model,
            self._kept_with_weights(),
            facts=facts,
            keep_last=self.config.keep_last,
            keep_also=keep,
            write=self.processes.is_main,
        )
        self.processes.wait()
        self._saved_step = self.step

    def go_back(self, error: TrainingDiverged) -> None:
        """Takes up the last checkpoint, from where other batches follow; raises `error` when that is not to be done (again).

        Source: Chowdhery et al. 2022, "PaLM", arXiv:2204.02311, section 5.1: the same weights with other batches do not spike.
        """
        if self.progress.num_rewinds >= self.config.max_rewinds:
            raise error
        num_rewinds = self.progress.num_rewinds + 1
        self._load(latest_checkpoint(self.config.folder))
        self.progress = replace(self.progress, num_rewinds=num_rewinds)
        warnings.warn(f"{error} The run goes on from its checkpoint of step {self.step}, with other batches.", stacklevel=2)

    def finish(self) -> None:
        """Gives the model the weights it is to have in the end: the best, where they are kept, else the averages, else the last."""
        if self.config.keep_best and self.progress.best_step not in (None, self.step):
            best = checkpoint_at(self.config.folder, self.progress.best_step)
            if best is not None:
                load_checkpoint(best, self.model, self._kept_with_weights())
        if self.average is not None:
            self.average.put_in_place()

    def _load(self, checkpoint: Checkpoint) -> None:
        load_checkpoint(checkpoint, self.model, self._kept_with_weights())
        self.step = self._saved_step = checkpoint.step
        self.progress = Progress(**checkpoint.facts.get("progress", {}))

    def _kept_with_weights(self) -> list:
        return self.optimizers if self.average is None else [*self.optimizers, self.average]


def checkpoint_to_resume(model: nn.Module, config: TrainConfig, *, marks: dict[str, Mark], resume: bool) -> Checkpoint | None:
    """Where a run goes on, or None. Raises ValueError where its folder cannot be written, holds a run of other settings, of
    another model or corpus (of which `marks` are), or one that is not to be resumed.

    >>> checkpoint_to_resume(gpt, TrainConfig(), marks={}, resume=True) is None
    True
    """
    if config.folder is None:
        return None
    _check_folder(config.folder)
    checkpoint = latest_checkpoint(config.folder)
    if checkpoint is None:
        return None
    if not resume:
        raise ValueError(
            f"folder={config.folder!r} holds a run at step {checkpoint.step}; an empty folder is needed, or the will to go on. "
            "Pass resume=True, or choose another folder."
        )
    own, began = asdict(config), asdict(TrainConfig()) | checkpoint.facts  # a setting that is younger than the run had its default
    other = [name for name in own if name not in MAY_CHANGE and own[name] != began.get(name)]
    if other:
        was = ", ".join(f"{name}={began.get(name)!r}" for name in other)
        raise ValueError(
            f"The run in folder={config.folder!r} began with {was}, which this config changes; a run goes on as it began. "
            "Give these values, or choose another folder."
        )
    check_same_model(checkpoint, model)
    check_same_corpus(checkpoint, marks)
    return checkpoint


def _check_folder(folder: str) -> None:
    """Makes the folder, and tries before the first step whether a file can be written there."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(
            f"folder={folder!r} cannot be written ({error.strerror}); a run keeps its checkpoints there. "
            "Choose another folder, or allow writing."
        ) from error
