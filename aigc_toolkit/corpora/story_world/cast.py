"""Who and what takes part in one story: a seeded draw from the lexicon, with held-out combinations respected.

Comes in: a random generator, a language (it decides the names) and the split. Goes out: a `Cast`, all in lexicon keys. It does
not know what will happen to the cast.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from . import words

HELD_OUT_SHARE = 40  # one of so many combinations of name, object and place is kept from training


@dataclass
class Cast:
    """The people, things and places of one story (lexicon keys) and the random generator its plot may ask."""

    rng: random.Random
    language: str
    actor: str
    other: str
    third: str
    thing: str
    second: str
    food: str
    place: str
    second_place: str
    third_place: str
    spot: str
    time: str
    trait: str
    other_trait: str
    relation: str
    third_relation: str
    weather: str
    animal: str
    skill: str
    contest: str
    occasion: str
    colours: dict[str, str] = field(default_factory=dict)  # thing -> colour, where it has one

    def maybe(self, probability: float = 0.5) -> bool:
        return self.rng.random() < probability

    @property
    def people(self) -> tuple[str, str, str]:
        return self.actor, self.other, self.third


@dataclass
class Company:
    """The people, things and places of one gathering (lexicon keys) and the random generator its scenes may ask."""

    rng: random.Random
    language: str
    people: tuple[str, ...]
    things: tuple[str, ...]
    areas: tuple[str, ...]
    spots: tuple[str, ...]
    colours: dict[str, str]  # thing -> colour, where it has one

    def maybe(self, probability: float = 0.5) -> bool:
        return self.rng.random() < probability

    def somebody_but(self, *people: str) -> str:
        return self.rng.choice([person for person in self.people if person not in people])


def is_held_out(name: str, thing: str, place: str) -> bool:
    """True if training never shows this person, thing and place in one story: a fixed rule over a checksum of the three keys."""
    return zlib.crc32(f"{name}|{thing}|{place}".encode()) % HELD_OUT_SHARE == 0


def held_out_combinations(cast: Cast) -> list[tuple[str, str, str]]:
    """The held-out combinations of name, object and place within one cast."""
    places = (cast.place, cast.second_place, cast.third_place, cast.spot)
    things = (cast.thing, cast.second, cast.food)
    return [(n, t, p) for n in cast.people for t in things for p in places if is_held_out(n, t, p)]


def draw_cast(
    rng: random.Random,
    language: str,
    *,
    held_out: bool,
    places: Sequence[str] | None = None,
    second_places: Sequence[str] | None = None,
) -> Cast:
    """A cast with at least one held-out combination (`held_out=True`: validation) or with none (training).

    `places` and `second_places`: the areas to choose those from, where not all will do.
    """
    while True:
        cast = _draw(rng, language, places or words.AREAS, second_places or words.AREAS)
        if bool(held_out_combinations(cast)) == held_out:
            return cast


def _draw(rng: random.Random, language: str, places: Sequence[str], second_places: Sequence[str]) -> Cast:
    names = rng.sample(list(words.GENDERS[language]), 3)
    food = rng.choice(words.FOODS)
    thing, second = rng.sample(words.NON_FOODS, 2)
    place = rng.choice(places)
    second_place = rng.choice([area for area in second_places if area != place])
    areas = (place, second_place, rng.choice([area for area in words.AREAS if area not in (place, second_place)]))
    cast = Cast(
        rng,
        language,
        *names,
        thing,
        second,
        food,
        *areas,
        spot=rng.choice(words.SPOTS),
        time=rng.choice(list(words.TIMES)),
        trait=rng.choice(list(words.TRAITS)),
        other_trait=rng.choice(list(words.TRAITS)),
        relation=draw_relation(rng, language, names[1]),
        third_relation=draw_relation(rng, language, names[2]),
        weather=rng.choice(list(words.WEATHERS)),
        animal=rng.choice(list(words.ANIMALS)),
        skill=rng.choice(list(words.SKILLS)),
        contest=rng.choice(list(words.CONTESTS)),
        occasion=rng.choice(list(words.OCCASIONS)),
    )
    cast.colours = {t: rng.choice(list(words.COLOURS)) for t in (thing, second) if rng.random() < 0.6}
    return cast


def draw_relation(rng: random.Random, language: str, person: str) -> str:
    """What somebody may be to another: no brother who is a girl."""
    forbidden = "brother" if words.GENDERS[language][person] == "f" else "sister"
    return rng.choice([relation for relation in words.RELATIONS if relation != forbidden])
