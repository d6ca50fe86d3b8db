r"""Practice: the model writes, a judge who knows the world says what is right, and what was right becomes likelier.

In: a `GPT`, its tokenizer, a corpus it shall not forget, a `Practice`. Out: a `TrainStep` after each round, the model trained in
place. It does not know what is practised: that is for `exercises` and `attempts` to say.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from aigc_toolkit import GPT, LanguageModel, TrainStep
from aigc_toolkit.training.batches import Batches
from aigc_toolkit.training.checkpoints import latest_checkpoint, load_checkpoint, save_checkpoint
from aigc_toolkit.training.losses import next_token_loss
from aigc_toolkit.training.metrics import MetricsFile
from aigc_toolkit.training.optimizers import schedule

from .attempts import Attempt, attempts
from .exercises import Exercises
from .recipe import Practice

if TYPE_CHECKING:
    from aigc_toolkit import Corpus

ADAM_BETAS = (0.9, 0.98)
TOKENS_AT_ONCE = 5_000  # of attempts, in one pass


def practise(gpt: GPT, corpus: Corpus, practice: Practice) -> Iterator[TrainStep]:
    r"""Trains `gpt` in place and yields a `TrainStep` after each round; its loss is that on the corpus, in nats per token.

    A round minimises $-\frac{1}{N} \sum_{n,t} A_{n,t} \log p_{n,t} + \lambda L$ over $N$ attempts drawn at temperature 1. $A_{n,t}$
    is the reward of token $t$ of attempt $n$ less what was expected: the mean of all attempts at the same question or summary, or
    of all sentences that went on with a story in this round. A right answer is learned from too, as far as it was missed. $L$ is
    the loss on sequences of the corpus, $\lambda$ its weight. Added to it is $\frac{\beta}{N} \sum_{n,t} D(p_{n,t} \| q_{n,t})$,
    the divergence from what `gpt` expected before practice: without it the few sentences that are never wrong drive out all others.
    With a folder in `practice.training` it goes on from the newest checkpoint there; `gpt` is then still the model before practice.

    Source: Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", Machine
    Learning 8; the mean of a group as what is expected, and the divergence: Shao et al. 2024, "DeepSeekMath", arXiv:2402.03300,
    section 4.1.

    >>> next(practise(gpt, corpus, PRACTICE)).step
    1
    """
    config = practice.training
    optimizer = torch.optim.AdamW(gpt.parameters(), lr=config.adam_learning_rate, betas=ADAM_BETAS, weight_decay=0.0)
    batches = Batches(corpus.token_ids("train"), corpus.tokenizer, config)
    progress, before = _Progress(), copy.deepcopy(gpt)
    if config.folder is not None and (checkpoint := latest_checkpoint(config.folder)) is not None:
        load_checkpoint(checkpoint, gpt, [optimizer])
        progress = _Progress(**checkpoint.facts)
    exercises = Exercises(practice.seed_of_exercises, progress.right)
    with nullcontext() if config.metrics_path is None else MetricsFile(config.metrics_path) as metrics:
        if metrics is not None:
            metrics.drop_after(progress.step)
        for step in range(progress.step + 1, config.num_steps + 1):
            start = time.perf_counter()
            written = attempts(LanguageModel.from_gpt(gpt, corpus.tokenizer, "practising"), exercises, practice, step)
            batch = batches.at(step, seed=config.seed).ids  # (B, T + 1)
            rate = schedule(step, config) * config.adam_learning_rate
            loss, norm = _take_step(gpt, before, optimizer, written, batch, rate, practice)
            seconds, num_tokens = time.perf_counter() - start, sum(len(one.ids) for one in written) + batch.numel()
            progress = progress.after(step, num_tokens, seconds, exercises.right)
            record = TrainStep(step, loss, None, rate, num_tokens / seconds, norm, None)
            if metrics is not None:
                metrics.append(record)
            if config.checkpoint_every and (step % config.checkpoint_every == 0 or step == config.num_steps):
                save_checkpoint(config.folder, step, gpt, [optimizer], facts=asdict(progress), keep_last=config.keep_last)
            yield record


@dataclass(frozen=True)
class _Progress:
    """What a checkpoint must not forget besides weights and averages."""

    step: int = 0
    num_tokens: int = 0  # written, and read of the corpus
    seconds: float = 0.0
    right: dict[str, float] = field(default_factory=dict)  # of `Exercises`

    def after(self, step: int, num_tokens: int, seconds: float, right: dict[str, float]) -> _Progress:
        return _Progress(step, self.num_tokens + num_tokens, self.seconds + seconds, dict(right))


def _take_step(
    gpt: GPT,
    before: GPT,
    optimizer: torch.optim.Optimizer,
    written: Sequence[Attempt],
    batch: Tensor,
    rate: float,
    practice: Practice,
) -> tuple[float, float]:
    """Moves the parameters once; the loss on the corpus and the gradient's norm, both before the move."""
    optimizer.param_groups[0]["lr"] = rate
    optimizer.zero_grad(set_to_none=True)
    learn_from(gpt, written, before=before, weight_of_change=practice.weight_of_change)
    loss = next_token_loss(gpt(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
    (practice.weight_of_corpus * loss).backward()
    norm = torch.nn.utils.clip_grad_norm_(gpt.parameters(), practice.training.gradient_clip)
    optimizer.step()
    return loss.item(), norm.item()


def learn_from(gpt: GPT, written: Sequence[Attempt], *, before: GPT, weight_of_change: float) -> None:
    """Adds the gradient of minus the mean over attempts of their log-probability, each token times its advantage, and of
    `weight_of_change` times the divergence of what `gpt` expects at their tokens from what `before` does, in nats.
    """
    for part in _parts(sorted(written, key=lambda one: len(one.ids))):
        length = max(len(one.ids) for one in part)
        ids = torch.zeros(len(part), length, dtype=torch.int64)  # (A, T); what stands after the end has no advantage
        advantages = torch.zeros(len(part), length)  # (A, T)
        own = torch.zeros(len(part), length, dtype=torch.bool)  # (A, T): what it wrote
        for row, one in enumerate(part):
            ids[row, : len(one.ids)] = torch.tensor(one.ids)
            written_at = slice(len(one.ids) - len(one.advantages), len(one.ids))
            advantages[row, written_at], own[row, written_at] = torch.tensor(one.advantages), True
        logits = gpt(ids[:, :-1]).flatten(0, 1)  # (A (T - 1), V)
        mean = next_token_loss(logits, ids[:, 1:].flatten(), advantages[:, 1:].flatten())
        with torch.no_grad():
            expected = before(ids[:, :-1]).flatten(0, 1)[own[:, 1:].flatten()]  # (own tokens, V)
        change = divergence(logits[own[:, 1:].flatten()], expected)
        ((mean * len(logits) + weight_of_change * change) / len(written)).backward()


def divergence(logits: Tensor, expected: Tensor) -> Tensor:
    """The sum over rows of the divergence of softmax(`logits`) from softmax(`expected`), both (rows, V), in nats."""
    return functional.kl_div(expected.log_softmax(-1), logits.log_softmax(-1), reduction="sum", log_target=True)


def _parts(written: Sequence[Attempt]) -> Iterator[list[Attempt]]:
    """Runs of attempts, shortest first, of at most `TOKENS_AT_ONCE` tokens when all are as long as the longest."""
    part: list[Attempt] = []
    for one in written:
        if part and (len(part) + 1) * len(one.ids) > TOKENS_AT_ONCE:
            yield part
            part = []
        part.append(one)
    if part:
        yield part
