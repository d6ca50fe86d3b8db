"""Plots in which an object changes hands: given, traded, lent, bought, made, brought, passed on.

Each plot takes a `Cast` and yields the `Event`s of its story in order; the opening (who is who) and the closing line are written
by `plots`. Events are consistent by construction and checked by the world that they are applied to.
"""

from __future__ import annotations

from collections.abc import Iterator

from .cast import Cast
from .scenes import arrive, feel, go_to, thanks
from .world import Event


def gift(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.actor, thing=c.thing)
    yield arrive(c, c.actor, c.place)
    yield Event("meet", actor=c.actor, other=c.other, place=c.place)
    yield feel(c.other, "lonely", Event("alone", actor=c.other))
    if c.maybe():
        yield Event("show", actor=c.actor, other=c.other, thing=c.thing)
    given = Event("give", actor=c.actor, other=c.other, thing=c.thing)
    yield given
    yield from thanks(c, c.other, c.actor)
    yield feel(c.other, c.rng.choice(["happy", "grateful"]), given)


def trade(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.actor, thing=c.thing)
    yield Event("own", actor=c.other, thing=c.second)
    yield arrive(c, c.actor, c.place)
    yield Event("meet", actor=c.actor, other=c.other, place=c.place)
    if c.maybe():
        yield Event("show", actor=c.actor, other=c.other, thing=c.thing)
    traded = Event("trade", actor=c.actor, other=c.other, thing=c.thing, second=c.second)
    yield traded
    yield feel(c.rng.choice([c.actor, c.other]), c.rng.choice(["happy", "excited"]), traded)


def treasure(c: Cast) -> Iterator[Event]:
    yield arrive(c, c.actor, c.place)
    found = Event("find_new", actor=c.actor, thing=c.thing, place=c.place)
    yield found
    yield feel(c.actor, c.rng.choice(["excited", "surprised"]), found)
    yield Event("carry", actor=c.actor, thing=c.thing, place=c.second_place)
    yield Event("show", actor=c.actor, other=c.other, thing=c.thing)
    if c.maybe():
        yield Event("put", actor=c.actor, thing=c.thing, place=c.spot)


def borrowed(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.other, thing=c.thing)
    yield Event("ask_for", actor=c.actor, other=c.other, thing=c.thing)
    lent = Event("lend", actor=c.other, other=c.actor, thing=c.thing)
    yield lent
    yield feel(c.actor, c.rng.choice(["happy", "grateful"]), lent)
    yield Event("carry", actor=c.actor, thing=c.thing, place=c.place)
    if c.maybe():
        yield Event("show", actor=c.actor, other=c.third, thing=c.thing)
    back = Event("give_back", actor=c.actor, other=c.other, thing=c.thing)
    yield back
    yield from thanks(c, c.actor, c.other)
    yield feel(c.other, c.rng.choice(["happy", "relieved"]), back)


def handmade(c: Cast) -> Iterator[Event]:
    made = Event("make", actor=c.actor, thing=c.thing)
    yield made
    yield feel(c.actor, "proud", made)
    yield Event("carry", actor=c.actor, thing=c.thing, place=c.place)
    yield Event("meet", actor=c.actor, other=c.other, place=c.place)
    given = Event("give", actor=c.actor, other=c.other, thing=c.thing)
    yield given
    yield from thanks(c, c.other, c.actor)
    yield feel(c.other, c.rng.choice(["happy", "surprised"]), given)


def market(c: Cast) -> Iterator[Event]:
    yield arrive(c, c.actor, c.place)
    yield Event("buy", actor=c.actor, thing=c.thing, place=c.place)
    if c.maybe():
        yield Event("carry", actor=c.actor, thing=c.thing, place=c.second_place)
    if c.maybe():
        yield Event("show", actor=c.actor, other=c.other, thing=c.thing)
    yield Event("go_home", actor=c.actor)
    yield Event("put", actor=c.actor, thing=c.thing, place=c.spot)
    yield feel(c.actor, "happy")


def refusal(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.actor, thing=c.thing)
    yield Event("ask_for", actor=c.other, other=c.actor, thing=c.thing)
    no = Event("refuse", actor=c.actor, other=c.other, thing=c.thing)
    yield no
    yield feel(c.other, "sad", no)
    if c.maybe():
        yield feel(c.actor, "sorry", no)
    yield Event("apologize", actor=c.actor, other=c.other)
    lent = Event("lend", actor=c.actor, other=c.other, thing=c.thing)
    yield lent
    yield from thanks(c, c.other, c.actor)
    yield feel(c.other, c.rng.choice(["happy", "grateful"]), lent)


def delivery(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.actor, thing=c.thing)
    yield Event("carry", actor=c.actor, thing=c.thing, place=c.place)
    if c.maybe():
        yield Event("meet", actor=c.actor, other=c.third, place=c.place)
    yield Event("carry", actor=c.actor, thing=c.thing, place=c.second_place)
    yield Event("meet", actor=c.actor, other=c.other, place=c.second_place)
    given = Event("give", actor=c.actor, other=c.other, thing=c.thing)
    yield given
    yield from thanks(c, c.other, c.actor)
    yield feel(c.other, c.rng.choice(["happy", "surprised"]), given)


def chain(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.actor, thing=c.thing)
    yield arrive(c, c.actor, c.place)
    yield Event("meet", actor=c.actor, other=c.other, place=c.place)
    yield Event("give", actor=c.actor, other=c.other, thing=c.thing)
    yield from thanks(c, c.other, c.actor, 0.4)
    yield Event("carry", actor=c.other, thing=c.thing, place=c.second_place)
    yield Event("meet", actor=c.other, other=c.third, place=c.second_place)
    given = Event("give", actor=c.other, other=c.third, thing=c.thing)
    yield given
    yield feel(c.third, c.rng.choice(["happy", "grateful", "surprised"]), given)


def waiting(c: Cast) -> Iterator[Event]:
    yield arrive(c, c.actor, c.place)
    waited = Event("wait", actor=c.actor, other=c.other, place=c.place)
    yield waited
    yield feel(c.actor, c.rng.choice(["lonely", "worried"]), waited)
    yield go_to(c, c.other, c.place)
    yield Event("apologize", actor=c.other, other=c.actor)
    brought = Event("bring", actor=c.other, other=c.actor, thing=c.thing)
    yield brought
    yield feel(c.actor, c.rng.choice(["happy", "surprised"]), brought)
