"""The notebook's home of a view: an anywidget.

In come an entry module, its payload and a function that answers messages; out goes the mime bundle the notebook shows.
anywidget is imported when something is shown, not before. The answers are sent from whatever thread the kernel uses.
"""

import html
from collections.abc import Callable, Mapping
from typing import Any

from aigc_toolkit.views.bundle import bundle, style_sheet

# content of a message -> (content of the answer, buffers), or None when it asks for none
Answer = Callable[[dict[str, Any]], tuple[dict[str, Any], list[bytes]] | None]


def notebook_widget(entry: str, payload: Mapping[str, Any], answer: Answer | None = None) -> Any:
    """An `anywidget.AnyWidget` that draws `payload`; `.value` changes it, `.send` reaches the view."""
    import anywidget
    import traitlets

    class View(anywidget.AnyWidget):
        _esm = bundle(entry)
        _css = style_sheet()
        value = traitlets.Dict().tag(sync=True)

    widget = View(value=dict(payload))

    def on_message(_widget: Any, content: dict[str, Any], _buffers: list[bytes]) -> None:
        if answer is not None and (reply := answer(content)) is not None:
            widget.send(reply[0], buffers=reply[1])

    widget.on_msg(on_message)
    return widget


def mime_bundle(widget: Any, *, summary: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the notebook stores: the widget, and `summary` for a reader without a kernel."""
    hint = "Run this cell to see the interactive view."
    data, metadata = widget._repr_mimebundle_()
    fallback = {"text/plain": summary, "text/html": f"<p>{html.escape(summary)}<br><em>{hint}</em></p>"}
    return {**data, **fallback}, metadata
