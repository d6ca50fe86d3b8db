"""The blocks the page adds to Gradio's own: a view, a line that says how things stand, the title line.

Comes in: an entry module of the views, or a message in two languages. Goes out: `gr.HTML` blocks whose script draws with
`textContent` and canvas only; nothing a visitor or a model wrote ever becomes markup.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from aigc_toolkit.views import gradio_host
from aigc_toolkit.views.bundle import bundle

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True)
class LookSource:
    """What the tab Look listens to: `when(function, inputs, outputs)` connects it, `generation` holds what to look into."""

    when: Callable
    generation: gr.State


class TextOnlyBlock(gr.HTML):
    """A block without markup that `script` draws and that can send `events`; `settings` are those of `gr.HTML`."""

    def __init__(self, value: dict | None = None, *, script: str, events: tuple[str, ...] = (), **settings):
        named = f"// Gradio reads the names of a block's events from its script: {json.dumps(events)}\n"
        super().__init__(value, **settings, html_template="", js_on_load=named + script, apply_default_css=False)
        self.sends = events

    def __getattr__(self, name: str):
        """As in `gr.HTML`, without searching the whole script for every attribute Gradio asks for, several times an update."""
        if name in self.__dict__.get("sends", ()):
            return super().__getattr__(name)
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")

    def api_info(self) -> dict:
        return {"type": "object"}


def view_block(entry: str, *, elem_id: str, value: str | None = None) -> TextOnlyBlock:
    """The view of `entry`, the module of a view such as "attention_view.js"; its value is a payload, its address or a message."""
    events = {"generation_view.js": ("alternative",), "training_view.js": ("payload",)}.get(entry, ())
    unpack = (STATIC / "unpack.js").read_text(encoding="utf-8")
    return TextOnlyBlock(value, script=unpack + gradio_host(entry), events=events, elem_id=elem_id)


def packed(message: dict) -> str:
    """A message for a view as one string: Gradio would compare a dictionary with the one before, part by part, at every update."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def status_line(*, elem_id: str, value: dict | None = None) -> TextOnlyBlock:
    """One line under the controls: value {"kind": "error", "en": …, "zh": …}, or None where there is nothing to say."""
    script = (STATIC / "status_line.js").read_text(encoding="utf-8")
    return TextOnlyBlock(value, script=script, elem_id=elem_id, elem_classes="aigc-message")


def error(text: dict[str, str]) -> dict[str, str]:
    return {"kind": "error", **text}


def notice(text: dict[str, str]) -> dict[str, str]:
    return {"kind": "notice", **text}


def scripted_block(
    script: str, words: dict[str, dict], *, elem_id: str, events: tuple[str, ...] = (), value: dict | None = None, **settings
) -> TextOnlyBlock:
    """A block that `static/<script>` draws, after `static/opening.js` and with its `words` by language at hand."""
    opening, code = ((STATIC / name).read_text(encoding="utf-8") for name in ("opening.js", script))
    whole = f"const words = {json.dumps(words)};\n{opening}\n{{\n{code}\n}}\n"
    return TextOnlyBlock(value, script=whole, events=events, elem_id=elem_id, **settings)


def page_script(entry: str, **given: object) -> str:
    """A function for Gradio's `js=`: the default export of `static/<entry>`, called with what is `given` and the list of values."""
    module = json.dumps(bundle(entry, folder=STATIC))
    return f"""async (...values) => {{
  const url = URL.createObjectURL(new Blob([{module}], {{ type: "text/javascript" }}));
  const called = (await import(url).finally(() => URL.revokeObjectURL(url))).default;
  return called({json.dumps(given)}, values);
}}"""


def in_readers_language(page: gr.Blocks, box: gr.components.Component, *, english: str, chinese: str) -> None:
    """Where the browser's language is Chinese, `box` begins with `chinese`, not `english`; what was typed meanwhile stays."""
    is_chinese = 'navigator.language.toLowerCase().startsWith("zh")'
    script = f"(now) => (now === {json.dumps(english)} && {is_chinese} ? {json.dumps(chinese)} : now)"
    page.load(None, box, box, js=script, api_visibility="private")


def event_values(event: gr.EventData) -> dict[str, object]:
    """What a block's script sent with an event: a browser may send anything, so every value is to be checked."""
    return event._data if isinstance(event._data, dict) else {}
