"""What the tab Train shows while a training waits, runs and ends, in small updates.

Comes in: a `Training` and the line it stands in. Goes out: messages for the training view and for the block that says how it
stands. It knows no Gradio and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .train_download import PREFIX
from .train_process import Training
from .train_queue import TrainQueue

SECONDS = 0.5  # between two updates


@dataclass(frozen=True)
class Update:
    """`view`: what the training view is given, None where it has nothing to draw yet; `standing`: what `static/train.js` draws."""

    view: dict | None
    standing: dict
    problem: dict[str, str] | None = None


def watched(trainings: TrainQueue, training: Training) -> Iterator[Update]:
    """Updates until the training has ended. A portion holds the one before, too: a busy browser may have passed over it."""
    sent, before = 0, 0  # steps a browser has, and those it had an update earlier
    begun = False
    while not training.ended.wait(SECONDS):
        view = None
        if training.view is not None:
            payload = training.view.append_message(before) if begun else training.view.payload()
            view, before, begun = payload, sent if begun else 0, True
            sent = payload["start"] + len(payload["columns"]["step"])
        yield Update(view, standing(trainings, training))
    yield Update(whole(training), standing(trainings, training), training.problem)


def whole(training: Training) -> dict | None:
    """All steps so far as the view takes them; None where there are none."""
    if training.view is None:
        return None
    payload = training.view.payload()
    return payload if training.reason in (None, "done") else payload | {"standing": "stopped"}


def standing(trainings: TrainQueue, training: Training) -> dict:
    """How a training stands, as JSON."""
    facts = training.facts or {}
    return {
        "state": training.state,
        "place": trainings.place(training),
        "name": training.job.name,
        "step": training.num_steps,
        "num_steps": facts.get("num_steps"),
        "seconds_left": training.seconds_left,
        "parameters": facts.get("num_parameters"),
        "documents": facts.get("num_documents"),
        "tokens": facts.get("num_training_tokens"),
        "vocabulary": facts.get("vocabulary_size"),
        "reason": training.reason if training.has_model or training.reason is None else "nothing",
        "loss": training.validation_loss,
        "download": f"{PREFIX}/{training.secret}" if training.has_model else None,
    }
