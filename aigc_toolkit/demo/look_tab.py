"""The tab Look: a text, or two to compare, and what every head of the model attends to while it reads.

Comes in: the shell with its models and store, what other tabs have to look into, and links that bring a text and what was on the
screen. Goes out: the tab's blocks; each result is kept in the store, from where the view fetches what it draws. It does not write
text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from aigc_toolkit import Attention, Generation, LanguageModel, attention_view, capture_attention

from . import examples
from .blocks import LookSource, error, in_readers_language, notice, status_line, view_block
from .event_settings import NOTICED
from .page_links import LONGEST_TEXT, Link
from .problems import REFUSALS, Refusal, checked_length, explain
from .routes import PREFIX
from .shell import Shell
from .store import ResultStore
from .telling_heads import taken_word, telling_head
from .texts import message
from .using import model_of


def look_tab(shell: Shell, sources: list[LookSource]) -> None:
    """Build the tab inside the Blocks that are being built; connect "Look inside" of the other tabs."""
    i18n, store = shell.i18n, shell.store
    english, chinese = (examples.LOOK[examples.FIRST[language]][1] for language in ("en", "zh"))
    with gr.Row(elem_classes="aigc-controls"):
        text = gr.Textbox(
            english,
            label=i18n("text"),
            placeholder=i18n("text_placeholder"),
            lines=3,
            max_lines=8,
            scale=5,
            elem_id="look-text",
        )
        with gr.Column(scale=1, min_width=140, elem_classes="aigc-buttons"):
            look = gr.Button(i18n("look_button"), variant="primary", elem_id="look-go")
    in_readers_language(shell.page, text, english=english, chinese=chinese)
    with gr.Row(elem_classes="aigc-examples"):
        chosen = [gr.Button(name, size="sm") for name, _, _ in examples.LOOK]
    with gr.Accordion(i18n("compare"), open=False, elem_classes="aigc-settings") as compare:
        other = gr.Textbox(
            "", label=i18n("compare_label"), placeholder=i18n("compare_placeholder"), lines=2, max_lines=6, elem_id="look-other"
        )
    status = status_line(elem_id="look-status")
    view = view_block("attention_view.js", elem_id="look-view")

    def looked(
        typed: str, second: str, session: str, *, state: dict[str, Any] | None = None, taken_word: str | None = None
    ) -> dict:
        if not typed.strip():
            return {status: error(message("nothing_to_look_at"))}
        texts = [typed, second] if second.strip() else [typed]
        try:
            with model_of(shell.models, session) as model:
                attentions = [_captured(model.lm, each, shell.operator.max_characters) for each in texts]
        except Refusal as refusal:
            return {status: error(refusal.text)}
        if shell.models.chosen(session) != model.name:  # the page shows another model by now
            return {status: gr.skip()}
        if taken_word is None:
            return {status: None, view: _kept(store, attentions, texts, session, state)}
        telling = telling_head(attentions[0], taken_word)
        return {status: notice(telling.said), view: _kept(store, attentions, texts, session, telling.state)}

    def look_at(typed: str, second: str, request: gr.Request) -> dict:
        return looked(typed, second, request.session_hash)

    def look_inside(generation: Generation, request: gr.Request) -> dict:
        session, whole = request.session_hash, generation.prompt + generation.text
        name = shell.models.chosen(session)
        attention = capture_attention(generation.origin.lm, generation)
        if shell.models.chosen(session) != name:
            return {status: gr.skip()}
        word = taken_word(generation)
        telling = telling_head(attention, word) if word else None
        shown = _kept(store, [attention], [whole], session, telling and telling.state)
        boxes = {text: whole, other: "", compare: gr.Accordion(open=False)}
        said = telling and notice(telling.said)
        return {shell.tabs: gr.Tabs(selected="look"), **boxes, status: said, view: shown}

    def open_link(link: Link | None, request: gr.Request) -> dict:
        if link is None or link.tab != "look":
            return {status: gr.skip()}
        try:
            first, second, state = link.text("text"), link.text("other", ""), link.table("state")
        except ValueError:
            return {status: error(message("bad_link"))}
        boxes = {text: first, other: second, compare: gr.Accordion(open=bool(second))}
        return boxes | looked(first, second, request.session_hash, state=state)

    def shows(example: str, word: str) -> Callable:
        def show(request: gr.Request) -> dict:
            boxes = {text: example, other: "", compare: gr.Accordion(open=False)}
            return boxes | looked(example, "", request.session_hash, taken_word=word)

        return show

    shown = [text, other, compare, status, view]
    gr.on([look.click, text.submit], look_at, [text, other], [status, view], api_visibility="private", show_progress="minimal")
    for button, (_, example, word) in zip(chosen, examples.LOOK, strict=True):
        button.click(shows(example, word), None, shown, api_visibility="private", show_progress="minimal")
    for source in sources:
        source.when(look_inside, source.generation, [shell.tabs, *shown], **NOTICED)
    shell.opened.change(open_link, shell.opened, shown, **NOTICED)
    shell.on_switch.update({view: lambda model: None, status: lambda model: None})


def _captured(lm: LanguageModel, text: str, max_characters: int) -> Attention:
    """The attention over a text. Raises `Refusal`."""
    try:
        return capture_attention(lm, checked_length(text, max_characters))
    except REFUSALS as problem:
        raise Refusal(explain(lm, text, problem, too_long="too_long_to_look", otherwise="failed")) from problem


def _kept(
    store: ResultStore, attentions: list[Attention], texts: list[str], session: str, state: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Keep the view of one attention or two, and say where the page finds it and what a link to it holds."""
    view = attention_view(attentions[0], compare=attentions[1] if len(attentions) == 2 else None)
    num_bytes = sum(site.num_bytes for attention in attentions for site in attention.sites)
    value = {"payload_url": f"{PREFIX}/{store.put(view, session=session, num_bytes=num_bytes)}", "state": state}
    if all(len(text) <= LONGEST_TEXT for text in texts):  # else the view says that no link can hold it
        value |= dict(zip(("text", "other"), texts, strict=False))
    return value
