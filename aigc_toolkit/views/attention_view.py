"""The view of an attention: its text, all heads as small pictures, one head as a map, as lines and as arithmetic.

In comes an `Attention`, or two to compare, or anything with the attributes of `AttentionRecord`; out goes an object that shows
itself in a notebook, saves itself as a page, and answers other hosts. Weights leave it when they are asked for.
"""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aigc_toolkit.views.answers import answer_message
from aigc_toolkit.views.export import export_attention
from aigc_toolkit.views.notebook import NotebookWidget, mime_bundle, notebook_widget
from aigc_toolkit.views.payload import AttentionRecord, attention_payload, kinds_of
from aigc_toolkit.views.requests import Requests
from aigc_toolkit.views.saved_attention import save_attention_page
from aigc_toolkit.views.state import State, first_state, merged_state
from aigc_toolkit.views.still_picture import still_html
from aigc_toolkit.views.text_safety import checked_language

_ENTRY = "attention_view.js"


def attention_view(
    attention: AttentionRecord, *, compare: AttentionRecord | None = None, language: str | None = None
) -> "AttentionView":
    """A view of `attention`, or of two: `compare` is another one with the same kinds of attention.

    Of the same tokens the view also shows the difference; of other tokens it shows both side by side. `language` is "en", "zh" or
    None for the reader's own. Raises ValueError for other kinds of attention and an unknown language.

    >>> attention_view(capture_attention(lm, "The cat sat.")).save("attention.html")
    PosixPath('attention.html')
    """
    return AttentionView(attention, compare=compare, language=language)


class AttentionView:
    """Shows itself in a notebook; `.state` is what is on the screen, `.save(path)` writes one offline page.

    `.payload()` and `.request(name, …)` serve other hosts.
    """

    def __init__(self, attention: AttentionRecord, *, compare: AttentionRecord | None = None, language: str | None = None):
        self._attentions = [attention] if compare is None else [attention, compare]
        self._language = checked_language(language)
        if compare is not None and kinds_of(attention) != kinds_of(compare):
            raise ValueError(
                f"{attention.model_name!r} has {' and '.join(kinds_of(attention))} attention, {compare.model_name!r} has "
                f"{' and '.join(kinds_of(compare))}. Only attentions of the same kinds can be compared. Show them in a view each."
            )
        self._requests = Requests(self._attentions)
        self._payload: dict[str, Any] | None = None
        self._state: State | None = None
        self._widget: NotebookWidget | None = None
        self._lock = threading.RLock()

    @property
    def state(self) -> State:
        """What is on the screen; set it whole or in part: `view.state = {"layer": 2, "head": 5}`.

        Raises ValueError for an unknown key and a value that is not allowed.
        """
        with self._lock:
            if self._state is None:
                self._state = first_state(self._facts(), self._attentions[0].kind)
            return dict(self._state)

    @state.setter
    def state(self, changes: Mapping[str, Any]) -> None:
        with self._lock:
            now = {**self.state, **changes}
            self._state = merged_state(
                self._facts(), self.state, changes, lambda: self._requests.score_names(now["of"], now["kind"])
            )
            if self._widget is not None:
                self._widget.state = dict(self._state)

    def payload(self) -> dict[str, Any]:
        """Tokens, sizes, proof and state, as JSON: what the view needs before the first weight."""
        return {**self._facts(), "state": self.state}

    def request(self, name: str, **arguments: Any) -> bytes | dict[str, Any]:
        """What a view asks for by name: "rows", "region", "tiles", "cell" or "scores".

        Weights are float16, little endian, row-major; small pictures uint8; the rest is JSON. Raises ValueError for an unknown name
        and for arguments of a wrong type or range.

        >>> len(view.request("rows", of=0, kind="decoder", layer=0, head=0, first=0, end=2))
        24
        """
        return self._requests.answer(name, arguments)

    def answer(self, message: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]] | None:
        """The reply to a notebook view's message {id, type, base64, …arguments}; None if it asks nothing."""
        return answer_message(message, self.payload, self.request)

    def save(
        self, path: str | Path, *, heads: Sequence[tuple[int, int]] | None = None, layers: Sequence[int] | None = None
    ) -> Path:
        """Writes one page that needs no network, shows what `state` says and stays interactive; gives its path.

        It carries float16 queries and keys and recomputes weights in the reader's browser, or 8-bit weights where those are
        smaller; the page says which, and how far its weights are from the model's. `heads`, a list of (layer, head), and `layers`
        limit what it carries. A page of more than 50 MB states its size in a warning before it is written. Raises ValueError for a
        head or layer that does not exist.
        """
        return save_attention_page(path, self._attentions, self.payload(), self._requests, heads=heads, layers=layers)

    def export(self, path: str | Path) -> Path:
        """Writes what `state` shows as .svg (text as text), .png (at twice its size) or .csv (the numbers), and gives the path.

        Raises ValueError for another ending and for a table of more than 4 million numbers.

        >>> view.export("map.svg")
        PosixPath('map.svg')
        """
        return export_attention(path, self._attentions, self._requests, self.state)

    def _facts(self) -> dict[str, Any]:
        with self._lock:
            if self._payload is None:
                self._payload = attention_payload(self._attentions, language=self._language, state={})
            return self._payload

    def _take(self, state: Mapping[str, Any]) -> None:
        """What a reader's browser says is on its screen."""
        with self._lock:
            try:
                self._state = merged_state(
                    self._facts(), self.state, state, lambda: self._requests.score_names(state["of"], state["kind"])
                )
            except (ValueError, KeyError):
                return  # of an older view that is still open, or forged: what Python has stays

    def widget(self) -> NotebookWidget:
        """The view as an ipywidgets widget, to stand in a box with others."""
        with self._lock:
            if self._widget is None:
                value = {"ask": True, "language": self._language}  # the rest is asked for: a stored notebook stays small
                self._widget = notebook_widget(_ENTRY, value, self.answer, state=self.state, on_state=self._take)
            return self._widget

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        return mime_bundle(self.widget(), summary=repr(self), picture=still_html(self._attentions, self._requests, self.state))

    def __repr__(self) -> str:
        attention = self._attentions[0]
        compared = f", compared with {self._attentions[1].model_name}" if len(self._attentions) == 2 else ""
        return (
            f"AttentionView({len(attention.tokens)} tokens, {attention.num_layers} layers x {attention.num_heads} heads "
            f"of {attention.model_name}{compared})"
        )
