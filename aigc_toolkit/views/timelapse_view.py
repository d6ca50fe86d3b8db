"""The view of a time-lapse: one slider through training that moves loss, next tokens, sample and attention together.

In comes a `TimeLapse`, or anything with the attributes of `TimeLapseRecord`; out goes an object that shows itself in a notebook,
saves itself as a page, and answers other hosts. Queries and keys leave it one snapshot at a time; weights are computed by the
browser.
"""

from pathlib import Path
from typing import Any

import numpy as np

from aigc_toolkit.views.answers import answer_message
from aigc_toolkit.views.checks import listed
from aigc_toolkit.views.notebook import NotebookWidget, mime_bundle, notebook_widget
from aigc_toolkit.views.packing import Elements, packed_numbers
from aigc_toolkit.views.saved_page import page_text, write_page
from aigc_toolkit.views.text_safety import checked_language
from aigc_toolkit.views.timelapse_payload import TimeLapseRecord, snapshot_numbers, timelapse_payload

_ENTRY = "timelapse_view.js"


def timelapse_view(
    timelapse: TimeLapseRecord,
    *,
    step: int | None = None,
    prompt: int = 0,
    head: tuple[int, int] | None = None,
    score: str | None = None,
    language: str | None = None,
) -> "TimeLapseView":
    """A view of a time-lapse, that opens at a step (None: the last), a head (layer, head) and the curves of a score.

    `score` is "induction", "previous_token", "same_token" or "first_token", a share of weight; None is the one that some head shows
    most in the end, on repeated tokens, and `head` None is that head. `language` is "en", "zh" or None for the reader's own. Raises
    ValueError for a time-lapse without a snapshot, and for a step, prompt, head, score or language that does not exist.

    >>> timelapse_view(load_timelapse("story"), step=128).save("timelapse.html")
    PosixPath('timelapse.html')
    """
    return TimeLapseView(timelapse, step=step, prompt=prompt, head=head, score=score, language=language)


class TimeLapseView:
    """Shows itself in a notebook; `.save(path)` writes one offline page. `.payload()` and `.request(name, …)` serve other hosts."""

    def __init__(
        self,
        timelapse: TimeLapseRecord,
        *,
        step: int | None,
        prompt: int,
        head: tuple[int, int] | None,
        score: str | None,
        language: str | None,
    ):
        self._timelapse, self._language = timelapse, checked_language(language)
        self._first = _first(timelapse, step, prompt, head, score)
        self._payload: dict[str, Any] | None = None
        self._widget: NotebookWidget | None = None

    @property
    def num_bytes(self) -> int:
        """Memory of the queries and keys, which are nearly all of it."""
        kept = [one for snapshot in self._timelapse.snapshots for one in snapshot.prompts]
        return sum(one.query.nbytes + one.key.nbytes for one in kept)

    def payload(self) -> dict[str, Any]:
        """Everything but queries and keys, as JSON: what the view needs before the first picture."""
        if self._payload is None:
            self._payload = timelapse_payload(self._timelapse, language=self._language, first=self._first)
        return self._payload

    def request(self, name: str, **arguments: Any) -> bytes:
        """The one request a view makes: "snapshot", with `prompt` and `at`, both counted from 0.

        Queries (L, H, T, D), then keys (L, Hkv, T, D), float16, little endian. Raises ValueError for another request, and for
        arguments of a wrong type or range.

        >>> len(view.request("snapshot", prompt=0, at=0))
        43200
        """
        if name != "snapshot" or set(arguments) != {"prompt", "at"}:
            given = f"{name} with {', '.join(sorted(map(str, arguments))) or 'nothing'}"
            raise ValueError(f"The request is {given}. Allowed: snapshot with prompt and at. Ask for that.")
        for argument, count in (("prompt", len(self._timelapse.prompts)), ("at", len(self._timelapse.steps))):
            _check(argument, arguments[argument], range(count))
        return snapshot_numbers(self._timelapse, **arguments).tobytes()

    def answer(self, message: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]] | None:
        """The reply to a notebook view's message {id, type, base64, …arguments}; None if it asks nothing."""
        return answer_message(message, self.payload, self.request)

    def save(self, path: str | Path) -> Path:
        """Writes one page that needs no network and stays interactive; gives its path."""
        elements, payload = Elements(), self.payload()
        ids = [
            [
                elements.add(packed_numbers(snapshot_numbers(self._timelapse, number, at), "float16"))
                for at in range(len(payload["steps"]))
            ]
            for number in range(len(payload["prompts"]))
        ]
        saved = {**payload, "elements": ids}
        page = page_text(entry=_ENTRY, payload=saved, title=f"Time-lapse · {payload['model_name']}", data=elements.texts)
        return write_page(path, page)

    def widget(self) -> NotebookWidget:
        """The view as an ipywidgets widget, to stand in a box with others."""
        if self._widget is None:
            value = {"ask": True, "language": self._language}  # the rest is asked for: a stored notebook stays small
            self._widget = notebook_widget(_ENTRY, value, self.answer)
        return self._widget

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        return mime_bundle(self.widget(), summary=repr(self))

    def __repr__(self) -> str:
        steps = self._timelapse.steps
        return f"TimeLapseView({len(steps)} snapshots of {self._timelapse.subject.model_name}, step {steps[0]} to {steps[-1]})"


def _first(
    timelapse: TimeLapseRecord, step: int | None, prompt: int, head: tuple[int, int] | None, score: str | None
) -> dict[str, Any]:
    """What is on the screen first, checked."""
    if not timelapse.steps:
        raise ValueError("The time-lapse has no snapshot; at least one is needed. Iterate it, so that the run begins.")
    names, last = list(timelapse.subject.score_names), timelapse.snapshots[-1].repeated.values  # (scores, L, H)
    score = names[int(np.nanmax(last, axis=(1, 2)).argmax())] if score is None else score
    _check("step", timelapse.steps[-1] if step is None else step, timelapse.steps)
    _check("prompt", prompt, range(len(timelapse.prompts)))
    _check("score", score, names)
    num_layers, num_heads = last.shape[1:]
    layer, number = divmod(int(np.nanargmax(last[names.index(score)])), num_heads) if head is None else head
    _check("head's layer", layer, range(num_layers))
    _check("head", number, range(num_heads))
    at = len(timelapse.steps) - 1 if step is None else list(timelapse.steps).index(step)
    return {"at": at, "prompt": prompt, "layer": layer, "head": number, "score": score, "repeated": True}


def _check(name: str, value: Any, allowed: Any) -> None:
    if type(value) not in (int, str) or value not in allowed:
        shown = f"{allowed[0]} to {allowed[-1]}" if isinstance(allowed, range) else listed(allowed)
        raise ValueError(f"{name} is {value!r}. Allowed: {shown}. Choose one of these, or leave it out.")
