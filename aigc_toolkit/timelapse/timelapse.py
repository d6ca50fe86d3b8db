"""A training run as snapshots of what the model said on the way, with the run's losses.

In: snapshots and steps as they come, or from a file. Out: attention, next tokens, samples and head scores at every snapshot, a
view, a file. Does not train and does not run a model: `recording` and `from_checkpoints` do.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from aigc_toolkit.views.training_record import TrainingRecord

from .kept_attention import KeptAttention, Proof
from .snapshots import PromptSnapshot, Snapshot, Subject

if TYPE_CHECKING:
    from aigc_toolkit import TrainStep

REPEATED = "repeated random tokens"  # what `head_scores` calls the scores that are measured on no prompt


class TimeLapse:
    """Snapshots of a model in training: `.steps`, `.prompts`; `.attention(step)`, `.next_tokens(step)`, `.samples()`,
    `.head_scores()`.

    What `record_timelapse` gives is iterated for the steps of the run, or `.run()` to its end. Shows itself in a notebook: one
    slider through training. `.save(path)` writes one file, `load_timelapse(path)` reads it.

    >>> load_timelapse("story")
    TimeLapse('story', 34 snapshots from step 0 to 23480, 2 prompts, 5 layers x 6 heads)
    """

    def __init__(self, *, rulers: Mapping[str, float] | None = None, marks: Mapping[int, str] | None = None):
        self.rulers = dict(rulers or {})  # losses in nats per token by name, for the chart
        self.marks = dict(marks or {})  # what happened at a step, for the chart
        self.training = TrainingRecord()  # the run's numbers, as columns
        self.snapshots: list[Snapshot] = []  # by step
        self.subject: Subject | None = None  # what is looked at; None until the first snapshot
        self._coming: Iterator[TrainStep] = iter(())
        self._take: Callable[[int], None] = lambda _step: None

    @property
    def steps(self) -> list[int]:
        """Optimizer steps after which a snapshot was taken; 0 is the model before training."""
        return [snapshot.step for snapshot in self.snapshots]

    @property
    def prompts(self) -> list[str]:
        """The texts that were read at every snapshot."""
        return [] if self.subject is None else [prompt.text for prompt in self.subject.prompts]

    def __iter__(self) -> Iterator["TrainStep"]:
        return self

    def __next__(self) -> "TrainStep":
        return next(self._coming)

    def run(self) -> "TimeLapse":
        """Trains to the end and gives itself.

        >>> record_timelapse(train(gpt, corpus, config), gpt, tokenizer=corpus.tokenizer, prompts=["Mia had a"]).run().steps[-1]
        200
        """
        for _ in self:
            pass
        return self

    def attention(self, step: int, *, prompt: int = 0) -> KeptAttention:
        """The attention of a prompt after `step` steps: `.weights(layer, head)`, float32 (T, T), `.tokens`.

        Raises ValueError for a step without a snapshot and a prompt that does not exist.

        >>> int(load_timelapse("story").attention(128).weights(layer=3, head=2)[-1].argmax())
        33
        """
        kept, subject = self._kept(step, prompt), self._subject()
        return KeptAttention(
            subject.prompts[prompt],
            subject.layers,
            kept.query,
            kept.key,
            name=subject.model_name,
            proof=Proof(kept.max_error, kept.max_error_layer, subject.tolerance),
        )

    def next_tokens(self, step: int, *, position: int = -1, prompt: int = 0) -> pd.DataFrame:
        """The likeliest tokens after one token of a prompt, after `step` steps: id, token, probability; the likeliest first.

        `position` counts the prompt's tokens from 0, or from its end below 0. Raises ValueError as `attention`, and for a position
        that does not exist.

        >>> load_timelapse("story").next_tokens(128).token[0]
        ' in'
        """
        kept, num_tokens = self._kept(step, prompt), len(self._subject().prompts[prompt].tokens)
        if not -num_tokens <= position < num_tokens:
            raise ValueError(
                f"position is {position}; the prompt has {num_tokens} tokens. Choose {-num_tokens} to {num_tokens - 1}."
            )
        ids, texts = kept.next_ids[position].tolist(), self._subject().token_texts
        probabilities = np.exp(kept.next_logprobs[position].astype(np.float64))
        return pd.DataFrame({"id": ids, "token": [texts[one] for one in ids], "probability": probabilities})

    def samples(self, *, prompt: int = 0) -> dict[int, str]:
        """What the model wrote after a prompt, by step: temperature 0.8, always one seed. Raises ValueError as `attention`."""
        return {step: self._kept(step, prompt).sample for step in self.steps}

    def head_scores(self) -> pd.DataFrame:
        """What each head did at each snapshot: step, text, layer, head, kind and a column per score, shares of weight from 0 to 1.

        `text` is a prompt, or "repeated random tokens": random tokens that come twice. Definitions as in `Attention.head_scores`.
        Raises ValueError where there is no snapshot yet.

        >>> scores = load_timelapse("story").head_scores().query("text == 'repeated random tokens'")
        >>> round(float(scores.groupby("step").previous_token.max()[10000]), 2)
        0.54
        """
        tables, subject = [], self._subject()
        for snapshot in self.snapshots:
            found = zip([*self.prompts, REPEATED], [*(one.scores for one in snapshot.prompts), snapshot.repeated], strict=True)
            for text, scores in found:
                layers, heads = np.indices(scores.kinds.shape)
                columns: dict[str, Any] = {"step": snapshot.step, "text": text, "layer": layers.ravel(), "head": heads.ravel()}
                columns["kind"] = [subject.kind_names[kind] for kind in scores.kinds.ravel()]
                tables.append(
                    pd.DataFrame(
                        columns | dict(zip(subject.score_names, scores.values.reshape(len(scores.values), -1), strict=True))
                    )
                )
        return pd.concat(tables, ignore_index=True)

    def extend(self, later: "TimeLapse", *, mark: str) -> "TimeLapse":
        """Adds a later stage of training, whose step 1 came after the last step here, and gives itself; the chart names it `mark`.

        The snapshot before the stage is the last one here, and is left out. Raises ValueError for other prompts.

        >>> stories.extend(lessons, mark="lessons").steps[-1]
        10000
        """
        if later.prompts != self.prompts:
            raise ValueError(
                f"The later stage has the prompts {later.prompts}, this one {self.prompts}; the same are needed. "
                "Record both with them."
            )
        last = self.training.columns["step"][-1]
        self.snapshots += [replace(snapshot, step=last + snapshot.step) for snapshot in later.snapshots if snapshot.step]
        self.training.extend(later.training)
        self._subject().token_texts.update(later._subject().token_texts)
        self.marks |= {last: mark} | {last + step: text for step, text in later.marks.items()}
        return self

    def save(self, path: str | Path) -> Path:
        """Writes one safetensors file, whole or not at all, and gives its path. Raises ValueError where there is no snapshot."""
        from .timelapse_file import save_timelapse

        return save_timelapse(self, path)

    def finish(self) -> None:
        """Takes a last snapshot of a run that was stopped: the model as it is now."""
        if len(self.training) and (last := self.training.columns["step"][-1]) not in self.steps:
            self._take(last)

    def follow(self, coming: Iterator["TrainStep"], take: Callable[[int], None]) -> None:
        """From now on the steps are those of `coming`, and `take(step)` takes a snapshot of their model."""
        self._coming, self._take = coming, take

    def take_up(self, earlier: "TimeLapse") -> None:
        """Goes on from what another one holds."""
        self.subject, self.snapshots, self.training = earlier.subject, earlier.snapshots, earlier.training

    def drop_from(self, step: int) -> None:
        """Forgets this step and all after it: a run that goes back takes them again."""
        self.snapshots = [snapshot for snapshot in self.snapshots if snapshot.step < step]
        self.training.drop_from(step)

    def _subject(self) -> Subject:
        if self.subject is None:
            raise ValueError("There is no snapshot yet; at least one is needed. Iterate the time-lapse, so that the run begins.")
        return self.subject

    def _kept(self, step: int, prompt: int) -> PromptSnapshot:
        subject = self._subject()
        if step not in self.steps:
            raise ValueError(
                f"There is no snapshot of step {step}; there are {', '.join(map(str, self.steps))}. Choose one of these."
            )
        if not 0 <= prompt < len(subject.prompts):
            raise ValueError(f"prompt is {prompt}; 0 to {len(subject.prompts) - 1} exist, {self.prompts}. Choose one of these.")
        return self.snapshots[self.steps.index(step)].prompts[prompt]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        from aigc_toolkit.views import timelapse_view

        return timelapse_view(self)._repr_mimebundle_(include=include, exclude=exclude)

    def __repr__(self) -> str:
        if self.subject is None or not self.snapshots:
            return "TimeLapse(no snapshot yet)"
        num_layers, num_heads = self.snapshots[0].repeated.kinds.shape
        taken = f"{len(self.snapshots)} snapshots from step {self.steps[0]} to {self.steps[-1]}"
        return (
            f"TimeLapse({self.subject.model_name!r}, {taken}, {len(self.prompts)} prompts, {num_layers} layers x {num_heads} heads)"
        )
