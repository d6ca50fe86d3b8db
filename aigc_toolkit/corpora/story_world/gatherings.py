"""Stories of many people and things at once, without a plot: anything that the world allows may happen next.

Comes in: a random generator, a language, the split. Goes out: a `Story`. A plot tells of one thing and two people, so that most
questions about it can be answered without looking who is meant; here up to five people and seven things are told apart.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from . import words
from .cast import Company, draw_relation, is_held_out
from .plots import Story
from .scenes import feel, thanks
from .world import Event, World

NUM_PEOPLE, NUM_THINGS, NUM_SCENES = (2, 5), (3, 7), (3, 7)
NUM_OWNERS, NUM_BELONGINGS = (3, 6), {"en": (5, 10), "zh": (4, 7)}  # Chinese takes more tokens
COLOURED = 0.75  # share of the things that have a colour
GLAD = ("happy", "grateful", "surprised", "excited")
SORRY = ("sorry", "sad", "worried", "scared")


def draw_gathering(rng: random.Random, language: str, *, held_out: bool) -> Story:
    """A gathering with a held-out combination of name, thing and place (validation) or without one (training)."""
    return _story(_draw(rng, language, held_out, NUM_PEOPLE, NUM_THINGS), _told)


def draw_belongings(rng: random.Random, language: str, *, held_out: bool) -> Story:
    """Nothing but who has what, and where some of it was put: the most to tell apart in the fewest words."""
    return _story(_draw(rng, language, held_out, NUM_OWNERS, NUM_BELONGINGS[language]), _owned)


def _story(company: Company, tell: Callable[[Company, World], Iterator[Event]]) -> Story:
    world, events = World(spots=frozenset(words.SPOTS)), []
    for event in tell(company, world):
        world.apply(event)
        events.append(event)
    return Story("gathering", company, tuple(events), world, summary=None)


def _draw(rng: random.Random, language: str, held_out: bool, num_people: tuple[int, int], num_things: tuple[int, int]) -> Company:
    while True:
        people = tuple(rng.sample(list(words.GENDERS[language]), rng.randint(*num_people)))
        things = tuple(rng.sample(words.NON_FOODS, rng.randint(*num_things)))
        places = [(place, any(is_held_out(n, t, place) for n in people for t in things)) for place in words.PLACES]
        allowed = [place for place, is_kept in places if held_out or not is_kept]
        areas, spots = ([place for place in allowed if (place in words.SPOTS) is wanted] for wanted in (False, True))
        if len(areas) < 3 or len(spots) < 3:
            continue
        areas, spots = rng.sample(areas, 3), rng.sample(spots, 3)
        if not held_out or any(is_kept for place, is_kept in places if place in (*areas, *spots)):
            colours = {thing: rng.choice(list(words.COLOURS)) for thing in things if rng.random() < COLOURED}
            return Company(rng, language, people, things, tuple(areas), tuple(spots), colours)


def _told(c: Company, world: World) -> Iterator[Event]:
    """Everybody, then what they are like and have, then scenes; each event is applied to `world` before the next is drawn."""
    first, *others = c.people
    trait = c.rng.choice(list(words.TRAITS)) if c.maybe() else None
    yield Event("introduce" if trait else "introduce_plain", actor=first, trait=trait)
    for person in others:
        yield Event("relate", actor=first, other=person, relation=draw_relation(c.rng, c.language, person))
    num_owned = c.rng.randint(len(c.things) // 2, len(c.things))
    facts = [Event("own", actor=c.rng.choice(c.people), thing=thing) for thing in c.things[:num_owned]]
    facts += [Event("introduce_trait", actor=p, trait=c.rng.choice(list(words.TRAITS))) for p in others if c.maybe()]
    yield from c.rng.sample(facts, len(facts))
    for _ in range(c.rng.randint(*NUM_SCENES)):
        yield from c.rng.choice(SCENES)(c, world)


def _owned(c: Company, world: World) -> Iterator[Event]:
    """Each thing with its owner; people's ways in between."""
    for thing in c.things:
        owner = c.rng.choice(c.people)
        if owner not in world.trait and c.maybe(0.2):
            yield Event("introduce_trait", actor=owner, trait=c.rng.choice(list(words.TRAITS)))
        yield Event("own", actor=owner, thing=thing)
        if c.maybe(0.4):
            yield Event("put", actor=owner, thing=thing, place=c.rng.choice(c.spots))


def _arrive(c: Company, world: World) -> Iterator[Event]:
    who = c.rng.choice(c.people)
    place = c.rng.choice([area for area in c.areas if area != world.person_place.get(who)])
    carried = [thing for thing, holder in world.holder.items() if holder == who]
    if carried and c.maybe():
        yield Event("carry", actor=who, thing=c.rng.choice(carried), place=place)
    else:
        yield Event("go", actor=who, place=place, time=c.rng.choice(list(words.TIMES)) if c.maybe(0.3) else None)
    company = c.somebody_but(who)
    if world.person_place.get(company) in (None, place) and c.maybe(0.7):
        yield Event("meet", actor=who, other=company, place=place)


def _get(c: Company, world: World) -> Iterator[Event]:
    """Somebody comes by a thing that was not there before."""
    unknown = [thing for thing in c.things if not world.known(thing)]
    if not unknown:
        return
    who, thing = c.rng.choice(c.people), unknown[0]
    place = world.person_place.get(who) or c.rng.choice(c.areas)
    kind = c.rng.choice(("make", "find_new", "bring", "own"))
    other = c.somebody_but(who) if kind == "bring" else None
    got = Event(kind, actor=who, other=other, thing=thing, place=place if kind == "find_new" else None)
    yield got
    if kind != "own" and c.maybe(0.6):
        yield feel(got.other or who, c.rng.choice(GLAD), got)


def _lay_down(c: Company, world: World) -> Iterator[Event]:
    for thing, holder in _held(c, world):
        yield Event(c.rng.choice(("put", "hide")), actor=holder, thing=thing, place=c.rng.choice(c.spots))


def _pick_up(c: Company, world: World) -> Iterator[Event]:
    laid = list(world.thing_place.items())
    if laid:
        thing, place = c.rng.choice(laid)
        if c.maybe(0.3):
            yield Event("move", actor=c.rng.choice(c.people), thing=thing, place=c.rng.choice([s for s in c.spots if s != place]))
        else:
            yield Event(c.rng.choice(("take", "find")), actor=world.owner[thing], thing=thing, place=place)


def _give(c: Company, world: World) -> Iterator[Event]:
    """Something is handed on: given or lent by its owner, given back by whoever else has it."""
    for thing, holder in _held(c, world):
        owner = world.owner[thing]
        kind = "give_back" if holder != owner else c.rng.choice(("give", "give", "lend"))
        handed = Event(kind, actor=holder, other=owner if holder != owner else c.somebody_but(holder), thing=thing)
        yield handed
        yield from thanks(c, handed.other, holder, 0.2)
        if c.maybe(0.6):
            yield feel(handed.other, c.rng.choice(GLAD), handed)


def _trade(c: Company, world: World) -> Iterator[Event]:
    own = [(thing, holder) for thing, holder in world.holder.items() if world.owner[thing] == holder]
    pairs = [(*one, *other) for one in own for other in own if one[1] != other[1]]
    if pairs:
        thing, actor, second, other = c.rng.choice(pairs)
        traded = Event("trade", actor=actor, other=other, thing=thing, second=second)
        yield traded
        if c.maybe(0.6):
            yield feel(c.rng.choice((actor, other)), c.rng.choice(GLAD), traded)


def _break(c: Company, world: World) -> Iterator[Event]:
    for thing, holder in _held(c, world):
        if thing in world.broken:
            yield Event("mend", actor=c.rng.choice(c.people), thing=thing)
        else:
            broke = Event("break", actor=holder, thing=thing)
            yield broke
            if c.maybe(0.6):
                yield feel(holder, c.rng.choice(SORRY), broke)


def _show(c: Company, world: World) -> Iterator[Event]:
    for thing, holder in _held(c, world):
        yield Event("show", actor=holder, other=c.somebody_but(holder), thing=thing)


def _feel(c: Company, world: World) -> Iterator[Event]:
    yield feel(c.rng.choice(c.people), c.rng.choice(list(words.FEELINGS)))


def _held(c: Company, world: World) -> list[tuple[str, str]]:
    """One of the things that somebody holds, with its holder; nothing where nobody does."""
    return c.rng.sample(list(world.holder.items()), min(1, len(world.holder)))


Scene = Callable[[Company, World], Iterator[Event]]
SCENES: tuple[Scene, ...] = (_arrive, _get, _get, _lay_down, _lay_down, _pick_up, _give, _give, _give, _trade, _break, _show, _feel)
