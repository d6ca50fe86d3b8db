"""The tab Write: a prompt, settings, the text as it comes, each token with its probability and what else was possible.

Comes in: the shell, whose models every text goes through. Goes out: the tab's blocks. What happens while a text is written is in
`writing`, what becomes of its branches in `branching`. It does not look at attention.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gradio as gr

from aigc_toolkit import Generation

from . import examples
from .blocks import (
    LookSource,
    error,
    event_values,
    in_readers_language,
    notice,
    packed,
    scripted_block,
    status_line,
    view_block,
)
from .branch_texts import BRANCH_BLOCK
from .branching import branched, picked, pruned, tree_value
from .controls import controls
from .event_settings import LONG, NOTICED, QUICK
from .links import Link
from .models import PageModel
from .problems import Refusal
from .settings import BASIC, MORE, linked_values, setting_blocks
from .sharing import link_button
from .shell import Shell
from .strategies import strategies_section
from .texts import message
from .using import model_of
from .writing import NOTHING_NEW, Update, whole, written


def write_tab(shell: Shell) -> list[LookSource]:
    """Build the tab inside the Blocks that are being built; gives what the tab Look listens to."""
    i18n, stops, limits = shell.i18n, shell.stops, shell.operator
    generation, opened, asked = gr.State(None), gr.State(None), gr.State(None)
    words = ("prompt", "prompt_placeholder", "go_on")
    english, chinese = (examples.WRITE[examples.FIRST[language]][1] for language in ("en", "zh"))
    top = controls(i18n, "write", words=words, text=english, lines=3, examples=examples.WRITE)
    in_readers_language(shell.page, top.text, english=english, chinese=chinese)
    with gr.Accordion(i18n("settings"), open=False, elem_classes="aigc-settings"):
        with gr.Row():
            settings = setting_blocks(i18n, BASIC, prefix="write", longest=limits.max_new_tokens)
        with gr.Accordion(i18n("more_settings"), open=False, elem_classes="aigc-settings"), gr.Row():
            settings += setting_blocks(i18n, MORE, prefix="write", longest=limits.max_new_tokens)
    status = status_line(elem_id="write-status")
    view = view_block("generation_view.js", elem_id="write-view")
    first = shell.models.first
    with gr.Row(elem_classes="aigc-after"):
        look_inside = gr.Button(
            i18n("look_inside"), size="sm", interactive=False, visible=first.shows_attention, elem_id="write-look"
        )
        link_button(shell, "write", {"prompt": top.text, **dict(zip(BASIC + MORE, settings, strict=True))})
    tree = scripted_block("branch_tree.js", BRANCH_BLOCK, elem_id="write-branches", events=("pick", "prune", "look"))
    with gr.Accordion(i18n("strategies"), open=False, elem_classes="aigc-settings", elem_id="strategies"):
        at = dict(zip(BASIC + MORE, settings, strict=True))
        strategies_section(shell, top.text, at["max_new_tokens"], at["seed"], **LONG)
    running = [view, status, generation]  # few, and none left out: every block of an update costs time, one that is left out most
    around = [top.stop, look_inside, tree]

    def begin() -> tuple:
        return gr.Button(interactive=True), gr.Button(interactive=False), None

    def begin_branch(now: Generation | None) -> tuple:
        return *begin()[:2], tree_value(now, locked=True)

    def drawn(update: Update) -> tuple:
        return packed(update.view), _status(update), update.finished

    def settle(request: gr.Request, now: Generation | None) -> tuple:
        if stops.is_running(request.session_hash, "write"):  # a newer text, which settles when it has ended
            return (gr.skip(),) * len(around)
        return gr.Button(interactive=False), gr.Button(interactive=now is not None), tree_value(now)

    def write(request: gr.Request, text: str, *values):
        chosen = dict(zip(BASIC + MORE, values, strict=True))
        session = request.session_hash
        for update in _with_model(shell, session, lambda model: written(model.scheduler, stops, session, text, chosen, limits)):
            yield drawn(update)

    def branch(request: gr.Request, event: gr.EventData, now: Generation | None):
        if now is None:  # a text that is still being written has no branches
            yield (gr.skip(),) * len(running)
            return
        choice, session = event_values(event), request.session_hash
        for update in _with_model(shell, session, lambda model: branched(model.scheduler, stops, session, now, choice)):
            yield drawn(update)[:2] + (update.finished or now,)

    def open_link(link: Link | None) -> tuple:
        if link is None or link.tab != "write":
            return (gr.skip(),) * (3 + len(settings))
        try:
            return link.text("prompt"), link, None, *linked_values(BASIC + MORE, link, longest=limits.max_new_tokens)
        except ValueError:
            return gr.skip(), gr.skip(), error(message("bad_link")), *[gr.skip()] * len(settings)

    def show_branch(request: gr.Request, event: gr.EventData, now: Generation | None, change: Callable) -> tuple:
        if stops.is_running(request.session_hash, "write"):  # another branch is growing, perhaps from this one
            return gr.skip(), error(message("still_writing")), gr.skip()
        try:
            now = change(now, event_values(event).get("number"))
        except (AttributeError, ValueError) as problem:
            return packed(NOTHING_NEW), error(message("no_branch", reason=str(problem))), now
        return drawn(Update(whole(now), now))

    def pick(request: gr.Request, event: gr.EventData, now: Generation | None) -> tuple:
        return show_branch(request, event, now, picked)

    def prune(request: gr.Request, event: gr.EventData, now: Generation | None) -> tuple:
        return show_branch(request, event, now, pruned)

    def open_branch(event: gr.EventData, now: Generation | None):
        return picked(now, event_values(event).get("number"))

    def stop_writing(request: gr.Request) -> None:
        stops.stop(request.session_hash)

    def ending(listener: gr.events.Dependency) -> None:
        listener.then(settle, generation, around, **QUICK)

    begun = [*top.begun, asked.change]
    gr.on(begun, begin, None, around, **QUICK)
    view.alternative(begin_branch, generation, around, **QUICK)
    ending(gr.on(begun, write, [top.text, *settings], running, **LONG))
    ending(view.alternative(branch, generation, running, **LONG))
    ending(tree.pick(pick, generation, running, **QUICK))
    ending(tree.prune(prune, generation, running, **QUICK))
    shell.opened.change(open_link, shell.opened, [top.text, asked, status, *settings], **NOTICED)
    shell.on_switch.update(
        {
            view: lambda model: None,
            generation: lambda model: None,
            status: lambda model: None,
            tree: lambda model: None,
            look_inside: lambda model: gr.Button(interactive=False, visible=model.shows_attention),
            top.stop: lambda model: gr.Button(interactive=False),
        }
    )
    top.stop.click(stop_writing, None, None, **QUICK)
    looked = tree.look(open_branch, generation, opened, **QUICK)
    return [LookSource(look_inside.click, generation), LookSource(looked.success, opened)]


def _with_model(shell: Shell, session: str, work: Callable[[PageModel], Iterator[Update]]) -> Iterator[Update]:
    """The updates of `work` with the session's model, or one that says why it cannot be used."""
    try:
        with model_of(shell.models, session, to_write=True) as model:
            yield from work(model)
    except Refusal as refusal:
        yield Update(NOTHING_NEW, problem=refusal.text)


def _status(update: Update) -> dict | None:
    if update.problem:
        return error(update.problem)
    return notice(message("waiting", texts=update.waiting)) if update.waiting else None
