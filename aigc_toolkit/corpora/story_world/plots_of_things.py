"""Plots that turn on an object: lost, given, broken, lent, hidden, moved, traded, made, bought.

Each plot takes a `Cast` and yields the `Event`s of its story in order; the opening (who is who) and the closing line are
written by `plots`. Events are consistent by construction and checked by the world that they are applied to.
"""

from __future__ import annotations

from collections.abc import Iterator

from .cast import Cast
from .world import Event


def feel(person: str, feeling: str, cause: Event | None = None) -> Event:
    """`person` comes to feel something, because of `cause` where one is given."""
    return Event("feel", actor=person, feeling=feeling, cause=cause)


def thanks(c: Cast, who: str, whom: str, probability: float = 0.6) -> Iterator[Event]:
    if c.maybe(probability):
        yield Event("thank", actor=who, other=whom)


def arrive(c: Cast, who: str, place: str) -> Event:
    """Somebody goes somewhere; in half of the stories it is said when."""
    return Event("go", actor=who, place=place, time=c.time if c.maybe() else None)


def go_to(c: Cast, who: str, place: str) -> Event:
    return Event("go", actor=who, place=place)


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
