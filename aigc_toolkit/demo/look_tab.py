"""The tab Look: a text, and what every head of the model attends to while it reads it.

Comes in: a `LanguageModel`, the store of results, what other tabs have to look into. Goes out: the tab's blocks; each result is
kept in the store, from where the view fetches its heads. It does not write text.
"""

from __future__ import annotations

import gradio as gr

from aigc_toolkit import Generation, LanguageModel, attention_view, capture_attention

from . import examples
from .blocks import LookSource, error, status_line, view_block
from .problems import explain
from .routes import PREFIX
from .store import ResultStore
from .texts import message


def look_tab(lm: LanguageModel, store: ResultStore, i18n: gr.I18n, sources: list[LookSource], tabs: gr.Tabs) -> None:
    """Build the tab inside the Blocks that are being built, and connect "Look inside" of the other tabs."""
    with gr.Row(elem_classes="aigc-controls"):
        text = gr.Textbox(
            examples.LOOK[0][1],
            label=i18n("text"),
            placeholder=i18n("text_placeholder"),
            lines=3,
            max_lines=8,
            scale=5,
            elem_id="look-text",
        )
        with gr.Column(scale=1, min_width=140, elem_classes="aigc-buttons"):
            look = gr.Button(i18n("look_button"), variant="primary", elem_id="look-go")
    with gr.Row(elem_classes="aigc-examples"):
        chosen = [gr.Button(name, size="sm") for name, _ in examples.LOOK]
    status = status_line(elem_id="look-status")
    view = view_block("attention_view.js", elem_id="look-view")

    def look_at(typed: str, request: gr.Request) -> dict:
        if not typed.strip():
            return {status: error(message("nothing_to_look_at"))}
        try:
            return {status: None, view: _kept(lm, store, typed, request.session_hash)}
        except ValueError as problem:
            return {status: error(explain(lm, typed, problem, too_long="too_long_to_look"))}

    def look_inside(generation: Generation, request: gr.Request) -> dict:
        whole = generation.prompt + generation.text
        return {
            tabs: gr.Tabs(selected="look"),
            text: whole,
            status: None,
            view: _kept(lm, store, generation, request.session_hash),
        }

    gr.on([look.click, text.submit], look_at, text, [status, view], api_name="look", show_progress="minimal")
    for button, (_, example) in zip(chosen, examples.LOOK, strict=True):
        button.click(lambda example=example: example, None, text, queue=False, api_visibility="private").then(
            look_at, text, [status, view], api_visibility="private", show_progress="minimal"
        )
    for source in sources:
        shown = [tabs, text, status, view]
        source.when(look_inside, source.generation, shown, api_visibility="private", show_progress="hidden")


def _kept(lm: LanguageModel, store: ResultStore, text: str | Generation, session: str) -> dict:
    """Capture the attention of a text, keep its view, and say where the page finds it."""
    attention = capture_attention(lm, text)
    num_bytes = sum(site.num_bytes for site in attention.sites)
    name = store.put(attention_view(attention), session=session, num_bytes=num_bytes)
    return {"payload_url": f"{PREFIX}/{name}"}
