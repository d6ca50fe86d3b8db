"""The tab Chat: a conversation with the model, any answer of which opens in the tab Look as the model saw it.

Comes in: the shell, whose models every text goes through. Goes out: the tab's blocks, laid out in `chat_layout`. What is done to a
conversation is in `dialogue`, how it is drawn in `static/chat.js`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import gradio as gr

from aigc_toolkit import generation_view

from .blocks import LookSource, error, event_values
from .chat_layout import SETTINGS, Blocks, about, laid_out
from .dialogue import Turn, Turns, Update, answer_of, answered, edited, to_answer, to_answer_again, undone
from .event_settings import LONG, QUICK
from .page_links import Link
from .problems import Refusal
from .settings import linked_values
from .shell import Shell
from .texts import message
from .using import model_of


def chat_tab(shell: Shell) -> LookSource:
    """Build the tab inside the Blocks that are being built; gives what the tab Look listens to."""
    blocks = laid_out(shell)
    answering = [_wire_question(shell, blocks), *_wire_again(shell, blocks)]
    _wire_end(shell, blocks, answering)
    _wire_link(shell, blocks)
    _wire_switch(shell, blocks)
    return _answer_source(blocks)


def _wire_question(shell: Shell, blocks: Blocks) -> gr.events.Dependency:
    """A message is shown at once, then answered; gives the listener that answers."""
    stops, top = shell.stops, blocks.top
    asking = gr.State(None)  # the conversation to answer: an older answer may still write into the one that is shown

    def ask(request: gr.Request, text: str, now: Turns) -> tuple:
        turns = to_answer(now, text)
        if turns is None:
            running = stops.is_running(request.session_hash, "chat")
            update = Update(now, running=running, problem=message("nothing_to_answer"))
            return text, *_drawn(update), gr.Button(interactive=running), None
        stops.start(request.session_hash, "chat")  # the answer to this: one that still comes says no more
        return "", *_drawn(Update(turns, running=True)), gr.Button(interactive=True), turns

    def reply(request: gr.Request, now: Turns | None, system: str, *values):
        if now is None:  # nothing was asked
            yield (gr.skip(),) * len(blocks.shown)
        else:
            yield from _answer(shell, request.session_hash, now, system, _settings(values))

    asked = [top.text, *blocks.shown, top.stop, asking]
    sent = gr.on(top.begun, ask, [top.text, blocks.turns], asked, trigger_mode="once", **QUICK)
    return sent.then(reply, [asking, blocks.system, *blocks.settings], blocks.shown, **LONG)


def _wire_again(shell: Shell, blocks: Blocks) -> list[gr.events.Dependency]:
    """The last question is answered again, or an earlier one is changed; gives the listeners that answer."""
    log = blocks.log

    def retry(request: gr.Request, now: Turns, system: str, *values):
        settings = _settings(values) | {"seed": random.randrange(10**6)}
        yield from _answer(shell, request.session_hash, to_answer_again(now), system, settings)

    def edit(request: gr.Request, event: gr.EventData, now: Turns, system: str, *values):
        changed = event_values(event)
        try:
            now = edited(now, changed.get("index"), changed.get("text"))
        except ValueError as problem:
            yield _drawn(Update(now, running=False, problem=message("no_answer", reason=str(problem))))
            return
        yield from _answer(shell, request.session_hash, now, system, _settings(values))

    given = [blocks.turns, blocks.system, *blocks.settings]
    gr.on([log.retry, log.edit], lambda: gr.Button(interactive=True), None, blocks.top.stop, **QUICK)
    return [log.retry(retry, given, blocks.shown, **LONG), log.edit(edit, given, blocks.shown, **LONG)]


def _wire_end(shell: Shell, blocks: Blocks, answering: list[gr.events.Dependency]) -> None:
    """An answer ends by itself or is stopped; the last question is taken back, or all of them."""
    stops, top = shell.stops, blocks.top

    def settle(request: gr.Request, now: Turns) -> tuple:
        if stops.is_running(request.session_hash, "chat"):  # a newer answer, which settles when it has ended
            return gr.skip(), gr.skip()
        last = now[-1].generation if now else None
        return gr.Button(interactive=False), None if last is None else generation_view(last).payload()

    def stop(request: gr.Request) -> None:
        stops.stop(request.session_hash)

    def take_back(now: Turns) -> tuple:
        before, question = undone(now)
        return question, *_drawn(Update(before, running=False))

    def begin_anew(request: gr.Request) -> tuple:
        stops.replace(request.session_hash, "chat")
        return *_drawn(Update((), running=False)), gr.Button(interactive=False)

    for each in answering:
        each.then(settle, blocks.turns, [top.stop, blocks.choices], **QUICK)
    top.stop.click(stop, None, None, **QUICK)
    blocks.log.undo(take_back, blocks.turns, [top.text, *blocks.shown], **QUICK)
    blocks.new.click(begin_anew, None, [*blocks.shown, top.stop], cancels=answering, **QUICK)


def _wire_link(shell: Shell, blocks: Blocks) -> None:
    """A link brings back who said what, not how an answer was written."""

    def open_link(link: Link | None) -> tuple:
        nothing = (gr.skip(),) * (5 + len(blocks.settings))
        if link is None or link.tab != "chat":
            return nothing
        try:
            talk = tuple(Turn(*each) for each in link.talk())
            return (
                link.text("message", ""),
                *_drawn(Update(talk, running=False)),
                link.text("system", ""),
                *linked_values(SETTINGS, link, longest=shell.operator.max_new_tokens),
            )
        except ValueError:
            return (*nothing[:3], error(message("bad_link")), *nothing[4:])

    opened = [blocks.top.text, *blocks.shown, blocks.system, *blocks.settings]
    shell.opened.change(open_link, shell.opened, opened, **QUICK)


def _wire_switch(shell: Shell, blocks: Blocks) -> None:
    """With another model a new conversation begins."""
    shell.on_switch.update(
        {
            blocks.log: lambda model: None,
            blocks.turns: lambda model: (),
            blocks.status: about,
            blocks.choices: lambda model: None,
            blocks.top.stop: lambda model: gr.Button(interactive=False),
        }
    )


def _answer_source(blocks: Blocks) -> LookSource:
    """Any answer that was written here can be looked into."""
    picked = gr.State(None)

    def pick(now: Turns, event: gr.EventData):
        generation = answer_of(now, event_values(event).get("index"))
        return generation if generation is not None else gr.skip()

    return LookSource(blocks.log.look(pick, blocks.turns, picked, **QUICK).success, picked)


def _answer(shell: Shell, session: str, now: Turns, system: str, settings: dict[str, object]) -> Iterator[tuple]:
    """What is drawn while the last question of `now` is answered."""
    given = dict(system=system, settings=settings, limits=shell.operator)
    try:
        with model_of(shell.models, session, to_write=True) as model:
            for update in answered(model.scheduler, shell.stops, session, now, **given):
                yield _drawn(update)
    except Refusal as refusal:
        shell.stops.replace(session, "chat")  # also the answer that was announced when it was asked for
        yield _drawn(Update(now, running=False, problem=refusal.text))


def _settings(values: tuple) -> dict[str, object]:
    return dict(zip(SETTINGS, values, strict=True))


def _drawn(update: Update) -> tuple:
    conversation = {
        "turns": [_turn(turn) for turn in update.turns],
        "running": update.running,
        "waiting": update.waiting,
        "left_out": update.num_left_out,
    }
    return conversation, update.turns, error(update.problem) if update.problem else None


def _turn(turn: Turn) -> dict:
    """A turn as the block draws it; the numbers of an answer are those of its tokens."""
    if turn.generation is None:
        return {"role": turn.role, "text": turn.text}
    return {
        "role": turn.role,
        "text": turn.text,
        "tokens": len(turn.generation.tokens),
        "mean": turn.generation.mean_logprob,
        "stop": turn.generation.stop_reason,
        "can_look": turn.generation.can_branch,  # it was written here, not by a server
    }
