"""A conversation on the page: its turns, what a visitor does to them, and the answer as it comes.

Comes in: turns, settings and the scheduler everybody's texts go through. Goes out: new turns; nothing is changed in place. What the
model really reads is the toolkit's to say. It knows no Gradio.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aigc_toolkit import Generation, Scheduler

from .operator_settings import USUAL_LIMITS, Operator
from .pace import pace_of
from .problems import REFUSALS, checked_length, explain
from .settings import keywords
from .stops import Stops


@dataclass(frozen=True)
class Turn:
    """One message. An answer keeps the `Generation` it was written as, prompt and all; a running one has none yet."""

    role: str  # "user" or "assistant"
    text: str
    generation: Generation | None = None


Turns = tuple[Turn, ...]


@dataclass(frozen=True)
class Update:
    """How a conversation stands; the last update has `running` False."""

    turns: Turns
    running: bool
    waiting: int = 0  # texts that are written before this one
    num_left_out: int = 0  # oldest messages the context has no room for
    problem: dict[str, str] | None = None


def asked(turns: Turns, text: str) -> Turns:
    """The conversation with one more question; one that got no answer gives way to it."""
    answered_ones = turns[:-1] if turns and turns[-1].role == "user" else turns
    return (*answered_ones, Turn("user", text))


def to_answer(turns: Turns, text: str) -> Turns | None:
    """The conversation with the question `text`, or as it is where its last one has no answer; None: nothing is asked."""
    if text.strip():
        return asked(turns, text)
    return turns if turns and turns[-1].role == "user" else None


def to_answer_again(turns: Turns) -> Turns:
    """The conversation up to its last question."""
    return turns[: _last_question(turns) + 1]


def undone(turns: Turns) -> tuple[Turns, str]:
    """The conversation before its last question, and that question."""
    at = _last_question(turns)
    return (turns[:at], turns[at].text) if at >= 0 else (turns, "")


def edited(turns: Turns, index: object, text: object) -> Turns:
    """The conversation up to question `index`, which now reads `text`; both come from a browser.

    Raises ValueError where there is no such question.
    """
    questions = [number for number, turn in enumerate(turns) if turn.role == "user"]
    if type(index) is not int or index not in questions or not isinstance(text, str) or not text.strip():
        raise ValueError(f"Turn {index!r} cannot become {text!r}; turns {questions} are questions. Choose one and type some text.")
    return (*turns[:index], Turn("user", text))


def answer_of(turns: Turns, index: object) -> Generation | None:
    """How answer `index` was written; None where that turn is no finished answer."""
    return turns[index].generation if type(index) is int and 0 <= index < len(turns) else None


def answered(
    scheduler: Scheduler,
    stops: Stops,
    session: str,
    turns: Turns,
    *,
    system: str,
    settings: dict[str, object],
    limits: Operator = USUAL_LIMITS,
) -> Iterator[Update]:
    """The conversation while its last question is answered. Its reader may leave between two updates: nothing goes on then."""
    event = stops.start(session, "chat")
    try:
        yield Update(turns, running=True)
        messages = [{"role": "system", "content": system}] if system.strip() else []
        messages += [{"role": turn.role, "content": turn.text} for turn in turns]
        checked_length("".join(each["content"] for each in messages), limits.max_characters)
        steps = scheduler.chat(
            messages, user=session, stop_event=event, **keywords(settings, limits.most_tokens(scheduler.lm.context_length))
        )
        for _ in steps.portions(pace_of(scheduler)):
            if event.is_replaced:
                return
            running = steps.stop_reason is None
            answer = Turn("assistant", steps.reply, None if running else steps.generation())
            begun = answer.text or not running
            yield Update((*turns, answer) if begun else turns, running, steps.place, steps.num_left_out)
    except REFUSALS as problem:
        yield Update(
            turns,
            running=False,
            problem=explain(scheduler.lm, turns[-1].text, problem, too_long="too_long_to_answer", otherwise="no_answer"),
        )
    finally:
        stops.end(event)


def _last_question(turns: Turns) -> int:
    return max((number for number, turn in enumerate(turns) if turn.role == "user"), default=-1)
