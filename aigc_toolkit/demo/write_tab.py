"""The tab Write: a prompt, settings, the text as it comes, each token with its probability and what else was possible.

Comes in: the scheduler every text goes through. Goes out: the tab's blocks. What happens while a text is written is in `writing`,
what becomes of its branches in `branching`. It does not look at attention.
"""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr

from aigc_toolkit import Generation, LanguageModel, Scheduler

from . import examples
from .blocks import LookSource, error, event_values, notice, packed, scripted_block, status_line, view_block
from .branch_texts import BRANCH_BLOCK
from .branching import branched, picked, pruned, tree_value
from .settings import BASIC, MORE, setting_blocks
from .stops import Stops
from .strategies import strategies_section
from .texts import message
from .writing import NOTHING_NEW, Update, whole, written

LONG = dict(show_progress="hidden", trigger_mode="multiple", concurrency_limit=64, concurrency_id="texts")


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
    can_look = isinstance(scheduler.lm, LanguageModel)
    look_inside = gr.Button(i18n("look_inside"), size="sm", interactive=False, visible=can_look, elem_id="write-look")
    tree = scripted_block("branch_tree.js", BRANCH_BLOCK, elem_id="write-branches", events=("pick", "prune", "look"))
    with gr.Accordion(i18n("strategies"), open=False, elem_classes="aigc-settings", elem_id="strategies"):
        at = dict(zip(BASIC + MORE, settings, strict=True))
        strategies_section(scheduler, stops, i18n, prompt, at["max_new_tokens"], at["seed"], **LONG)
    running = [view, status, generation]  # few, and none left out: every block of an update costs time, one that is left out most
    around = [stop, look_inside, tree]

    def begin():
        return gr.Button(interactive=True), gr.Button(interactive=False), None

    def drawn(update: Update) -> tuple:
        return packed(update.view), _status(update), update.finished

    def settle(now: Generation | None):
        return gr.Button(interactive=False), gr.Button(interactive=now is not None), tree_value(now)

    def write(request: gr.Request, text: str, *values):
        chosen = dict(zip(BASIC + MORE, values, strict=True))
        for update in written(scheduler, stops, request.session_hash, text, chosen):
            yield drawn(update)

    def branch(request: gr.Request, event: gr.EventData, now: Generation | None):
        if now is None:  # a text that is still being written has no branches
            return
        for update in branched(scheduler, stops, request.session_hash, now, event_values(event)):
            yield drawn(update)[:2] + (update.finished or now,)

    def show_branch(now: Generation | None, change: Callable, event: gr.EventData) -> tuple:
        try:
            now = change(now, event_values(event).get("number"))
        except (AttributeError, ValueError) as problem:
            return packed(NOTHING_NEW), error(message("no_branch", reason=str(problem))), now
        return drawn(Update(whole(now), now))

    def pick(event: gr.EventData, now: Generation | None) -> tuple:
        return show_branch(now, picked, event)

    def prune(event: gr.EventData, now: Generation | None) -> tuple:
        return show_branch(now, pruned, event)

    def open_branch(event: gr.EventData, now: Generation | None):
        return picked(now, event_values(event).get("number"))

    def stop_writing(request: gr.Request) -> None:
        stops.stop(request.session_hash)

    def ending(listener: gr.events.Dependency) -> None:
        listener.then(settle, generation, around, queue=False, api_visibility="private", show_progress="hidden")

    quick = dict(queue=False, api_visibility="private", show_progress="hidden")
    gr.on([go_on.click, prompt.submit], begin, None, around, **quick)
    view.alternative(lambda: begin()[:2], None, [stop, look_inside], **quick)
    ending(gr.on([go_on.click, prompt.submit], write, [prompt, *settings], running, api_name="write", **LONG))
    ending(view.alternative(branch, generation, running, api_visibility="private", **LONG))
    ending(tree.pick(pick, generation, running, **quick))
    ending(tree.prune(prune, generation, running, **quick))
    stop.click(stop_writing, None, None, **quick)
    looked = tree.look(open_branch, generation, opened, **quick)
    return [LookSource(look_inside.click, generation), LookSource(looked.success, opened)]


def _status(update: Update) -> dict | None:
    if update.problem:
        return error(update.problem)
    return notice(message("waiting", texts=update.waiting)) if update.waiting else None
