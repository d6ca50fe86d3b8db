"""Record a time-lapse while a model trains.

In: the iterator that `train` gives, its model and tokenizer, prompts. Out: a `TimeLapse` that passes the steps on and takes a
snapshot where one is due. With a path the file is written anew after each snapshot, whole or not at all: a run that is killed keeps
those taken, and one that goes on from its checkpoint goes on with them. Does not take a step itself.
"""

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn
from transformers import PreTrainedTokenizerFast

from aigc_toolkit import GPT, LanguageModel
from aigc_toolkit.views.training_record import fields, read_metrics

from .snapshots import read_subject, take_snapshot
from .timelapse import TimeLapse
from .timelapse_file import load_timelapse

if TYPE_CHECKING:
    from aigc_toolkit import TrainStep

NUM_NEXT = 8  # tokens kept of what the model expects after each token of a prompt


def log_spaced(num_steps: int, num_snapshots: int = 25) -> list[int]:
    """At most `num_snapshots` steps from 0 to `num_steps`, both included, evenly spaced on a logarithmic scale.

    Early ones would coincide: they are the whole numbers 0, 1, 2, … Raises ValueError for fewer than 1 step or 2 snapshots.

    >>> log_spaced(1000, 8)
    [0, 1, 3, 10, 32, 100, 316, 1000]
    """
    if num_steps < 1 or num_snapshots < 2:
        raise ValueError(
            f"{num_steps} steps and {num_snapshots} snapshots were given; 1 or more and 2 or more are needed. Give more."
        )
    spaced, num_points = {0, num_steps}, 2
    while len(spaced) < min(num_snapshots, num_steps + 1):
        finer = {0, *(round(num_steps ** (i / (num_points - 1))) for i in range(num_points))}
        if len(finer) > num_snapshots:
            break
        spaced, num_points = finer, num_points + 1
    return sorted(spaced)


def record_timelapse(
    steps: Iterable["TrainStep"],
    model: nn.Module,
    *,
    tokenizer: PreTrainedTokenizerFast,
    prompts: Sequence[str],
    at: Iterable[int] | None = None,
    path: str | Path | None = None,
    metrics: str | Path | None = None,
    rulers: Mapping[str, float] | None = None,
    marks: Mapping[int, str] | None = None,
    sample_tokens: int = 32,
    seed: int = 0,
    name: str = "gpt",
) -> TimeLapse:
    """A `TimeLapse` of a run: iterate it for the steps of `steps`, or `.run()` it.

    `steps` is what `train(model, corpus, config)` gives, `model` the one it trains (our `GPT` or a Hugging Face causal model). `at`
    are the steps after which a snapshot is taken, 0 the model before training, `log_spaced(config.num_steps)` for example; None
    gives 0, 1, 2, 3, 4, 6, 8, 11, 16, …, each the square root of 2 times the one before. The last step always has one. `prompts`
    are short texts: with queries and keys of every head a token of them takes 0.1 MB in 25 snapshots of 5 layers x 6 heads. `path`
    is a file that is written after each snapshot; `metrics`, the file that `TrainConfig(metrics_path=…)` names, gives a run that
    was killed and goes on the losses since its last snapshot too. `rulers` are losses by name for the chart, nats per token,
    `marks` say what happened at a step. `sample_tokens` are written after each prompt. A snapshot costs a few passes over the
    prompts and one sample.

    Raises ValueError, when the run begins, for prompts that do not fit the model, a model that is no causal decoder, and a file at
    `path` with other prompts; FileNotFoundError where a run goes on and `metrics` is not there.

    >>> timelapse = record_timelapse(train(gpt, corpus, config), gpt, tokenizer=corpus.tokenizer, prompts=["Once upon a time"])
    >>> timelapse.run()
    TimeLapse('gpt', 17 snapshots from step 0 to 200, 1 prompts, 4 layers x 4 heads)
    """
    timelapse = TimeLapse(rulers=rulers, marks=marks)
    kept = {"path": path, "metrics": metrics}
    camera = Camera(timelapse, model, tokenizer, prompts=prompts, sample_tokens=sample_tokens, seed=seed, name=name, **kept)
    timelapse.follow(_recorded(steps, camera, None if at is None else frozenset(at)), camera.take)
    return timelapse


class Camera:
    """Takes snapshots of a model for a time-lapse, and keeps its file."""

    def __init__(
        self,
        timelapse: TimeLapse,
        model: nn.Module,
        tokenizer: PreTrainedTokenizerFast,
        *,
        prompts: Sequence[str],
        path: str | Path | None = None,
        metrics: str | Path | None = None,
        sample_tokens: int,
        seed: int,
        name: str,
    ):
        self.timelapse, self._path, self._metrics = timelapse, None if path is None else Path(path).expanduser(), metrics
        self._model, self._tokenizer, self._name = model, tokenizer, name
        self._prompts, self._settings = prompts, {"num_next": NUM_NEXT, "sample_tokens": sample_tokens, "seed": seed}

    def take(self, step: int) -> None:
        """The model as it is now, as the state after `step` steps; kept, and written where there is a path."""
        with torch.random.fork_rng(), _as_language_model(self._model, self._tokenizer, self._name) as lm:
            if self.timelapse.subject is None:
                self.timelapse.subject = read_subject(lm, self._prompts, **self._settings)
            self.timelapse.snapshots.append(take_snapshot(lm, self.timelapse.subject, step))
        if self._path is not None and step:  # nothing replaces an earlier file before the run has begun
            self.timelapse.save(self._path)

    def go_on(self, step: int | None) -> None:
        """Takes up what the files hold of the steps before `step`, or all. Raises ValueError where they are of other prompts."""
        self.timelapse.drop_from(0)  # what was taken for step 0 was none: the run had begun before
        if self._path is not None and self._path.is_file():
            self._take_up(load_timelapse(self._path))
        if self._metrics is not None:
            self.timelapse.training = read_metrics(self._metrics)
        if step is not None:
            self.timelapse.drop_from(step)

    def _take_up(self, earlier: TimeLapse) -> None:
        if earlier.prompts != self.timelapse.prompts:
            raise ValueError(
                f"{str(self._path)!r} has snapshots of the prompts {earlier.prompts}, not of {self.timelapse.prompts}; a run goes "
                "on with the prompts it began with. Give these, or another path."
            )
        self.timelapse.take_up(earlier)


def _recorded(steps: Iterable["TrainStep"], camera: Camera, at: frozenset[int] | None) -> Iterator["TrainStep"]:
    timelapse, last = camera.timelapse, 0
    camera.take(0)
    for record in steps:
        step = record.step
        if last == 0 and step > 1:
            camera.go_on(step)
        elif step <= last:
            timelapse.drop_from(step)
        elif last == 0 and at is not None and 0 not in at:
            timelapse.snapshots.clear()
        timelapse.training.append(fields(record), time=time.time())
        last = step
        if step in at if at is not None else _is_root_of_two(step):
            camera.take(step)
        yield record
    if last == 0:
        camera.go_on(None)  # the run was over
    elif last not in timelapse.steps:
        camera.take(last)


def _is_root_of_two(step: int) -> bool:
    """Whether `step` is a rounded power of the square root of 2."""
    return round(2 ** (round(2 * math.log2(step)) / 2)) == step


@contextmanager
def _as_language_model(model: nn.Module, tokenizer: PreTrainedTokenizerFast, name: str) -> Iterator[LanguageModel]:
    """The model as others read it, in eval mode; afterwards it is in the mode it was in."""
    if isinstance(model, GPT):
        yield LanguageModel.from_gpt(model, tokenizer, name)
        return
    was_training = model.training
    model.eval()
    try:
        yield LanguageModel(model, tokenizer, name)
    finally:
        model.train(was_training)
