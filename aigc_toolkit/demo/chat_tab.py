"""The tab Chat: a conversation with the model, any answer of which opens in the tab Look as the model saw it.

Comes in: the shell, whose models every text goes through. Goes out: the tab's blocks. What is done to a conversation is in
`dialogue`, how it is drawn in `static/chat.js`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import gradio as gr

from aigc_toolkit import generation_view

from . import examples
from .blocks import LookSource, error, event_values, notice, scripted_block, status_line, view_block
from .chat_texts import CHAT_BLOCK
from .controls import controls
from .dialogue import Turn, Turns, Update, answer_of, answered, edited, to_answer, to_answer_again, undone
from .event_settings import LONG, QUICK
from .links import Link
from .models import PageModel
from .problems import Refusal
from .settings import linked_values, setting_blocks
from .sharing import link_button
from .shell import Shell
from .texts import message
from .using import model_of

SETTINGS = ("temperature", "top_p", "max_new_tokens")


def chat_tab(shell: Shell) -> LookSource:
    """Build the tab inside the Blocks that are being built; gives what the tab Look listens to."""
    i18n, stops = shell.i18n, shell.stops
    turns, picked = gr.State(()), gr.State(None)
    asking = gr.State(None)  # the conversation to answer: an older answer may still write into `turns`
    log = scripted_block("chat.js", CHAT_BLOCK, elem_id="chat-log", events=("retry", "undo", "edit", "look"))
    status = status_line(elem_id="chat-status", value=_about(shell.models.first))
    top = controls(i18n, "chat", words=("message", "message_placeholder", "send"), text="", lines=1, examples=examples.CHAT)
    with gr.Row(elem_classes="aigc-after"):
        new = gr.Button(i18n("new_chat"), size="sm", elem_id="chat-new")
        link_place = gr.Row(elem_classes="aigc-after")
    with gr.Accordion(i18n("settings"), open=False, elem_classes="aigc-settings"), gr.Row():
        settings = setting_blocks(
            i18n, SETTINGS, prefix="chat", temperature=0.0, max_new_tokens=80, longest=shell.operator.max_new_tokens
        )
        system = gr.Textbox(
            "", label=i18n("set_system"), info=i18n("set_system_info"), lines=2, max_lines=4, min_width=220, elem_id="chat-system"
        )
    with gr.Accordion(i18n("choices"), open=False, elem_classes="aigc-settings"):
        choices = view_block("generation_view.js", elem_id="chat-choices")

    shown = [log, turns, status]  # few, and none left out: every block of an update costs time, one that is left out most

    def drawn(update: Update) -> tuple:
        conversation = {
            "turns": [_turn(turn) for turn in update.turns],
            "running": update.running,
            "waiting": update.waiting,
            "left_out": update.num_left_out,
        }
        return conversation, update.turns, error(update.problem) if update.problem else None

    def settle(request: gr.Request, now: Turns) -> tuple:
        if stops.is_running(request.session_hash, "chat"):  # a newer answer, which settles when it has ended
            return gr.skip(), gr.skip()
        last = now[-1].generation if now else None
        return gr.Button(interactive=False), None if last is None else generation_view(last).payload()

    def answer(now: Turns, session: str, system: str, values: tuple, **more) -> Iterator[tuple]:
        given = dict(system=system, settings=dict(zip(SETTINGS, values, strict=True)) | more, limits=shell.operator)
        try:
            with model_of(shell.models, session, to_write=True) as model:
                for update in answered(model.scheduler, stops, session, now, **given):
                    yield drawn(update)
        except Refusal as refusal:
            stops.replace(session, "chat")  # also the answer that `ask` announced
            yield drawn(Update(now, running=False, problem=refusal.text))

    def ask(request: gr.Request, text: str, now: Turns) -> tuple:
        turns = to_answer(now, text)
        if turns is None:
            running = stops.is_running(request.session_hash, "chat")
            update = Update(now, running=running, problem=message("nothing_to_answer"))
            return text, *drawn(update), gr.Button(interactive=running), None
        stops.start(request.session_hash, "chat")  # the answer to this: one that still comes says no more
        return "", *drawn(Update(turns, running=True)), gr.Button(interactive=True), turns

    def reply(request: gr.Request, now: Turns | None, system: str, *values):
        if now is None:  # nothing was asked
            yield (gr.skip(),) * len(shown)
        else:
            yield from answer(now, request.session_hash, system, values)

    def retry(request: gr.Request, now: Turns, system: str, *values):
        yield from answer(to_answer_again(now), request.session_hash, system, values, seed=random.randrange(10**6))

    def edit(request: gr.Request, event: gr.EventData, now: Turns, system: str, *values):
        changed = event_values(event)
        try:
            now = edited(now, changed.get("index"), changed.get("text"))
        except ValueError as problem:
            yield drawn(Update(now, running=False, problem=message("no_answer", reason=str(problem))))
            return
        yield from answer(now, request.session_hash, system, values)

    def take_back(now: Turns) -> tuple:
        before, question = undone(now)
        return question, *drawn(Update(before, running=False))

    def pick(now: Turns, event: gr.EventData):
        generation = answer_of(now, event_values(event).get("index"))
        return generation if generation is not None else gr.skip()

    def begin_anew(request: gr.Request) -> tuple:
        stops.replace(request.session_hash, "chat")
        return *drawn(Update((), running=False)), gr.Button(interactive=False)

    def stop_answering(request: gr.Request) -> None:
        stops.stop(request.session_hash)

    def open_link(link: Link | None) -> tuple:
        nothing = (gr.skip(),) * (5 + len(settings))
        if link is None or link.tab != "chat":
            return nothing
        try:
            talk = tuple(Turn(*each) for each in link.talk())
            return (
                link.text("message", ""),
                *drawn(Update(talk, running=False)),
                link.text("system", ""),
                *linked_values(SETTINGS, link, longest=shell.operator.max_new_tokens),
            )
        except ValueError:
            return (*nothing[:3], error(message("bad_link")), *nothing[4:])

    with link_place:
        held = {"message": top.text, "turns": log, "system": system, **dict(zip(SETTINGS, settings, strict=True))}
        link_button(shell, "chat", held)
    shell.opened.change(open_link, shell.opened, [top.text, *shown, system, *settings], **QUICK)
    shell.on_switch.update(
        {
            log: lambda model: None,
            turns: lambda model: (),
            status: _about,
            choices: lambda model: None,
            top.stop: lambda model: gr.Button(interactive=False),
        }
    )
    given = [turns, system, *settings]
    send_it = gr.on(top.begun, ask, [top.text, turns], [top.text, *shown, top.stop, asking], trigger_mode="once", **QUICK)
    gr.on([log.retry, log.edit], lambda: gr.Button(interactive=True), None, top.stop, **QUICK)
    answering = [
        send_it.then(reply, [asking, system, *settings], shown, **LONG),
        log.retry(retry, given, shown, **LONG),
        log.edit(edit, given, shown, **LONG),
    ]
    for each in answering:
        each.then(settle, turns, [top.stop, choices], **QUICK)
    log.undo(take_back, turns, [top.text, *shown], **QUICK)
    new.click(begin_anew, None, [*shown, top.stop], cancels=answering, **QUICK)
    top.stop.click(stop_answering, None, None, **QUICK)
    return LookSource(log.look(pick, turns, picked, **QUICK).success, picked)


def _about(model: PageModel) -> dict | None:
    """What a visitor should know before talking to a model."""
    if not model.writes:
        return notice(message("cannot_write", name=model.name))
    return None if model.has_chat_template else notice(message("no_chat_template", name=model.name))


def _turn(turn: Turn) -> dict:
    """A turn as the block draws it; the numbers of an answer are those of its tokens."""
    if turn.generation is None:
        return {"role": turn.role, "text": turn.text}
    logprobs = [step.logprob for step in turn.generation.tokens if step.logprob is not None]  # not every server gives them
    return {
        "role": turn.role,
        "text": turn.text,
        "tokens": len(turn.generation.tokens),
        "mean": sum(logprobs) / len(logprobs) if logprobs else None,
        "stop": turn.generation.stop_reason,
        "can_look": turn.generation.can_branch,  # it was written here, not by a server
    }
