"""Branches of a text on the page: going on from another token, and the tree of what was written.

Comes in: a finished `Generation` and what a visitor asked for. Goes out: updates while the branch is written, and the tree as the
block that draws it takes it. It knows no Gradio.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from aigc_toolkit import Generation, Scheduler
from aigc_toolkit.views import append_message

from .pace import pace_of
from .problems import REFUSALS, explain
from .stops import Stops
from .writing import Update, whole

MOST_BRANCHES = 40  # for one text
LONGEST_TOKEN = 200  # characters


def branched(
    scheduler: Scheduler, stops: Stops, session: str, generation: Generation, choice: dict[str, object]
) -> Iterator[Update]:
    """The text that goes on from `choice`, {position, id} or {position, text} as a browser sent it."""
    event = stops.start(session, "write")
    try:
        position, token = _checked(generation, choice)
        settings = {"begin": scheduler.stream, "user": session, "stop_event": event}
        branch = generation.tree.stream(generation, position, token, **settings)
        yield Update(whole(branch.generation()) | {"stop_reason": None})
        start, due, pace = len(branch.tokens), 0.0, pace_of(scheduler)
        for _ in branch:
            if event.is_replaced:
                return
            if time.monotonic() >= due and branch.stop_reason is None:
                yield Update(append_message(branch.tokens[start:], start=start))
                due = time.monotonic() + pace()
        yield Update(whole(branch.generation()), branch.generation())
    except REFUSALS as problem:
        text = generation.prompt + generation.text
        said = explain(scheduler.lm, text, problem, too_long="too_long_to_write", otherwise="no_branch")
        yield Update(whole(generation), generation, problem=said)
    finally:
        stops.end(event)


def tree_value(generation: Generation | None, *, locked: bool = False) -> dict | None:
    """The tree `generation` is in, depth first, as `static/branch_tree.js` draws it; None where there is nothing yet.

    `locked`: nothing in it can be chosen, for another branch is growing.
    """
    if generation is None:
        return None
    tree = generation.tree
    rows = []

    def add(node, depth: int) -> None:
        rows.append(
            {
                "number": node.number,
                "depth": depth,
                "position": node.position,
                "text": node.own_text,
                "tokens": len(node.generation.tokens),
                "mean": node.mean_logprob,
                "stop": node.generation.stop_reason,
                "shown": node.generation is generation,
            }
        )
        for child in tree.children(node.number):
            add(child, depth + 1)

    add(next(iter(tree)), 0)
    return {"branches": rows, "locked": locked}


def picked(generation: Generation, number: object) -> Generation:
    """Branch `number` of the tree `generation` is in. Raises ValueError where there is none."""
    return generation.tree.node(_number(number)).generation


def pruned(generation: Generation, number: object) -> Generation:
    """The tree without branch `number` and what grew from it: gives what to show now. Raises ValueError for the root."""
    tree = generation.tree
    node = tree.node(_number(number))
    shown = tree.node(generation)
    gone = node.number in [above.number for above in tree.path(shown.number)]
    tree.prune(node.number)
    return tree.node(node.parent).generation if gone else generation


def _number(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"A branch cannot have the number {value!r}; whole numbers are allowed. Choose one of the tree.")
    return value


def _checked(generation: Generation, choice: dict[str, object]) -> tuple[int, int | str]:
    """Position and token of a choice. Raises ValueError for what no view sends, and for one branch too many."""
    if len(generation.tree) >= MOST_BRANCHES:
        raise ValueError(f"This text has {len(generation.tree)} branches; {MOST_BRANCHES} are allowed. Prune one first.")
    position, token = choice.get("position"), choice.get("id", choice.get("text"))
    is_token = type(token) is int or (isinstance(token, str) and 0 < len(token) <= LONGEST_TOKEN)
    if type(position) is not int or not is_token:
        raise ValueError(
            f"Position {position!r} and token {token!r} make no branch; a position and an id or up to {LONGEST_TOKEN} characters "
            "are allowed. Choose an alternative or type a word."
        )
    return position, token
