"""The blocks the page adds to Gradio's own: a view, a line that says how things stand, the title line.

Comes in: an entry module of the views, or a message in two languages. Goes out: `gr.HTML` blocks whose script draws with
`textContent` and canvas only; nothing a visitor or a model wrote ever becomes markup.
"""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr

from aigc_toolkit.views import gradio_host

STATIC = Path(__file__).parent / "static"


class TextOnlyBlock(gr.HTML):
    """A block without markup that `script` draws; `settings` are those of `gr.HTML`, repeated by Gradio at updates."""

    def __init__(self, value: dict | None = None, *, script: str, **settings):
        super().__init__(value, **settings, html_template="", js_on_load=script, apply_default_css=False)

    def api_info(self) -> dict:
        return {"type": "object"}


def view_block(entry: str, *, elem_id: str) -> TextOnlyBlock:
    """A view; `entry` is "generation_view.js" or "attention_view.js", the value its payload or a message to what is shown."""
    return TextOnlyBlock(script=gradio_host(entry), elem_id=elem_id)


def status_line(*, elem_id: str) -> TextOnlyBlock:
    """One line under the controls: value {"kind": "error", "en": …, "zh": …}, or None where there is nothing to say."""
    script = (STATIC / "status_line.js").read_text(encoding="utf-8")
    return TextOnlyBlock(script=script, elem_id=elem_id, elem_classes="aigc-message")


def error(text: dict[str, str]) -> dict[str, str]:
    return {"kind": "error", **text}


def title_line(facts: dict[str, str], taglines: dict[str, str]) -> TextOnlyBlock:
    """The page's first line: its name, what it is for, and which model is running; in the browser's language."""
    script = (STATIC / "title_line.js").read_text(encoding="utf-8")
    words = json.dumps({"facts": facts, "taglines": taglines})
    return TextOnlyBlock(script=f"const words = {words};\n{script}")
