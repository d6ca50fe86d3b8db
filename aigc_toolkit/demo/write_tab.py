"""The tab Write: a prompt, settings, the text as it comes, each token with its probability and what else was possible.

Comes in: a `LanguageModel`. Goes out: the tab's blocks, and the generations they make, streamed in small updates. It does not
look at attention.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import gradio as gr

from aigc_toolkit import Generation, LanguageModel, TokenStream, generation_view, stream
from aigc_toolkit.views import append_message

from . import examples
from .blocks import error, status_line, view_block
from .problems import explain

SECONDS_BETWEEN_UPDATES = 0.12
LONGEST = 400  # new tokens


@dataclass(frozen=True)
class WriteTab:
    """The blocks other tabs connect to. `generation`: the last finished one, or None."""

    generation: gr.State
    look_inside: gr.Button


class Stops:
    """Which running text each session wants stopped."""

    def __init__(self):
        self._events: dict[str, threading.Event] = {}

    def start(self, session: str) -> threading.Event:
        """A fresh event for a session's new text; one that still runs is stopped."""
        self.stop(session)
        event = self._events[session] = threading.Event()
        return event

    def stop(self, session: str) -> None:
        if event := self._events.pop(session, None):
            event.set()

    def end(self, session: str, event: threading.Event) -> None:
        """The text that `event` belongs to has ended, by itself or because its reader left."""
        event.set()
        if self._events.get(session) is event:
            del self._events[session]


def write_tab(lm: LanguageModel, i18n: gr.I18n) -> WriteTab:
    """Build the tab inside the Blocks that are being built."""
    stops = Stops()
    generation = gr.State(None)
    with gr.Row(elem_classes="aigc-controls"):
        prompt = gr.Textbox(
            examples.WRITE[0][1],
            label=i18n("prompt"),
            placeholder=i18n("prompt_placeholder"),
            lines=3,
            max_lines=8,
            scale=5,
            elem_id="write-prompt",
        )
        with gr.Column(scale=1, min_width=140, elem_classes="aigc-buttons"):
            go_on = gr.Button(i18n("go_on"), variant="primary", elem_id="write-go")
            stop = gr.Button(i18n("stop"), variant="stop", elem_id="write-stop", interactive=False)
    with gr.Row(elem_classes="aigc-examples"):
        for name, text in examples.WRITE:
            gr.Button(name, size="sm").click(lambda text=text: text, None, prompt, queue=False, api_visibility="private")
    with gr.Accordion(i18n("settings"), open=False, elem_classes="aigc-settings"), gr.Row():
        settings = _settings(i18n)
    status = status_line(elem_id="write-status")
    view = view_block("generation_view.js", elem_id="write-view")
    look_inside = gr.Button(i18n("look_inside"), size="sm", interactive=False, elem_id="write-look")

    def write(text: str, temperature: float, top_k: int, top_p: float, length: int, seed: int, request: gr.Request):
        chosen = dict(temperature=temperature, top_k=top_k, top_p=top_p, length=length, seed=seed)
        for update, finished in written(lm, stops, request.session_hash, text, **chosen):
            running = finished is None and update.get("kind") != "error"
            shown = {status: None, view: update} if update.get("kind") != "error" else {status: update}
            yield shown | {
                generation: finished,
                stop: gr.Button(interactive=running),
                look_inside: gr.Button(interactive=finished is not None),
            }

    gr.on(
        [go_on.click, prompt.submit],
        write,
        [prompt, *settings],
        [status, view, generation, stop, look_inside],
        api_name="write",
        show_progress="hidden",
        trigger_mode="multiple",
        concurrency_limit=4,
    )

    def stop_writing(request: gr.Request) -> None:
        stops.stop(request.session_hash)

    stop.click(stop_writing, None, None, queue=False, api_visibility="private")
    return WriteTab(generation, look_inside)


def _settings(i18n: gr.I18n) -> list[gr.components.Component]:
    def slider(key: str, low: float, high: float, value: float, step: float) -> gr.Slider:
        return gr.Slider(
            low, high, value, step=step, label=i18n(key), info=i18n(f"{key}_info"), min_width=220, elem_id=f"write-{key}"
        )

    return [
        slider("temperature", 0, 2, 0.8, 0.05),
        slider("top_k", 0, 100, 0, 1),
        slider("top_p", 0.05, 1, 1, 0.05),
        slider("max_new_tokens", 1, LONGEST, 160, 1),
        gr.Number(0, precision=0, minimum=0, label=i18n("seed"), info=i18n("seed_info"), min_width=220),
    ]


def written(
    lm: LanguageModel,
    stops: Stops,
    session: str,
    text: str,
    *,
    temperature: float,
    top_k: int,
    top_p: float,
    length: int,
    seed: int,
) -> Iterator[tuple[dict, Generation | None]]:
    """Updates for the view while a text is written, the last one together with the whole `Generation`."""
    event = stops.start(session)
    try:
        steps = stream(
            lm,
            text,
            max_new_tokens=min(int(length), LONGEST),
            temperature=temperature,
            top_k=int(top_k) or None,
            top_p=top_p,
            seed=int(seed),
            stop_event=event,
        )
        yield generation_view(steps.generation()).payload(), None
        for update in _portions(steps):
            yield update, steps.generation() if update["stop_reason"] else None
    except (TypeError, ValueError) as problem:
        yield error(explain(lm, text, problem, too_long="too_long_to_write")), None
    finally:
        stops.end(session, event)


def _portions(steps: TokenStream) -> Iterator[dict]:
    """A few times a second, and at the end, what the view needs to draw the new tokens.

    A portion holds those of the one before, too: a browser that was busy may have passed over one.
    """
    sent, before, due = 0, 0, 0.0
    for _ in steps:
        if time.monotonic() >= due:
            yield append_message(steps.tokens[before:], start=before)
            before, sent = sent, len(steps.tokens)
            due = time.monotonic() + SECONDS_BETWEEN_UPDATES
    yield append_message(steps.tokens[before:], start=before, stop_reason=steps.stop_reason)
