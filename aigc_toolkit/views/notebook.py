"""The notebook's home of a view: an anywidget.

In come an entry module, its value and functions that answer messages and take states; out goes the mime bundle the notebook shows.
anywidget is imported when something is shown, not before. What takes long is answered from a thread of its own, so that a kernel
that is filling in small pictures still answers at once what somebody waits for.
"""

import html
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aigc_toolkit.views.bundle import packed_bundle, style_sheet

SLOW = ("tiles", "scores")  # seconds for a long text

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
        _esm = packed_bundle(entry)
        _css = style_sheet()
        value = traitlets.Dict().tag(sync=True)
        state = traitlets.Dict().tag(sync=True)

    widget = View(value=dict(value), state=dict(state or {}))
    if answer is not None:
        widget.on_msg(_answering(widget, answer))
    if on_state is not None:
        widget.observe(lambda change: on_state(change["new"]), "state")
    return widget


def _answering(widget: NotebookWidget, answer: Answer) -> Callable[[Any, dict[str, Any], list[bytes]], None]:
    """A handler of messages; slow ones wait in a line of their own."""
    slow: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    sending, starting = threading.Lock(), threading.Lock()
    workers: list[threading.Thread] = []

    def reply(content: dict[str, Any]) -> None:
        if (replied := answer(content)) is not None:
            with sending:
                widget.send(replied[0], buffers=replied[1])

    def work() -> None:
        while True:
            reply(slow.get())

    def on_message(_widget: Any, content: dict[str, Any], _buffers: list[bytes]) -> None:
        if content.get("type") not in SLOW:
            reply(content)
            return
        slow.put(content)
        with starting:
            if not workers:
                workers.append(threading.Thread(target=work, daemon=True))
                workers[0].start()

    return on_message


def mime_bundle(widget: Any, *, summary: str, picture: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """What the notebook stores: the widget, and `summary` for a reader without a kernel, with `picture`, a safe piece of HTML.

    In a kernel the latter becomes an output of its own, which the style sheet hides while the view lives: JupyterLab shows nothing
    else of an output whose widget is gone. `update_still` changes it.
    """
    still = _still(summary, picture)
    data, metadata = widget._repr_mimebundle_()
    data = {**data, "text/plain": summary}
    if not is_in_kernel():
        return {**data, "text/html": still["text/html"]}, metadata
    from IPython.display import publish_display_data

    publish_display_data(still, transient={"display_id": _still_id(widget)})
    return data, metadata


def update_still(widget: Any, *, summary: str, picture: str = "") -> None:
    """Changes what the notebook stores for a reader without a kernel, wherever the widget has been shown."""
    if is_in_kernel():
        from IPython.display import publish_display_data

        publish_display_data(_still(summary, picture), transient={"display_id": _still_id(widget)}, update=True)


def _still(summary: str, picture: str) -> dict[str, str]:
    hint = "Run this cell to see the interactive view."
    page = f'<div class="aigc-still">{picture}<p>{html.escape(summary)}<br><em>{hint}</em></p></div>'
    return {"text/html": page, "text/plain": summary}


def _still_id(widget: Any) -> str:
    return f"aigc-still-{id(widget)}"


def is_in_kernel() -> bool:
    from IPython import get_ipython

    shell = get_ipython()
    return shell is not None and shell.has_trait("kernel")
