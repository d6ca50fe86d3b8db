"""The tab Write: a prompt, settings, the text as it comes, each token with its probability and what else was possible.

Comes in: the shell, whose models every text goes through. Goes out: the tab's blocks, laid out in `write_layout`. What happens
while a text is written is in `writing`, what becomes of its branches in `branching`. It does not look at attention.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gradio as gr

from aigc_toolkit import Generation

from .blocks import LookSource, error, event_values, notice, packed
from .branching import branched, picked, pruned, tree_value
from .event_settings import LONG, NOTICED, QUICK
from .page_links import Link
from .page_model import PageModel
from .problems import Refusal
from .settings import linked_values
from .shell import Shell
from .texts import message
from .using import model_of
from .write_layout import Blocks, laid_out
from .writing import Update, whole, written


def write_tab(shell: Shell) -> list[LookSource]:
    """Build the tab inside the Blocks that are being built; gives what the tab Look listens to."""
    blocks = laid_out(shell)
    _wire_writing(shell, blocks, _wire_link(shell, blocks))
    _wire_branches(shell, blocks)
    _wire_switch(shell, blocks)
    return [LookSource(blocks.look.click, blocks.generation), _branch_source(blocks)]


def _wire_writing(shell: Shell, blocks: Blocks, linked: gr.State) -> None:
    """Start, by hand or by a link, and stop."""
    names, stops, limits = tuple(blocks.settings), shell.stops, shell.operator

    def write(request: gr.Request, text: str, *values):
        chosen, session = dict(zip(names, values, strict=True)), request.session_hash
        for update in _with_model(shell, session, lambda model: written(model.scheduler, stops, session, text, chosen, limits)):
            yield _drawn(update)

    def stop(request: gr.Request) -> None:
        stops.stop(request.session_hash)

    begun = [*blocks.top.begun, linked.change]
    gr.on(begun, lambda: (*_begun(), None), None, blocks.around, **QUICK)
    _settle_after(shell, blocks, gr.on(begun, write, [blocks.top.text, *blocks.settings.values()], blocks.running, **LONG))
    blocks.top.stop.click(stop, None, None, **QUICK)


def _wire_branches(shell: Shell, blocks: Blocks) -> None:
    """Go on from another token; what can be done in the tree of what was written."""
    stops, generation, tree = shell.stops, blocks.generation, blocks.tree

    def begin(now: Generation | None) -> tuple:
        return *_begun(), tree_value(now, locked=True)

    def branch(request: gr.Request, event: gr.EventData, now: Generation | None):
        if now is None:  # a text that is still being written has no branches
            yield (gr.skip(),) * len(blocks.running)
            return
        choice, session = event_values(event), request.session_hash
        for update in _with_model(shell, session, lambda model: branched(model.scheduler, stops, session, now, choice)):
            yield _drawn(update)[:2] + (update.finished or now,)

    def shows(change: Callable[[Generation, object], Generation]) -> Callable:
        def show(request: gr.Request, event: gr.EventData, now: Generation | None) -> tuple:
            if stops.is_running(request.session_hash, "write"):  # another branch is growing, perhaps from this one
                return gr.skip(), error(message("still_writing")), gr.skip()
            try:
                now = change(now, event_values(event).get("number"))
            except (AttributeError, ValueError) as problem:
                return gr.skip(), error(message("no_branch", reason=str(problem))), gr.skip()
            return _drawn(Update(whole(now), now))

        return show

    blocks.view.alternative(begin, generation, blocks.around, **QUICK)
    _settle_after(shell, blocks, blocks.view.alternative(branch, generation, blocks.running, **LONG))
    _settle_after(shell, blocks, tree.pick(shows(picked), generation, blocks.running, **QUICK))
    _settle_after(shell, blocks, tree.prune(shows(pruned), generation, blocks.running, **QUICK))


def _settle_after(shell: Shell, blocks: Blocks, listener: gr.events.Dependency) -> None:
    """Stop, "Look inside" and the tree, once what the listener does has ended."""

    def settle(request: gr.Request, now: Generation | None) -> tuple:
        if shell.stops.is_running(request.session_hash, "write"):  # a newer text, which settles when it has ended
            return (gr.skip(),) * len(blocks.around)
        return gr.Button(interactive=False), gr.Button(interactive=now is not None), tree_value(now)

    listener.then(settle, blocks.generation, blocks.around, **QUICK)


def _wire_link(shell: Shell, blocks: Blocks) -> gr.State:
    """A link brings back prompt and settings; gives the state whose change says that its text is to be written."""
    linked, names = gr.State(None), tuple(blocks.settings)

    def open_link(link: Link | None) -> tuple:
        unchanged = (gr.skip(),) * len(names)
        if link is None or link.tab != "write":
            return gr.skip(), gr.skip(), gr.skip(), *unchanged
        try:
            return link.text("prompt"), link, None, *linked_values(names, link, longest=shell.operator.max_new_tokens)
        except ValueError:
            return gr.skip(), gr.skip(), error(message("bad_link")), *unchanged

    opened = [blocks.top.text, linked, blocks.status, *blocks.settings.values()]
    shell.opened.change(open_link, shell.opened, opened, **NOTICED)
    return linked


def _wire_switch(shell: Shell, blocks: Blocks) -> None:
    """Another model has written nothing yet."""
    shell.on_switch.update(
        {
            blocks.view: lambda model: None,
            blocks.generation: lambda model: None,
            blocks.status: lambda model: None,
            blocks.tree: lambda model: None,
            blocks.look: lambda model: gr.Button(interactive=False, visible=model.shows_attention),
            blocks.top.stop: lambda model: gr.Button(interactive=False),
        }
    )


def _branch_source(blocks: Blocks) -> LookSource:
    """Any branch of the tree can be looked into, not only the one that is shown."""
    opened = gr.State(None)

    def open_branch(event: gr.EventData, now: Generation | None) -> Generation:
        return picked(now, event_values(event).get("number"))

    return LookSource(blocks.tree.look(open_branch, blocks.generation, opened, **QUICK).success, opened)


def _with_model(shell: Shell, session: str, work: Callable[[PageModel], Iterator[Update]]) -> Iterator[Update]:
    """The updates of `work` with the session's model, or one that says why it cannot be used."""
    try:
        with model_of(shell.models, session, to_write=True) as model:
            yield from work(model)
    except Refusal as refusal:
        yield Update(None, problem=refusal.text)


def _begun() -> tuple:
    """Stop and "Look inside" when a text begins."""
    return gr.Button(interactive=True), gr.Button(interactive=False)


def _drawn(update: Update) -> tuple:
    if update.view is None:  # what was written before stays, and can still be looked into
        return gr.skip(), _status(update), gr.skip()
    return packed(update.view), _status(update), update.finished


def _status(update: Update) -> dict | None:
    if update.problem:
        return error(update.problem)
    return notice(message("waiting", texts=update.waiting)) if update.waiting else None
