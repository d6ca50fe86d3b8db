"""The tab Write: a prompt, settings, the text as it comes, each token with its probability and what else was possible.

Comes in: the scheduler every text goes through. Goes out: the tab's blocks. What happens while a text is written is in `writing`,
what becomes of its branches in `branching`. It does not look at attention.
"""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr

from aigc_toolkit import Generation, Scheduler

from . import examples
from .blocks import LookSource, error, event_values, notice, scripted_block, status_line, view_block
from .branch_texts import BRANCH_BLOCK
from .branching import branched, picked, pruned, tree_value
from .settings import BASIC, MORE, setting_blocks
from .stops import Stops
from .texts import message
from .writing import Update, whole, written

AT_ONCE = 64


def write_tab(scheduler: Scheduler, stops: Stops, i18n: gr.I18n) -> list[LookSource]:
    """Build the tab inside the Blocks that are being built; gives what the tab Look listens to."""
    generation, opened = gr.State(None), gr.State(None)
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
    with gr.Accordion(i18n("settings"), open=False, elem_classes="aigc-settings"):
        with gr.Row():
            settings = setting_blocks(i18n, BASIC, prefix="write")
        with gr.Accordion(i18n("more_settings"), open=False, elem_classes="aigc-settings"), gr.Row():
            settings += setting_blocks(i18n, MORE, prefix="write")
    status = status_line(elem_id="write-status")
    view = view_block("generation_view.js", elem_id="write-view")
    look_inside = gr.Button(i18n("look_inside"), size="sm", interactive=False, elem_id="write-look")
    tree = scripted_block("branch_tree.js", BRANCH_BLOCK, elem_id="write-branches")
    shown = [status, view, generation, stop, look_inside, tree]

    def drawn(update: Update) -> dict:
        running = update.finished is None and update.problem is None
        changes = {
            status: error(update.problem) if update.problem else _waiting(update.waiting),
            generation: update.finished,
            stop: gr.Button(interactive=running),
            look_inside: gr.Button(interactive=update.finished is not None),
        }
        if update.finished is not None:
            changes[tree] = tree_value(update.finished)
        return changes | ({view: update.view} if update.view else {})

    def write(request: gr.Request, text: str, *values):
        chosen = dict(zip(BASIC + MORE, values, strict=True))
        for update in written(scheduler, stops, request.session_hash, text, chosen):
            yield drawn(update) | ({tree: None} if update.view and "prompt" in update.view else {})

    def branch(request: gr.Request, event: gr.EventData, now: Generation | None):
        if now is None:  # a text that is still being written has no branches
            return
        for update in branched(scheduler, stops, request.session_hash, now, event_values(event)):
            yield drawn(update) | ({generation: now} if update.finished is None else {})

    def show_branch(now: Generation | None, change: Callable, event: gr.EventData) -> dict:
        try:
            now = change(now, event_values(event).get("number"))
        except (AttributeError, ValueError) as problem:
            return {status: error(message("no_branch", reason=str(problem)))}
        return drawn(Update(whole(now), now))

    def pick(event: gr.EventData, now: Generation | None) -> dict:
        return show_branch(now, picked, event)

    def prune(event: gr.EventData, now: Generation | None) -> dict:
        return show_branch(now, pruned, event)

    def open_branch(event: gr.EventData, now: Generation | None):
        return picked(now, event_values(event).get("number"))

    def stop_writing(request: gr.Request) -> None:
        stops.stop(request.session_hash)

    gr.on(
        [go_on.click, prompt.submit],
        write,
        [prompt, *settings],
        shown,
        api_name="write",
        show_progress="hidden",
        trigger_mode="multiple",
        concurrency_limit=AT_ONCE,
    )
    stop.click(stop_writing, None, None, queue=False, api_visibility="private")
    view.alternative(branch, generation, shown, api_visibility="private", show_progress="hidden", concurrency_limit=AT_ONCE)
    tree.pick(pick, generation, shown, queue=False, api_visibility="private")
    tree.prune(prune, generation, shown, queue=False, api_visibility="private")
    looked = tree.look(open_branch, generation, opened, queue=False, api_visibility="private")
    return [LookSource(look_inside.click, generation), LookSource(looked.success, opened)]


def _waiting(num_before: int) -> dict | None:
    return notice(message("waiting", texts=num_before)) if num_before else None
