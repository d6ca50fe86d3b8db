"""The two kinds of block the page adds to Gradio's own: a view, and a line that says how things stand.

Comes in: an entry module of the views, or a message in two languages. Goes out: `gr.HTML` blocks whose script draws with
`textContent` and canvas only; nothing a visitor or a model wrote ever becomes markup.
"""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr

from aigc_toolkit.views import gradio_host

STATIC = Path(__file__).parent / "static"

class ViewBlock(gr.HTML):
    """A view on the page. `entry` is "generation_view.js" or "attention_view.js"; its value is the payload or a message."""

    def __init__(self, entry: str, *, value: dict | None = None, elem_id: str | None = None):
        super().__init__(
            value, html_template="", js_on_load=gradio_host(entry), apply_default_css=False, elem_id=elem_id, min_height=1
        )

    def api_info(self) -> dict:
        return {"type": "object"}
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class StatusLine(gr.HTML):
    """One line under the controls: value {"kind": "error" | "note", "en": …, "zh": …}, or None for nothing to say."""

    def __init__(self, *, elem_id: str | None = None):
        super().__init__(
            None,
            html_template="",
            js_on_load=(STATIC / "status_line.js").read_text(encoding="utf-8"),
            apply_default_css=False,
            elem_id=elem_id,
            elem_classes="aigc-status",
        )

    def api_info(self) -> dict:
        return {"type": "object"}
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

def error(text: dict[str, str]) -> dict[str, str]:
    return {"kind": "error", **text}

def title_line(facts: dict[str, str], taglines: dict[str, str]) -> gr.HTML:
    """The page's first line: its name, what it is for, and which model is running; in the browser's language."""
    script = (STATIC / "title_line.js").read_text(encoding="utf-8")
    words = json.dumps({"facts": facts, "taglines": taglines})
    return gr.HTML(None, html_template="", js_on_load=f"const words = {words};\n{script}", apply_default_css=False)
