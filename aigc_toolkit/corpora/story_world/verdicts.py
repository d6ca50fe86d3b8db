"""What a text says against a world: each piece of it held against what was known before.

Comes in: a `Reading`, the world and the events before it. Goes out: a `Verdict` for each piece. It does not know who
wrote the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from . import words
from .cast import Cast
from .reader import Reading, Told
from .world import Contradiction, Event, World

_STATES = {"alone", "no_food", "miss"}  # causes that are no event told before
_CAUSE_EVENTS = {"break_of": "break", "mend_of": "mend", "reach_for": "reach", "find_new": "find"}


@dataclass(frozen=True)
class Verdict:
    """Characters `start` to `end` of a text: whether they tell an event of this world, what they contradict, in words, and whether
    they tell again the event that was told before, which no plot does."""

    start: int
    end: int
    is_read: bool
    problems: tuple[str, ...] = ()
    is_again: bool = False

    @property
    def is_right(self) -> bool:
        return self.is_read and not self.problems and not self.is_again


def verdicts(reading: Reading, world: World, before: tuple[Event, ...], cast: Cast) -> list[Verdict]:
    """Each piece of `reading` against `world` (changed by it), the events told `before` and the colours of what they told of."""
    found, happened = [], [same for event in before for same in _same_fact(event)]
    colours = {thing: colour for thing, colour in cast.colours.items() if world.known(thing)}
    told_of = {replace(event, cause=None) for event in before}
    for piece in reading.pieces:
        told = piece.told
        if told is None:
            found.append(Verdict(piece.start, piece.end, is_read=False))
            continue
        problems = [*_wrong_words(told, colours, words.GENDERS[cast.language]), *_wrong_cause(told.event, happened, world)]
        try:
            world.apply(told.event)
        except Contradiction as reason:
            problems.append(str(reason))
        colours = told.colours | colours
        happened += _same_fact(told.event)
        said = tuple(f"{told.event.kind}: {problem}" for problem in problems)
        bare = replace(told.event, cause=None)  # a reason given later tells nothing else
        found.append(Verdict(piece.start, piece.end, is_read=True, problems=said, is_again=bare in told_of))
        told_of.add(bare)
    return found


def _wrong_words(told: Told, colours: dict[str, str], genders: dict[str, str]) -> Iterator[str]:
    for thing, colour in told.colours.items():
        if colours.get(thing, colour) != colour:
            yield f"{thing} is {colours[thing]}, not {colour}"
    for person, gender in told.genders.items():
        if genders[person] != gender:
            yield f"{person} is called {gender}"
    people = [told.event.roles[role] for role in ("actor", "other", "third") if role in told.event.roles]
    if len(set(people)) < len(people):
        yield f"{people[0]} stands in two places"


def _wrong_cause(event: Event, happened: list[Event], world: World) -> Iterator[str]:
    cause = event.cause
    if cause is None or cause.kind in _STATES:
        return
    if cause.kind == "weather":
        if world.weather != cause.weather:
            yield f"no {cause.weather} came"
        return
    kind = _CAUSE_EVENTS.get(cause.kind, cause.kind)
    wanted = {role: key for role, key in cause.roles.items() if not (cause.kind != kind and role == "other")}
    if not any(e.kind == kind and wanted.items() <= e.roles.items() for e in happened):
        yield f"{cause.kind} did not happen so"


def _same_fact(event: Event) -> Iterator[Event]:
    """The event, and the events of which it is another way to say them."""
    yield event
    if event.kind == "trade":
        yield Event("trade", actor=event.other, other=event.actor, thing=event.second, second=event.thing)
    elif event.kind == "quarrel":
        yield Event("quarrel", actor=event.other, other=event.actor, thing=event.thing)
    elif event.kind == "find_new":
        yield Event("find", actor=event.actor, thing=event.thing, place=event.place)
