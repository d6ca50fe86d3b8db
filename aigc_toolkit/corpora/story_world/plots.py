"""All plots, and the telling of one: opening, a side scene that may distract, the plot itself, a closing line.

Comes in: a `Cast`. Goes out: a `Story`: its events in order, each applied to a `World`, and the event that sums it up.
It knows no words.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from . import plots_of_giving as giving
from . import plots_of_people as people
from . import plots_of_things as things
from . import words
from .cast import Cast, Company, draw_cast
from .world import Event, World


@dataclass(frozen=True)
class Plot:
    """A way for a story to go. `summary_roles`: the cast's roles its one-sentence summary names."""

    events: Callable[[Cast], Iterator[Event]]
    summary_roles: tuple[str, ...]
    strangers: bool = False  # actor and other first meet within the plot
    places: tuple[str, ...] | None = None  # where it can happen, if not everywhere
    second_places: tuple[str, ...] | None = None  # where it can end, if not everywhere


PLOTS = {
    "lost_and_found": Plot(things.lost_and_found, ("actor", "other", "thing", "place")),
    "gift": Plot(giving.gift, ("actor", "other", "thing")),
    "broken_toy": Plot(things.broken_toy, ("actor", "other", "thing")),
    "trade": Plot(giving.trade, ("actor", "other", "thing", "second")),
    "treasure": Plot(giving.treasure, ("actor", "other", "thing", "place")),
    "borrowed": Plot(giving.borrowed, ("actor", "other", "thing")),
    "quarrel": Plot(things.quarrel, ("actor", "other", "thing")),
    "stuck": Plot(things.stuck, ("actor", "other", "thing", "place"), places=words.HIGH_OR_DEEP),
    "handmade": Plot(giving.handmade, ("actor", "other", "thing")),
    "market": Plot(giving.market, ("actor", "thing", "place"), places=words.SHOPS),
    "moved": Plot(things.moved, ("actor", "other", "thing", "second_place")),
    "confession": Plot(things.confession, ("actor", "other", "thing")),
    "refusal": Plot(giving.refusal, ("actor", "other", "thing")),
    "delivery": Plot(giving.delivery, ("actor", "other", "thing", "second_place")),
    "hiding_game": Plot(things.hiding_game, ("actor", "other", "thing", "place")),
    "mistake": Plot(things.mistake, ("actor", "other", "thing")),
    "chain": Plot(giving.chain, ("actor", "other", "third", "thing")),
    "mended": Plot(things.mended, ("actor", "other", "thing")),
    "waiting": Plot(giving.waiting, ("actor", "other", "thing", "place")),
    "shelter": Plot(people.shelter, ("actor", "other", "weather", "second_place"), second_places=words.UNDER_A_ROOF),
    "rescue": Plot(people.rescue, ("actor", "animal", "place")),
    "contest": Plot(people.contest, ("actor", "contest", "thing")),
    "lesson": Plot(people.lesson, ("actor", "other", "skill")),
    "new_friend": Plot(people.new_friend, ("actor", "other", "place"), strangers=True),
    "party": Plot(people.party, ("actor", "other", "occasion", "thing")),
    "meal": Plot(people.meal, ("actor", "other", "food")),
    "lost_way": Plot(people.lost_way, ("actor", "other", "place")),
    "brave_night": Plot(people.brave_night, ("actor", "other", "weather")),
}


@dataclass(frozen=True)
class Story:
    """What happened: `events` in order, the `world` after them, and `summary`, one event of the plot's kind, if it has a plot."""

    plot: str
    cast: Cast | Company
    events: tuple[Event, ...]
    world: World
    summary: Event | None


def draw_story(rng: random.Random, language: str, *, held_out: bool, plot: str | None = None) -> Story:
    """A story with a fresh cast, with a held-out combination (validation) or without one (training); `plot=None` draws one."""
    plot = plot or rng.choice(list(PLOTS))
    rules = PLOTS[plot]
    cast = draw_cast(rng, language, held_out=held_out, places=rules.places, second_places=rules.second_places)
    return make_story(cast, plot)


def make_story(cast: Cast, plot: str) -> Story:
    """Tell `plot` with `cast`. Raises Contradiction if the plot asks for an impossible event (a defect of the plot)."""
    events = tuple(_told(cast, PLOTS[plot]))
    return Story(plot, cast, events, world_after(events), _summary(cast, plot))


def broken_off(story: Story, num_events: int) -> Story:
    """`story` told no further than its event number `num_events`; nothing sums it up."""
    events = story.events[:num_events]
    return Story(story.plot, story.cast, events, world_after(events), None)


def world_after(events: Iterable[Event]) -> World:
    """The world in which nothing but `events` has happened. Raises Contradiction for one that cannot happen."""
    world = World(spots=frozenset(words.SPOTS))
    for event in events:
        world.apply(event)
    return world


def _told(cast: Cast, plot: Plot) -> Iterator[Event]:
    yield from _opening(cast, plot)
    main = list(plot.events(cast))
    owners = [cast.actor] if plot.strangers else [cast.actor, cast.other]
    if any(cast.third in event.roles.values() for event in main) or cast.maybe(0.25):
        yield Event("relate", actor=cast.actor, other=cast.third, relation=cast.third_relation)
        owners.append(cast.third)
    if "second" not in plot.summary_roles and cast.maybe(0.6):
        yield from _side_scene(cast, cast.rng.choice(owners))
    yield from main
    if cast.maybe(0.7):
        yield from _closing(cast)


def _opening(cast: Cast, plot: Plot) -> Iterator[Event]:
    named = cast.maybe(0.8)
    yield Event("introduce" if named else "introduce_plain", actor=cast.actor, trait=cast.trait if named else None)
    if not plot.strangers:
        yield Event("relate", actor=cast.actor, other=cast.other, relation=cast.relation)


def _side_scene(cast: Cast, person: str) -> Iterator[Event]:
    if person == cast.other and cast.maybe():
        yield Event("introduce_trait", actor=person, trait=cast.other_trait)
    yield Event("own", actor=person, thing=cast.second)
    if cast.maybe(0.75):
        yield Event("put", actor=person, thing=cast.second, place=cast.rng.choice(words.SPOTS))


def _closing(cast: Cast) -> Iterator[Event]:
    if cast.maybe():
        yield Event("end_friends", actor=cast.actor, other=cast.other)
    else:
        yield Event("end_alone", actor=cast.actor)


def _summary(cast: Cast, plot: str) -> Event:
    renamed = {"second_place": "place", "food": "thing"}
    roles = {renamed.get(role, role): getattr(cast, role) for role in PLOTS[plot].summary_roles}
    return Event(plot, **roles)
