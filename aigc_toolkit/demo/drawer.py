"""The settings drawer: the model the page works with, and what is said while another one is loaded.

Comes in: the shell. Goes out: the drawer's blocks; a chosen model goes into `shell.shown`, and the page follows. It does not load
anything itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import gradio as gr

from .blocks import TextOnlyBlock, error, notice, scripted_block, status_line
from .drawer_texts import TITLE
from .event_settings import NOTICED, QUICK
from .shell import Shell
from .texts import message

SECONDS_BETWEEN = 0.5


@dataclass
class Loading:
    """A model on its way: `name` until `thread` has ended, then `problem` says why it failed, or None."""

    name: str
    thread: threading.Thread = field(init=False)
    problem: BaseException | None = None


def settings_drawer(shell: Shell, title: TextOnlyBlock) -> None:
    """Build the drawer inside the Blocks that are being built; `title` opens it."""
    names = shell.models.names
    limits = {"tokens": shell.operator.max_new_tokens, "characters": shell.operator.max_characters}
    with gr.Column(elem_id="drawer", elem_classes="aigc-drawer"):
        scripted_block("drawer_head.js", TITLE, elem_id="drawer-head")
        picker = gr.Dropdown(
            shell.models.offered(""),
            value=shell.models.first.name,
            label=shell.i18n("model"),
            info=shell.i18n("model_info_typed" if names.may_type else "model_info"),
            allow_custom_value=names.may_type,
            filterable=names.may_type,
            elem_id="drawer-model",
        )
        use = gr.Button(shell.i18n("use_model"), variant="primary", size="sm", elem_id="drawer-use")
        status = status_line(elem_id="drawer-status")
        scripted_block("drawer_looks.js", TITLE, elem_id="drawer-looks", value={"limits": limits})

    def offer(request: gr.Request):
        models, session = shell.models, request.session_hash
        return gr.Dropdown(choices=models.offered(session), value=models.chosen(session))

    def choose(request: gr.Request, name: str | None):
        yield notice(message("loading", name=name, seconds=0)), gr.skip(), gr.Button(interactive=False)
        for said, chosen in chosen_model(shell, request.session_hash, str(name or "")):
            yield said, chosen or gr.skip(), gr.Button(interactive=said["kind"] == "error" or bool(chosen))

    title.settings(offer, None, picker, **QUICK)
    use.click(choose, picker, [status, shell.shown, use], concurrency_limit=8, **NOTICED)
    shell.on_switch[picker] = lambda model: gr.Dropdown(value=model.name)


def chosen_model(shell: Shell, session: str, name: str, *, failed: str = "no_model") -> Iterator[tuple[dict, str | None]]:
    """What is said while a session's model is made ready, about twice a second; with the last, the name, or None where it failed.

    `failed` is the message for that case.
    """
    loading = Loading(name)

    def load() -> None:
        try:
            shell.models.choose(session, name)
        except BaseException as problem:  # strangers make checkpoints, and a panic in a tokenizer's Rust is no Exception
            loading.problem = problem

    loading.thread = threading.Thread(target=load, daemon=True)
    begin = time.monotonic()
    loading.thread.start()
    while loading.thread.is_alive():
        loading.thread.join(SECONDS_BETWEEN)
        if loading.thread.is_alive():
            yield notice(message("loading", name=name, seconds=round(time.monotonic() - begin))), None
    if loading.problem is None:
        yield notice(message("model_ready", name=name)), name
    else:
        yield error(message(failed, reason=str(loading.problem))), None
