"""The numbers of a run, forwarded to TensorBoard or trackio.

In: `TrainStep` records as they come. Out: what these programs read, below the run's folder or in their own place on this computer.
Both are optional; neither is imported unless asked for. Nothing is sent anywhere.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .config import TrainConfig
from .optional import require

if TYPE_CHECKING:
    from .loop import TrainStep

NUMBERS = ("loss", "validation_loss", "learning_rate", "tokens_per_second", "gradient_norm")


class Tracker(Protocol):
    """What steps are forwarded to."""

    def append(self, step: "TrainStep") -> None:
        """Takes one step."""

    def close(self) -> None:
        """Nothing follows."""


class TensorBoardTracker:
    """Writes the numbers and samples into `folder`, for `tensorboard --logdir`. Steps after `first` from an earlier run are hidden.

    >>> TensorBoardTracker("runs/mine/tensorboard", first=1).append(step)
    """

    def __init__(self, folder: str | Path, first: int):
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=first)

    def append(self, step: "TrainStep") -> None:
        for name, value in _numbers(step).items():
            self._writer.add_scalar(name, value, step.step)
        if step.sample is not None:
            self._writer.add_text("sample", step.sample, step.step)

    def close(self) -> None:
        self._writer.close()


class TrackioTracker:
    """Writes the numbers into trackio's database on this computer, as run `name`, for `trackio show`.

    >>> TrackioTracker("mine", settings={"num_steps": 100}).append(step)
    """

    def __init__(self, name: str, settings: dict):
        import trackio

        self._run = trackio.init(project="aigc_toolkit", name=name, config=settings, resume="allow", embed=False)

    def append(self, step: "TrainStep") -> None:
        self._run.log(_numbers(step), step=step.step)

    def close(self) -> None:
        self._run.finish()


def make_tracker(config: TrainConfig, first: int) -> Tracker | None:
    """The tracker that `config` asks for, from step `first` on, or None.

    >>> make_tracker(TrainConfig(), first=1) is None
    True
    """
    if config.tracker == "none":
        return None
    if config.tracker == "tensorboard":
        return TensorBoardTracker(Path(config.folder) / "tensorboard", first)
    return TrackioTracker(Path(config.folder).name, vars(config))


def check_tracker(config: TrainConfig) -> None:
    """Raises ValueError when the tracker that `config` asks for is not installed.

    >>> check_tracker(TrainConfig())
    """
    if config.tracker != "none":
        require(config.tracker, f"tracker={config.tracker!r}")


def _numbers(step: "TrainStep") -> dict[str, float]:
    return {name: value for name in NUMBERS if (value := getattr(step, name)) is not None}
