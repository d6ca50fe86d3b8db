"""The numbers of a training run, as columns.

In come steps with the fields of `TrainStep`, or the path of a file with one JSON object per line; out go columns that a view
draws. Knows nothing of training, torch, or how anything is drawn.
"""

import json
import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from aigc_toolkit.views.text_safety import without_surrogates

COLUMNS = ("step", "loss", "learning_rate", "gradient_norm", "tokens_per_second")


class TrainStepRecord(Protocol):
    step: int
    loss: float
    validation_loss: float | None
    learning_rate: float
    tokens_per_second: float
    gradient_norm: float
    sample: str | None


class TrainingRecord:
    """Columns of equal length, one entry per step: `COLUMNS` and `seconds` since the first step; `validation` and `samples` with
    the step after which they were measured or drawn. Numbers have six digits; what is not finite or not known is None.
    """

    def __init__(self, steps: Iterable[TrainStepRecord] = ()):
        self.columns: dict[str, list[Any]] = {name: [] for name in (*COLUMNS, "seconds")}
        self.validation: list[tuple[int, float | None]] = []
        self.samples: list[tuple[int, str]] = []
        self._first_time: float | None = None
        for step in steps:
            self.append(fields(step))

    def append(self, entry: Mapping[str, Any], *, time: float | None = None) -> None:
        """Adds one step, by the names of its fields, that ended at `time`, in seconds since any fixed moment."""
        if not len(self):
            self._first_time = time
        for name in COLUMNS:
            self.columns[name].append(_short(entry.get(name)))
        known = time is not None and self._first_time is not None
        self.columns["seconds"].append(round(time - self._first_time, 2) if known else None)
        if entry.get("validation_loss") is not None:
            self.validation.append((entry["step"], _short(entry["validation_loss"])))
        if entry.get("sample") is not None:
            self.samples.append((entry["step"], without_surrogates(entry["sample"])))

    def extend(self, later: "TrainingRecord") -> None:
        """Adds a later stage of training: its step 1 comes after the last step here. What its time began with is not known."""
        last = self.columns["step"][-1]
        moved = {"step": [last + step for step in later.columns["step"]], "seconds": [None] * len(later)}
        for name, column in (later.columns | moved).items():
            self.columns[name] += column
        self.validation += [(last + step, loss) for step, loss in later.validation]
        self.samples += [(last + step, text) for step, text in later.samples]

    def drop_from(self, step: int) -> None:
        """Removes this step and all after it: a run that goes back takes them again."""
        num_kept = bisect_left(self.columns["step"], step)
        for column in self.columns.values():
            del column[num_kept:]
        self.validation = [pair for pair in self.validation if pair[0] < step]
        self.samples = [pair for pair in self.samples if pair[0] < step]

    def __len__(self) -> int:
        return len(self.columns["seconds"])  # the last to grow: whoever reads while another thread appends sees whole steps

    def portion(self, start: int = 0) -> dict[str, Any]:
        """The steps from number `start` on (0 is the first), as JSON."""
        end = len(self)
        steps = self.columns["step"][start:end]
        first = steps[0] if steps else math.inf
        return {
            "start": start,
            "columns": {name: column[start:end] for name, column in self.columns.items()},
            "validation": [pair for pair in self.validation if pair[0] >= first],
            "samples": [pair for pair in self.samples if pair[0] >= first],
        }


def fields(step: TrainStepRecord) -> dict[str, Any]:
    """The fields of a step by name.

    >>> fields(TrainStep(1, 2.5, None, 0.007, 20_000.0, 0.8, None))["loss"]
    2.5
    """
    return {name: getattr(step, name) for name in (*COLUMNS, "validation_loss", "sample")}


def read_metrics(path: str | Path) -> TrainingRecord:
    """The record in a file of JSON lines with the fields of `TrainStep` and, where known, "time" in seconds since the epoch.

    A last line without its end was torn off when a run was killed, and is skipped. Raises `FileNotFoundError` for a file that is
    not there, and `ValueError` for a line that is no step and for a file without any.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file {str(path)!r}. A run writes one when TrainConfig has metrics_path. Check the path, or train with it."
        )
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
    record = TrainingRecord()
    for number, line in enumerate(lines, 1):
        entry = _entry(line, f"Line {number} of {str(path)!r}")
        record.append(entry, time=entry.get("time"))
    if not len(record):
        raise ValueError(f"{str(path)!r} holds no whole line; at least one step is needed. Wait for the first step of the run.")
    return record


def _entry(line: str, where: str) -> Mapping[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    kinds = {name: (int, float) for name in (*COLUMNS, "validation_loss", "time")} | {"sample": (str,)}
    needed = isinstance(entry, dict) and "step" in entry and "loss" in entry
    if not needed or any(entry.get(name) is not None and not isinstance(entry[name], kind) for name, kind in kinds.items()):
        raise ValueError(
            f"{where} is {line[:60]!r}; a JSON object with the fields of TrainStep is allowed. Give a file that MetricsFile wrote."
        )
    return entry


def _short(value: float | None) -> float | int | None:
    """Six significant digits: more than any view shows, a third of the bytes of a full double."""
    if value is None or not math.isfinite(value):
        return None
    return value if isinstance(value, int) else float(f"{value:.6g}")
