"""Plots that turn on people: weather and shelter, a hurt animal, a contest, a lesson, a new friend, a party, a meal.

Same shape as `plots_of_giving`: a `Cast` comes in, the `Event`s of the story come out in order.
"""

from __future__ import annotations

from collections.abc import Iterator

from .cast import Cast
from .scenes import arrive, feel, go_to, thanks
from .world import Event


def shelter(c: Cast) -> Iterator[Event]:
    shares = c.maybe()
    if shares:
        yield Event("own", actor=c.actor, thing=c.food)
    yield Event("go_together", actor=c.actor, other=c.other, place=c.place, time=c.time if c.maybe() else None)
    yield Event("weather", weather=c.weather)
    if c.maybe():
        yield feel(c.actor, "scared", Event("weather", actor=c.actor, weather=c.weather))
    yield Event("shelter", actor=c.actor, other=c.other, place=c.second_place)
    if shares:
        yield Event("share_food", actor=c.actor, other=c.other, thing=c.food)
    yield feel(c.other, c.rng.choice(["relieved", "happy"]))


def rescue(c: Cast) -> Iterator[Event]:
    yield arrive(c, c.actor, c.place)
    yield Event("find_animal", actor=c.actor, animal=c.animal, place=c.place)
    yield feel(c.actor, "worried")
    yield Event("care", actor=c.actor, animal=c.animal)
    if c.maybe():
        helped = Event("help", actor=c.other, other=c.actor)
        yield helped
        yield feel(c.actor, "grateful", helped)
    free = Event("let_go", actor=c.actor, animal=c.animal)
    yield free
    yield feel(c.actor, c.rng.choice(["happy", "proud"]), free)


def contest(c: Cast) -> Iterator[Event]:
    yield Event("enter", actor=c.actor, contest=c.contest)
    if c.maybe():
        helped = Event("help", actor=c.other, other=c.actor)
        yield helped
        yield feel(c.actor, "grateful", helped)
    won = Event("win", actor=c.actor, contest=c.contest, thing=c.thing)
    yield won
    yield feel(c.actor, c.rng.choice(["proud", "happy", "excited"]), won)
    if c.maybe():
        yield Event("show", actor=c.actor, other=c.other, thing=c.thing)
    if c.maybe():
        yield Event("put", actor=c.actor, thing=c.thing, place=c.spot)


def lesson(c: Cast) -> Iterator[Event]:
    yield Event("cannot", actor=c.actor, skill=c.skill)
    yield feel(c.actor, c.rng.choice(["sad", "worried"]))
    yield arrive(c, c.actor, c.place)
    yield Event("meet", actor=c.actor, other=c.other, place=c.place)
    yield Event("ask_help", actor=c.actor, other=c.other)
    taught = Event("teach", actor=c.other, other=c.actor, skill=c.skill)
    yield taught
    yield from thanks(c, c.actor, c.other)
    yield feel(c.actor, "proud", taught) if c.maybe() else feel(c.other, "happy", taught)


def new_friend(c: Cast) -> Iterator[Event]:
    yield feel(c.actor, "lonely", Event("alone", actor=c.actor))
    yield arrive(c, c.actor, c.place)
    met = Event("meet", actor=c.actor, other=c.other, place=c.place)
    yield met
    yield Event("own", actor=c.other, thing=c.thing)
    yield Event("show", actor=c.other, other=c.actor, thing=c.thing)
    yield Event("take_turns", actor=c.actor, other=c.other, thing=c.thing)
    yield feel(c.actor, c.rng.choice(["happy", "excited"]), met)


def party(c: Cast) -> Iterator[Event]:
    yield Event("invite", actor=c.actor, other=c.other, occasion=c.occasion)
    if c.maybe():
        yield Event("invite", actor=c.actor, other=c.third, occasion=c.occasion)
    brought = Event("bring", actor=c.other, other=c.actor, thing=c.thing)
    yield brought
    yield from thanks(c, c.actor, c.other)
    yield feel(c.actor, c.rng.choice(["happy", "surprised", "grateful"]), brought)
    if c.maybe(0.7):
        yield Event("put", actor=c.actor, thing=c.thing, place=c.spot)


def meal(c: Cast) -> Iterator[Event]:
    yield Event("own", actor=c.actor, thing=c.food)
    yield arrive(c, c.actor, c.place)
    yield Event("meet", actor=c.actor, other=c.other, place=c.place)
    yield feel(c.other, "hungry", Event("no_food", actor=c.other))
    shared = Event("share_food", actor=c.actor, other=c.other, thing=c.food)
    yield shared
    yield from thanks(c, c.other, c.actor)
    yield feel(c.other, c.rng.choice(["happy", "grateful"]), shared)


def lost_way(c: Cast) -> Iterator[Event]:
    yield arrive(c, c.actor, c.place)
    if c.maybe():
        yield Event("weather", weather="fog")
    lost = Event("lose_way", actor=c.actor, place=c.place)
    yield lost
    yield feel(c.actor, "scared", lost)
    yield go_to(c, c.other, c.place)
    led = Event("lead_home", actor=c.other, other=c.actor)
    yield led
    yield from thanks(c, c.actor, c.other)
    yield feel(c.actor, c.rng.choice(["relieved", "grateful"]), led)


def brave_night(c: Cast) -> Iterator[Event]:
    yield Event("weather", weather=c.weather)
    yield feel(c.actor, "scared", Event("weather", actor=c.actor, weather=c.weather))
    stayed = Event("stay_with", actor=c.other, other=c.actor)
    yield stayed
    if c.maybe():
        yield Event("own", actor=c.other, thing=c.thing)
        yield Event("lend", actor=c.other, other=c.actor, thing=c.thing)
    yield from thanks(c, c.actor, c.other)
    yield feel(c.actor, c.rng.choice(["relieved", "grateful"]), stayed)
