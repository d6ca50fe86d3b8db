"""Plots that turn on what happens to an object: lost, stuck, broken, hidden, moved, taken by mistake.

Same shape as `plots_of_giving`: a `Cast` comes in, the `Event`s of the story come out in order.
"""

from __future__ import annotations

from collections.abc import Iterator

from .cast import Cast
from .scenes import arrive, feel, go_to, thanks
from .world import Event


def lost_and_found(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.actor, thing=c.thing)
    yield arrive(c, c.actor, c.place)
    lost = Event("lose", actor=c.actor, thing=c.thing, place=c.place)
    yield lost
    if c.maybe():
        yield go_to(c, c.actor, c.second_place)
    yield Event("miss", actor=c.actor, thing=c.thing)
    yield feel(c.actor, c.rng.choice(["sad", "worried"]), lost)
    if c.maybe(0.7):
        yield (
            Event("search", actor=c.actor, thing=c.thing, place=c.third_place)
            if c.maybe()
            else Event("ask_help", actor=c.actor, other=c.other)
        )
    yield go_to(c, c.other, c.place)
    yield Event("find", actor=c.other, thing=c.thing, place=c.place)
    back = Event("give_back", actor=c.other, other=c.actor, thing=c.thing)
    yield back
    yield from thanks(c, c.actor, c.other)
    yield feel(c.actor, c.rng.choice(["happy", "relieved", "grateful"]), back)


def broken_toy(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.actor, thing=c.thing)
    yield Event("ask_for", actor=c.other, other=c.actor, thing=c.thing)
    yield Event("lend", actor=c.actor, other=c.other, thing=c.thing)
    yield Event("break", actor=c.other, thing=c.thing)
    broken = Event("break_of", actor=c.other, other=c.actor, thing=c.thing)
    yield feel(c.actor, c.rng.choice(["angry", "sad"]), broken)
    yield Event("apologize", actor=c.other, other=c.actor)
    yield Event("mend", actor=c.other, thing=c.thing)
    yield Event("give_back", actor=c.other, other=c.actor, thing=c.thing)
    if c.maybe():
        yield Event("forgive", actor=c.actor, other=c.other)
    yield feel(c.actor, "happy", Event("mend_of", actor=c.other, other=c.actor, thing=c.thing))


def quarrel(c: Cast) -> Iterator[Event]:
    yield Event("go_together", actor=c.actor, other=c.other, place=c.place, time=c.time if c.maybe() else None)
    yield Event("find_new", actor=c.actor, thing=c.thing, place=c.place)
    fight = Event("quarrel", actor=c.actor, other=c.other, thing=c.thing)
    yield fight
    yield feel(c.rng.choice([c.actor, c.other]), c.rng.choice(["angry", "sad"]), fight)
    yield Event("apologize", actor=c.other, other=c.actor)
    yield Event("forgive", actor=c.actor, other=c.other)
    yield Event("take_turns", actor=c.actor, other=c.other, thing=c.thing)


def stuck(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.actor, thing=c.thing)
    yield arrive(c, c.actor, c.place)
    trapped = Event("stuck", actor=c.actor, thing=c.thing, place=c.place)
    yield trapped
    yield feel(c.actor, c.rng.choice(["worried", "sad"]), trapped)
    yield Event("ask_help", actor=c.actor, other=c.other)
    yield Event("reach", actor=c.other, thing=c.thing, place=c.place)
    yield Event("give_back", actor=c.other, other=c.actor, thing=c.thing)
    yield from thanks(c, c.actor, c.other)
    yield feel(c.actor, c.rng.choice(["happy", "grateful"]), Event("reach_for", c.other, c.actor, thing=c.thing))


def moved(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.actor, thing=c.thing)
    yield Event("put", actor=c.actor, thing=c.thing, place=c.spot)
    yield arrive(c, c.actor, c.place)
    yield Event("move", actor=c.other, thing=c.thing, place=c.second_place)
    yield Event("go_home", actor=c.actor)
    yield Event("search", actor=c.actor, thing=c.thing, place=c.spot)
    yield feel(c.actor, c.rng.choice(["worried", "surprised"]), Event("miss", actor=c.actor, thing=c.thing))
    yield Event("ask_help", actor=c.actor, other=c.other)
    found = Event("find", actor=c.actor, thing=c.thing, place=c.second_place)
    yield found
    yield feel(c.actor, c.rng.choice(["relieved", "happy"]), found)


def confession(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.other, thing=c.thing)
    yield Event("lend", actor=c.other, other=c.actor, thing=c.thing)
    broke = Event("break", actor=c.actor, thing=c.thing)
    yield broke
    yield feel(c.actor, c.rng.choice(["sorry", "scared"]), broke)
    yield Event("hide", actor=c.actor, thing=c.thing, place=c.spot)
    if c.maybe():
        yield Event("search", actor=c.other, thing=c.thing, place=c.place)
    told = Event("confess", actor=c.actor, other=c.other, thing=c.thing)
    yield told
    yield Event("forgive", actor=c.other, other=c.actor)
    yield feel(c.actor, "relieved", told)


def hiding_game(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.other, thing=c.thing)
    yield Event("hide", actor=c.other, thing=c.thing, place=c.place)
    yield Event("search", actor=c.actor, thing=c.thing, place=c.second_place)
    if c.maybe():
        yield Event("search", actor=c.actor, thing=c.thing, place=c.spot)
    yield go_to(c, c.actor, c.place)
    found = Event("find", actor=c.actor, thing=c.thing, place=c.place)
    yield found
    yield feel(c.actor, c.rng.choice(["proud", "happy", "excited"]), found)


def mistake(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.other, thing=c.thing)
    yield Event("go_together", actor=c.actor, other=c.other, place=c.place, time=c.time if c.maybe() else None)
    wrong = Event("by_mistake", actor=c.actor, other=c.other, thing=c.thing)
    yield wrong
    yield Event("miss", actor=c.other, thing=c.thing)
    yield feel(c.actor, "sorry", wrong)
    back = Event("give_back", actor=c.actor, other=c.other, thing=c.thing)
    yield back
    if c.maybe():
        yield Event("apologize", actor=c.actor, other=c.other)
    yield feel(c.other, c.rng.choice(["relieved", "happy"]), back)


def mended(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.actor, thing=c.thing)
    broke = Event("break", actor=c.actor, thing=c.thing)
    yield broke
    yield feel(c.actor, "sad", broke)
    yield Event("carry", actor=c.actor, thing=c.thing, place=c.place)
    yield Event("meet", actor=c.actor, other=c.other, place=c.place)
    yield Event("ask_help", actor=c.actor, other=c.other)
    yield Event("mend", actor=c.other, thing=c.thing)
    yield from thanks(c, c.actor, c.other)
    repaired = Event("mend_of", actor=c.other, other=c.actor, thing=c.thing)
    yield feel(c.actor, c.rng.choice(["happy", "grateful"]), repaired)
