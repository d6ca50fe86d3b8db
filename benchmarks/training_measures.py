"""What the training benchmark measures, the same for everybody who trains in it.

In: a text, or a model that is being trained by somebody. Out: its two splits as character ids; the loss over the whole validation
split and by nanoGPT's estimator; a `Watch` that times a run without the time spent on measuring it. Knows no recipe.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GOAL = 1.88  # nats per character: what nanoGPT's README gives for its CPU configuration
ESTIMATOR_BATCHES, ESTIMATOR_SEED = 20, 1337  # nanoGPT's CPU configuration: eval_iters=20; the seed is ours, it has none
WINDOWS_AT_ONCE = 64


@dataclass(frozen=True)
class Task:
    """What is to be learnt, and how much of it is seen at once and in all."""

    train: Tensor  # (N), int64
    validation: Tensor  # (N), int64
    vocabulary_size: int  # characters
    context: int = 64  # tokens
    batch_size: int = 12  # sequences
    num_steps: int = 2000

    @property
    def tokens_per_step(self) -> int:
        return self.batch_size * self.context


def read_splits(path: str | Path) -> tuple[Tensor, Tensor, int]:
    """Ids of the first 90 % of the characters of a text # (N) and of the rest # (N), and how many different ones there are.

    An id is the place of a character among all that occur, sorted; source: nanoGPT, data/shakespeare_char/prepare.py.
    """
    text = Path(path).read_text(encoding="utf-8")
    ids = {character: number for number, character in enumerate(sorted(set(text)))}
    every = torch.tensor([ids[character] for character in text])  # (N)
    cut = int(0.9 * len(every))
    return every[:cut], every[cut:], len(ids)


def crops(ids: Tensor, batch_size: int, context: int, generator: torch.Generator) -> Tensor:
    """Random stretches # (B, T + 1) of ids # (N), each start equally likely."""
    starts = torch.randint(len(ids) - context, (batch_size,), generator=generator)  # (B)
    return ids[starts[:, None] + torch.arange(context + 1)]  # (B, T + 1)


def logits_of(model: nn.Module, ids: Tensor) -> Tensor:
    """Logits # (B, T, V) for ids # (B, T) of a model that returns them, or a record that holds them."""
    output = model(ids)
    return output if isinstance(output, Tensor) else output.logits


@torch.no_grad()
def whole_split_loss(model: nn.Module, ids: Tensor, context: int) -> float:
    """Mean loss in nats per token over ids # (N), more than `context` of them.

    Windows of `context` tokens lie side by side; every token but the first is predicted once, from those before it in its window.
    """
    total = 0.0
    whole = (len(ids) - 1) // context * context
    windows = ids[: whole + 1].unfold(0, context + 1, context)  # (windows, T + 1)
    rest = ids[whole:]  # (R + 1)
    for batch in [*windows.split(WINDOWS_AT_ONCE), *([rest[None]] if len(rest) > 1 else [])]:
        logits = logits_of(model, batch[:, :-1])  # (B, T, V)
        total += F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten(), reduction="sum").item()
    return total / (len(ids) - 1)


@torch.no_grad()
def estimated_loss(model: nn.Module, ids: Tensor, *, batch_size: int, context: int) -> float:
    """nanoGPT's estimate of the loss: the mean over some batches of random crops of ids # (N); here always the same ones."""
    generator = torch.Generator().manual_seed(ESTIMATOR_SEED)
    batches = [crops(ids, batch_size, context, generator) for _ in range(ESTIMATOR_BATCHES)]
    losses = [F.cross_entropy(logits_of(model, batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten()) for batch in batches]
    return torch.stack(losses).mean().item()


@dataclass(frozen=True)
class Point:
    """Where a run stood after `step` steps; losses in nats per token, seconds of training alone."""

    step: int
    tokens: int
    seconds: float
    loss: float  # whole validation split
    estimate: float  # nanoGPT's estimator


class Watch:
    """Times a run that calls `start(model)` before its first step and `after(step)` after each; measures at the steps asked for.

    The clock stands still while it measures. `tell` is given every point, too.
    """

    def __init__(self, task: Task, measured_steps: Sequence[int], *, tell: Callable[[Point], None] | None = None):
        self.task, self.measured_steps, self.tell = task, frozenset(measured_steps), tell
        self.points: list[Point] = []
        self.num_parameters = 0
        self.step_seconds: list[float] = []
        self._model: nn.Module | None = None
        self._since = 0.0

    def start(self, model: nn.Module) -> None:
        self._model = model
        self.num_parameters = sum(parameter.numel() for parameter in model.parameters())
        self._since = time.perf_counter()

    def after(self, step: int) -> None:
        now = time.perf_counter()
        self.step_seconds.append(now - self._since)
        self._since = now
        if step not in self.measured_steps:
            return
        self.points.append(self._measure(step))
        if self.tell is not None:
            self.tell(self.points[-1])
        self._since = time.perf_counter()

    @property
    def tokens_per_second(self) -> float:
        """Of the median step: what else the machine did meanwhile counts less."""
        return self.task.tokens_per_step / median(self.step_seconds)

    def _measure(self, step: int) -> Point:
        task, model = self.task, self._model
        was_training = model.training
        model.eval()
        loss = whole_split_loss(model, task.validation, task.context)
        estimate = estimated_loss(model, task.validation, batch_size=task.batch_size, context=task.context)
        model.train(was_training)
        return Point(step, step * task.tokens_per_step, sum(self.step_seconds), loss, estimate)


@dataclass(frozen=True)
class Run:
    """One training, one way, with one seed."""

    way: str
    seed: int
    num_parameters: int
    tokens_per_second: float  # of the median step
    points: list[Point]

    @property
    def last(self) -> Point:
        return self.points[-1]

    @property
    def seconds_to_goal(self) -> float | None:
        """Of the first point at or below the goal, or None; no line is drawn between points."""
        return next((point.seconds for point in self.points if point.loss <= GOAL), None)
