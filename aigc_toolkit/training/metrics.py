"""A run's numbers on disk, one line per step.

In: `TrainStep` records as they come. Out: a file of JSON lines, each with the fields of `TrainStep` and "time" in seconds since
the epoch. Every line is flushed, so a killed run keeps all but the step it was in. Nothing here reads the file back.
"""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .loop import TrainStep


class MetricsFile:
    """A file of JSON lines that grows by one flushed line per step; use it in a `with` block, or close it.

    A file that exists is continued; half a line at its end, left by a run that was killed, is cut off. Missing folders are made.
    Raises ValueError for a path that is a folder.

    >>> with MetricsFile("run/metrics.jsonl") as metrics:
    ...     for step in train(gpt, corpus, TrainConfig(num_steps=2)):
    ...         metrics.append(step)
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        if self.path.is_dir():
            raise ValueError(
                f"{str(path)!r} is a folder; metrics are written to one file. Give for example '{path}/metrics.jsonl'."
            )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            _cut_torn_line(self.path)
        self._file = self.path.open("a", encoding="utf-8", newline="\n")

    def append(self, step: "TrainStep") -> None:
        """Writes one step and the time of now, and flushes."""
        self._file.write(json.dumps({**asdict(step), "time": time.time()}, ensure_ascii=False) + "\n")
        self._file.flush()

    def drop_after(self, step: int) -> None:
        """Removes the lines of later steps at the end: a run that goes on from its checkpoint takes these steps again."""
        lines = self.path.read_bytes().splitlines(keepends=True)
        while lines and json.loads(lines[-1])["step"] > step:
            lines.pop()
        self._file.truncate(sum(map(len, lines)))

    def close(self) -> None:
        """Nothing can be appended afterwards."""
        self._file.close()

    def __enter__(self) -> "MetricsFile":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def recorded(steps: Iterable["TrainStep"], path: str | Path) -> Iterator["TrainStep"]:
    """Passes the steps on, each written to `path` before.

    >>> [step.step for step in recorded(train(gpt, corpus, TrainConfig(num_steps=2)), "run/metrics.jsonl")]
    [1, 2]
    """
    with MetricsFile(path) as metrics:
        for step in steps:
            metrics.append(step)
            yield step


def _cut_torn_line(path: Path) -> None:
    whole = path.read_bytes()
    if whole and not whole.endswith(b"\n"):
        path.write_bytes(whole[: whole.rfind(b"\n") + 1])
