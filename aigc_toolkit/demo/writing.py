"""What the tab Write shows while a text is written, in small updates.

Comes in: a prompt, settings, and the scheduler everybody's texts go through. Goes out: messages for the generation view, and the
whole `Generation` with the last one. It knows no Gradio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aigc_toolkit import Generation, Scheduler, generation_view
from aigc_toolkit.views import append_message

from .operator_settings import USUAL_LIMITS, Operator
from .pace import pace_of
from .problems import REFUSALS, checked_length, explain
from .settings import keywords
from .stops import Running, Stops


@dataclass(frozen=True)
class Update:
    """One step of the way. `view`: what the view is given, None: it stays as it is; `finished`: the text, once it has ended."""

    view: dict | None
    finished: Generation | None = None
    waiting: int = 0  # texts that are written before this one
    problem: dict[str, str] | None = None


def written(
    scheduler: Scheduler, stops: Stops, session: str, prompt: str, settings: dict[str, object], limits: Operator = USUAL_LIMITS
) -> Iterator[Update]:
    """The text after `prompt`. Its reader may leave between two updates: nothing goes on then."""
    event, begun = Running(session, "write"), False
    try:
        chosen = keywords(settings, limits.most_tokens(scheduler.lm.context_length))
        steps = scheduler.stream(checked_length(prompt, limits.max_characters), user=session, stop_event=event, **chosen)
        stops.begin(event)  # only now: a text that is refused leaves the one before alone
        begun = True
        yield Update(whole(steps.generation()), waiting=steps.place)
        for update in _portions(steps, pace_of(scheduler)):
            if event.is_replaced:
                return
            yield update
    except REFUSALS as problem:
        view = append_message([], start=0, stop_reason="failed") if begun else None
        yield Update(view, problem=explain(scheduler.lm, prompt, problem, too_long="too_long_to_write"))
    finally:
        stops.end(event)


def whole(generation: Generation) -> dict:
    """A generation as the view takes it; where its tokens are known by id, a click on an alternative goes on from there."""
    return generation_view(generation).payload() | {"can_branch": bool(generation.prompt_ids)}


def _portions(steps, pace: Callable[[], float]) -> Iterator[Update]:
    """A few times a second what is new.

    A portion holds that of the one before, too: a browser that was busy may have passed over one.
    """
    before: list = []
    start = 0
    for fresh in steps.portions(pace):
        ended = steps.stop_reason is not None
        message = append_message(before + fresh, start=start, stop_reason=steps.stop_reason)
        yield Update(message, steps.generation() if ended else None, steps.place)
        start, before = start + len(before), fresh
