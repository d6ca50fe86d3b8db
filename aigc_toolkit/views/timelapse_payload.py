"""What the view of a time-lapse needs before any queries and keys are asked for.

In: a `TimeLapse`, or anything with the attributes of `TimeLapseRecord`. Out: JSON: the run's losses, and for each prompt its
tokens, what was expected after each of them, samples and head scores by snapshot. Queries and keys travel one snapshot at a time.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from aigc_toolkit.views.payload import AttentionRecord, attention_payload
from aigc_toolkit.views.text_safety import without_surrogates
from aigc_toolkit.views.training_record import TrainingRecord

DIGITS = 3  # of a probability or score


class TimeLapseRecord(Protocol):
    steps: Sequence[int]
    prompts: Sequence[str]
    snapshots: Sequence[Any]
    subject: Any
    training: TrainingRecord
    rulers: Mapping[str, float]
    marks: Mapping[int, str]

    def attention(self, step: int, *, prompt: int = 0) -> AttentionRecord: ...


def timelapse_payload(timelapse: TimeLapseRecord, *, language: str | None, first: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a view; `first` is what is on the screen first: {at, prompt, layer, head, score, repeated}."""
    subject, training = timelapse.subject, timelapse.training
    return {
        "kind": "timelapse",
        "language": language,
        "model_name": without_surrogates(subject.model_name),
        "first": dict(first),
        "steps": list(timelapse.steps),
        "training": {
            "steps": training.columns["step"],
            "losses": training.columns["loss"],
            "validation": [list(pair) for pair in training.validation if pair[1] is not None],
            "rulers": [{"name": without_surrogates(name), "loss": float(loss)} for name, loss in timelapse.rulers.items()],
            "marks": [{"step": int(step), "text": without_surrogates(text)} for step, text in timelapse.marks.items()],
        },
        "prompts": [_prompt(timelapse, number, language) for number in range(len(timelapse.prompts))],
        "token_texts": {str(number): without_surrogates(text) for number, text in subject.token_texts.items()},
        "scores": {"names": list(subject.score_names), "definitions": subject.definitions},
        "repeated": [_scores(snapshot.repeated, subject) for snapshot in timelapse.snapshots],
    }


def snapshot_numbers(timelapse: TimeLapseRecord, prompt: int, at: int) -> np.ndarray:
    """Queries (L, H, T, D), then keys (L, Hkv, T, D) of one snapshot, float16 in one row."""
    kept = timelapse.snapshots[at].prompts[prompt]
    return np.concatenate([kept.query.reshape(-1), kept.key.reshape(-1)]).astype("<f2")


def _prompt(timelapse: TimeLapseRecord, number: int, language: str | None) -> dict[str, Any]:
    kept = [snapshot.prompts[number] for snapshot in timelapse.snapshots]
    attention = attention_payload([timelapse.attention(timelapse.steps[0], prompt=number)], language=language, state={})
    tolerance = timelapse.subject.tolerance
    return {
        "text": without_surrogates(timelapse.prompts[number]),
        "ids": list(timelapse.subject.prompts[number].token_ids),
        "part": attention["attentions"][0]["parts"]["decoder"],
        "head_dim": kept[0].query.shape[-1],
        "layers": [vars(layer) for layer in timelapse.subject.layers],
        "max_difference": float(f"{max(one.max_difference for one in kept):.1e}"),
        "proofs": [
            {"max_error": one.max_error, "layer": one.max_error_layer, "tolerance": tolerance, "passed": True} for one in kept
        ],
        "next_ids": [one.next_ids.tolist() for one in kept],
        "next_probabilities": [_short(np.exp(one.next_logprobs)) for one in kept],
        "own_probabilities": [_short(np.exp(one.text_logprobs)) for one in kept],
        "samples": [without_surrogates(one.sample) for one in kept],
        "scores": [_scores(one.scores, timelapse.subject) for one in kept],
    }


def _scores(scores: Any, subject: Any) -> dict[str, Any]:
    values = [_short(of_score.reshape(-1)) for of_score in scores.values]
    return {"values": values, "kinds": [subject.kind_names[kind] for kind in scores.kinds.reshape(-1)]}


def _short(numbers: np.ndarray) -> Any:
    """Lists of numbers with few digits; None for what is not known."""
    if numbers.ndim > 1:
        return [_short(row) for row in numbers]
    return [float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in numbers.tolist()]
