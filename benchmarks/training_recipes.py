"""How this toolkit trains a small GPT on characters: the settings, and nothing that is not in the public door.

In: a `Task`, a seed and a `Watch`, told after every step. Out: nothing, or the points of a long run; what was reached stands in the
watch. The size is that of nanoGPT's CPU configuration (0.80 million parameters), or a larger one for a long run.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from training_measures import Point, Task, Watch

from aigc_toolkit import GPT, GPTConfig, TrainConfig, train

SIZES = dict(num_layers=4, num_heads=4, num_key_value_heads=2, width=128, mlp_width=384, tie_embeddings=False)
SETTINGS = dict(learning_rate=0.012, adam_learning_rate=0.012, cooldown_fraction=0.7)
SETTINGS_TO_GOAL = dict(SETTINGS, learning_rate=0.02, adam_learning_rate=0.02, momentum=0.9, cooldown_fraction=0.8)  # in a hurry
BATCH_SIZE = 24  # sequences
STEPS_TO_GOAL = 130


@dataclass(frozen=True)
class Characters:
    """A corpus as `train` reads it: ids of two splits, no tokenizer needed."""

    splits: dict[str, np.ndarray]
    tokenizer: None = None

    def token_ids(self, split: str) -> np.ndarray:
        return self.splits[split]


def in_larger_batches(task: Task) -> Task:
    """The same number of tokens in fewer, larger steps."""
    return replace(task, batch_size=BATCH_SIZE, num_steps=task.num_steps * task.batch_size // BATCH_SIZE)


def to_the_goal(task: Task) -> Task:
    """As many steps as the goal takes, or fewer where the whole task has fewer."""
    larger = in_larger_batches(task)
    return replace(larger, num_steps=min(larger.num_steps, STEPS_TO_GOAL))


def our_gpt(task: Task, seed: int, watch: Watch) -> None:
    """`train` with Muon and AdamW on the modern formulas: rotary positions, RMSNorm, QK-norm, SwiGLU, a head of its own."""
    _small_gpt(task, seed, watch, SETTINGS)


def our_gpt_to_the_goal(task: Task, seed: int, watch: Watch) -> None:
    """The same model with steps that are larger from the start and fall for longer: for a run of a hundred steps or so."""
    _small_gpt(task, seed, watch, SETTINGS_TO_GOAL)


@cache
def quicker_precision() -> str:
    """ "bfloat16" where this processor multiplies quicker in it than in float32, else "no"; some do, some do not."""
    left, right = torch.randn(4096, 192), torch.randn(192, 512)  # as in the products of a step
    pairs = {torch.float32: (left, right), torch.bfloat16: (left.bfloat16(), right.bfloat16())}
    seconds = {dtype: [] for dtype in pairs}
    for _ in range(50):  # in turns, so that other work meets both
        for dtype, (a, b) in pairs.items():
            start = time.perf_counter()
            a @ b
            seconds[dtype].append(time.perf_counter() - start)
    single, short = (statistics.median(seconds[dtype]) for dtype in pairs)
    return "bfloat16" if short < single else "no"


def _small_gpt(task: Task, seed: int, watch: Watch, settings: dict) -> None:
    gpt = GPT(GPTConfig.modern(vocabulary_size=task.vocabulary_size, context=task.context, **SIZES), seed=seed)
    fit(gpt, task, watch, TrainConfig(**settings, **sizes_of(task), mixed_precision=quicker_precision(), seed=seed, device="cpu"))


def sizes_of(task: Task) -> dict:
    return dict(num_steps=task.num_steps, batch_size=task.batch_size, context=task.context)


def fit(gpt: GPT, task: Task, watch: Watch, config: TrainConfig) -> None:
    corpus = Characters({"train": task.train.numpy(), "validation": task.validation.numpy()})
    watch.start(gpt)
    for step in train(gpt, corpus, config):
        watch.after(step.step)


# Half an hour: what two cores can do in that time

LONG_SIZES = dict(num_layers=6, num_heads=6, num_key_value_heads=2, width=192, mlp_width=512, tie_embeddings=False, dropout=0.1)
LONG_SETTINGS = dict(SETTINGS, learning_rate=0.01, adam_learning_rate=0.008, weight_decay=0.3)
LONG_TASK = dict(context=256, batch_size=16)
STEPS_TO_TIME = 40


def long_run(task: Task, *, minutes: float, tell: Callable[[Point], None]) -> list[Point]:
    """One larger model trained for about so long on the text of `task`; how many steps that is, a few timed ones decide."""
    task = replace(task, **LONG_TASK, num_steps=STEPS_TO_TIME)
    trial = Watch(task, [2, STEPS_TO_TIME])
    _long_gpt(task, trial)
    seconds_per_step = (trial.points[1].seconds - trial.points[0].seconds) / (STEPS_TO_TIME - 2)
    task = replace(task, num_steps=max(STEPS_TO_TIME, int(60 * minutes / seconds_per_step)))
    watch = Watch(task, [round(share * task.num_steps) for share in (0.2, 0.4, 0.6, 0.8, 0.9, 1)], tell=tell)
    _long_gpt(task, watch)
    return watch.points


def _long_gpt(task: Task, watch: Watch) -> None:
    gpt = GPT(GPTConfig.modern(vocabulary_size=task.vocabulary_size, context=task.context, **LONG_SIZES))
    for block in gpt.blocks:
        block.attention.dropout = 0.0  # of the residual stream alone: no fused attention on a CPU drops weights
    fit(gpt, task, watch, TrainConfig(**LONG_SETTINGS, **sizes_of(task), mixed_precision=quicker_precision(), device="cpu"))
