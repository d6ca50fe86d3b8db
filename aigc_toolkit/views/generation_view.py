"""The view of a generation: the text, each token shaded by its probability, with what the model considered instead.

In comes a `Generation` or anything with its attributes, out goes an object that shows itself in a notebook and saves
itself as a page. Computes nothing about the tokens: every number was measured while generating.
"""

import html
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from aigc_toolkit.views.export import export_generation
from aigc_toolkit.views.notebook import NotebookWidget, mime_bundle, notebook_widget
from aigc_toolkit.views.saved_page import save_page
from aigc_toolkit.views.text_safety import checked_language, without_surrogates

_ENTRY = "generation_view.js"


class AlternativeRecord(Protocol):
    id: int | None
    text: str
    logprob: float


class StepRecord(Protocol):
    id: int | None
    text: str
    logprob: float | None
    rank: int | None
    entropy: float | None
    alternatives: Iterable[AlternativeRecord]
    position: int


class GenerationRecord(Protocol):
    prompt: str
    text: str
    tokens: Iterable[StepRecord]
    stop_reason: str | None
    model_name: str
    can_branch: bool  # whether `branch(position, token)` gives a generation that goes on from another token


def generation_view(generation: GenerationRecord, *, language: str | None = None) -> "GenerationView":
    """A view of `generation`; `language` is "en", "zh" or None for the reader's own.

    >>> generation_view(generate(lm, "Once upon a time")).save("story.html")
    PosixPath('story.html')
    """
    return GenerationView(generation, language=language)


def append_message(steps: Iterable[StepRecord], *, start: int, stop_reason: str | None = None) -> dict[str, Any]:
    """What a view that is already shown needs to draw `steps`, the first of which is step number `start`.

    Steps the view already has are passed over, so portions may overlap; after a gap the view waits for a whole value.
    """
    return {"type": "append", "start": start, "steps": [_step(step) for step in steps], "stop_reason": stop_reason}


class GenerationView:
    """Shows itself in a notebook; `.save(path)` writes one offline page."""

    def __init__(self, generation: GenerationRecord, *, language: str | None = None):
        self._generation = generation
        self._language = checked_language(language)
        self._widget: NotebookWidget | None = None

    def payload(self) -> dict[str, Any]:
        """Everything the view draws, as JSON: prompt, steps (logprob in nats), stop reason, model name, language."""
        generation = self._generation
        return {
            "kind": "generation",
            "language": self._language,
            "model_name": without_surrogates(generation.model_name),
            "prompt": without_surrogates(generation.prompt),
            "stop_reason": generation.stop_reason,
            "steps": [_step(step) for step in generation.tokens],
        }

    def save(self, path: str | Path) -> Path:
        """Writes one page that needs no network, and gives its path."""
        title = f"Generation · {self._generation.model_name}"
        return save_page(path, entry=_ENTRY, payload=self.payload(), title=title)

    def export(self, path: str | Path) -> Path:
        """Writes the tokens with log-probability, rank and entropy as .csv, or the shaded text as .svg, and gives the path.

        Raises ValueError for another ending.
        """
        return export_generation(path, self.payload())

    @property
    def generation(self) -> GenerationRecord:
        """What is shown: the given generation, or the branch a reader has chosen since."""
        return self._generation

    def answer(self, message: Mapping[str, Any]) -> None:
        """Go on from the token a reader chose in a notebook, {"type": "alternative", "position", "id" or "text"}, and show that."""
        position, token = message.get("position"), message.get("id", message.get("text"))
        if message.get("type") == "alternative" and isinstance(position, int) and isinstance(token, (int, str)):
            self._generation = self._generation.branch(position, token)
            self._widget.value = self._live_payload()

    def widget(self) -> NotebookWidget:
        """The view as an ipywidgets widget, to stand in a box with others; a new payload as its `.value` goes on from the old."""
        if self._widget is None:
            self._widget = notebook_widget(_ENTRY, self._live_payload(), self.answer)
        return self._widget

    def _live_payload(self) -> dict[str, Any]:
        return self.payload() | {"can_branch": self._generation.can_branch}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        return mime_bundle(self.widget(), summary=repr(self), picture=self._still_picture())

    def _still_picture(self) -> str:
        """The text as HTML, what the model wrote in bold."""
        prompt, text = (html.escape(without_surrogates(part)) for part in (self._generation.prompt, self._generation.text))
        return f"<p>{prompt}<b>{text}</b></p>".replace("\n", "<br>")

    def __repr__(self) -> str:
        num_tokens = sum(1 for _ in self._generation.tokens)
        return f"GenerationView({num_tokens} tokens by {self._generation.model_name})"


def _step(step: StepRecord) -> dict[str, Any]:
    """A step as JSON; a number that nobody measured (a remote model's entropy) is left out, so that it is shown as a dash."""
    alternatives = [
        {"id": _identity(other), "text": without_surrogates(other.text), "logprob": _rounded(other.logprob)}
        for other in step.alternatives
    ]
    measured = {"logprob": step.logprob, "rank": step.rank, "entropy": step.entropy}
    known = {name: _rounded(value) if name != "rank" else value for name, value in measured.items() if value is not None}
    return (
        {"id": _identity(step), "text": without_surrogates(step.text), "position": step.position}
        | known
        | {"alternatives": alternatives}
    )


def _identity(token: StepRecord | AlternativeRecord) -> int | str:
    """The token's id; its text where a server does not say the id."""
    return without_surrogates(token.text) if token.id is None else token.id


def _rounded(value: float) -> float:
    """Six decimals: more than any view shows, a third of the bytes of a full double. Minus infinity becomes -1e4."""
    return max(round(float(value), 6), -1e4)
