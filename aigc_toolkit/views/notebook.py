"""The notebook's home of a view: an anywidget.

In come an entry module, its value and functions that answer messages and take states; out goes the mime bundle the notebook shows.
anywidget is imported when something is shown, not before. The answers are sent from whatever thread the kernel uses.
"""

import html
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aigc_toolkit.views.bundle import bundle, style_sheet

# content of a message -> (content of the answer, buffers), or None when it asks for none
Answer = Callable[[dict[str, Any]], tuple[dict[str, Any], list[bytes]] | None]


class NotebookWidget(Protocol):
    value: dict[str, Any]
    state: dict[str, Any]

    def send(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None: ...


def notebook_widget(
    entry: str,
    value: Mapping[str, Any],
    answer: Answer | None = None,
    *,
    state: Mapping[str, Any] | None = None,
    on_state: Callable[[dict[str, Any]], None] | None = None,
) -> NotebookWidget:
    """An `anywidget.AnyWidget` that draws `value`; `.value` and `.state` change it, `.send` reaches the view.

    `on_state` is called with what a reader's browser shows.
    """
    import anywidget
    import traitlets

    class View(anywidget.AnyWidget):
        _esm = bundle(entry)
        _css = style_sheet()
        value = traitlets.Dict().tag(sync=True)
        state = traitlets.Dict().tag(sync=True)

    widget = View(value=dict(value), state=dict(state or {}))
    sending = threading.Lock()

    def on_message(_widget: Any, content: dict[str, Any], _buffers: list[bytes]) -> None:
        if answer is not None and (reply := answer(content)) is not None:
            with sending:
                widget.send(reply[0], buffers=reply[1])

    widget.on_msg(on_message)
    if on_state is not None:
        widget.observe(lambda change: on_state(change["new"]), "state")
    return widget


def mime_bundle(widget: Any, *, summary: str, picture: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """What the notebook stores: the widget, and `summary` for a reader without a kernel, with `picture`, a safe piece of HTML."""
    hint = "Run this cell to see the interactive view."
    data, metadata = widget._repr_mimebundle_()
    fallback = {"text/plain": summary, "text/html": f"{picture}<p>{html.escape(summary)}<br><em>{hint}</em></p>"}
    return {**data, **fallback}, metadata
