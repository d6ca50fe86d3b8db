"""Trainings of a moment for the tab Train: values as its blocks send them, and a text to learn from."""

from dataclasses import replace

from aigc_toolkit.demo import Operator
from aigc_toolkit.demo.train_settings import checked_job
from aigc_toolkit.demo.train_worker import Job

VALUES = {"source": "own", "size": "tiny", "minutes": 1, "context": 64, "tokens": "bpe", "rate": 0.01, "steps": 3, "prompt": "A"}
VALUES |= {"seed": 0}
RHYME = "A girl kept a lamp, a boy kept a kite; the lamp gave light and the kite gave delight. " * 30


def small_job(text: str = RHYME, **changes: object) -> Job:
    """A job of one narrow layer and few steps; `changes` are of its fields."""
    job = checked_job(VALUES, [text], Operator(), name="my-gpt-1")
    return replace(job, **{"num_layers": 1, "num_heads": 2, "width": 16} | changes)
