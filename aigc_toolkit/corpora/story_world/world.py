"""The world a story happens in: events go in, a state that follows from them comes out.

An `Event` names what happened and who, what and where took part, by language-neutral keys of the lexicon. A `World` applies
events one after another and refuses those that contradict its state (one cannot give away what one does not hold). Writing
uses it to keep plots honest; measuring uses it to find contradictions in what a model wrote. It knows no words of any language.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property


@dataclass(frozen=True)
class Event:
    """One thing that happened. Every role but `kind` is a lexicon key or None; `cause` is the event a feeling follows from."""

    kind: str
    actor: str | None = None
    other: str | None = None
    third: str | None = None
    thing: str | None = None
    second: str | None = None
    place: str | None = None
    second_place: str | None = None
    time: str | None = None
    feeling: str | None = None
    trait: str | None = None
    relation: str | None = None
    weather: str | None = None
    animal: str | None = None
    skill: str | None = None
    contest: str | None = None
    occasion: str | None = None
    cause: Event | None = None

    @cached_property
    def roles(self) -> dict[str, str]:
        """The roles that are filled, without `kind` and `cause`."""
        named = {name: getattr(self, name) for name in ROLES}
        return {role: value for role, value in named.items() if value is not None}


ROLES = tuple(f.name for f in fields(Event) if f.name not in ("kind", "cause"))


class Contradiction(ValueError):
    """An event that cannot have happened in this world, with the reason."""


@dataclass
class World:
    """What holds now: who owns and holds what, where things and people are, how people are and feel."""

    spots: frozenset[str] = frozenset()  # places too small for a person: one reaches into them from anywhere
    owner: dict[str, str] = field(default_factory=dict)
    holder: dict[str, str] = field(default_factory=dict)
    thing_place: dict[str, str] = field(default_factory=dict)
    person_place: dict[str, str] = field(default_factory=dict)
    trait: dict[str, str] = field(default_factory=dict)
    feeling: dict[str, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)  # eaten
    skills: set[tuple[str, str]] = field(default_factory=set)
    weather: str | None = None

    def apply(self, event: Event) -> None:
        """Let `event` happen. Raises Contradiction where the state forbids it; the state is then unchanged."""
        rule = _RULES.get(event.kind)
        if rule is not None:
            rule(self, event)

    def known(self, thing: str) -> bool:
        return thing in self.owner

    def _require(self, condition: bool, reason: str) -> None:
        if not condition:
            raise Contradiction(reason)

    def _require_held(self, person: str | None, thing: str) -> None:
        """`person` is None where a text does not say who; nobody in particular holds nothing."""
        self._require(thing in self.holder and self.holder[thing] == person, f"{person} does not hold {thing}")

    def _require_at(self, person: str, place: str) -> None:
        here = self.person_place.get(person)
        self._require(place in self.spots or here in (None, place), f"{person} is at {here}, not at {place}")

    def _hand_over(self, thing: str, person: str) -> None:
        self.holder[thing] = person
        self.thing_place.pop(thing, None)

    def _lay_down(self, thing: str, place: str) -> None:
        self.thing_place[thing] = place
        self.holder.pop(thing, None)

    def _arrive(self, person: str, place: str) -> None:
        if place not in self.spots:
            self.person_place[person] = place


def _introduce(world: World, e: Event) -> None:
    before = world.trait.get(e.actor)
    world._require(before in (None, e.trait), f"{e.actor} is {before}")
    world.trait[e.actor] = e.trait


def _new_thing(world: World, e: Event) -> None:
    world._require(not world.known(e.thing), f"{e.thing} is already in the story")
    owner = e.other if e.kind == "bring" else e.actor
    if e.place:
        world._require_at(e.actor, e.place)
        world._arrive(e.actor, e.place)
    world.owner[e.thing] = owner
    world._hand_over(e.thing, owner)


def _go(world: World, e: Event) -> None:
    world._require(world.person_place.get(e.actor) != e.place, f"{e.actor} is at {e.place} already")
    for person in filter(None, (e.actor, e.other)):
        world._arrive(person, e.place)


def _be_there(world: World, e: Event) -> None:
    for person in filter(None, (e.actor, e.other) if e.kind == "meet" else (e.actor,)):
        world._require_at(person, e.place)
        world._arrive(person, e.place)


def _go_home(world: World, e: Event) -> None:
    world.person_place.pop(e.actor, None)


def _lead_home(world: World, e: Event) -> None:
    world.person_place.pop(e.actor, None)
    world.person_place.pop(e.other, None)


def _lay_down(world: World, e: Event) -> None:
    world._require_held(e.actor, e.thing)
    world._require_at(e.actor, e.place)
    world._arrive(e.actor, e.place)
    world._lay_down(e.thing, e.place)


def _pick_up(world: World, e: Event) -> None:
    where = world.thing_place.get(e.thing)
    world._require(where == e.place, f"{e.thing} is not at {e.place} but {where or world.holder.get(e.thing)}")
    world._require_at(e.actor, e.place)
    world._arrive(e.actor, e.place)
    world._hand_over(e.thing, e.actor)


def _miss(world: World, e: Event) -> None:
    world._require(world.holder.get(e.thing) != e.actor, f"{e.actor} holds {e.thing}")


def _search(world: World, e: Event) -> None:
    world._require(world.thing_place.get(e.thing) != e.place, f"{e.thing} is at {e.place}")
    world._require(world.holder.get(e.thing) != e.actor, f"{e.actor} holds {e.thing}")
    world._arrive(e.actor, e.place)


def _give(world: World, e: Event) -> None:
    world._require_held(e.actor, e.thing)
    world._hand_over(e.thing, e.other)
    world.owner[e.thing] = e.other


def _lend(world: World, e: Event) -> None:
    world._require_held(e.actor, e.thing)
    world._hand_over(e.thing, e.other)


def _give_back(world: World, e: Event) -> None:
    world._require_held(e.actor, e.thing)
    world._require(world.owner[e.thing] == e.other, f"{e.thing} belongs to {world.owner[e.thing]}")
    world._hand_over(e.thing, e.other)


def _trade(world: World, e: Event) -> None:
    world._require_held(e.actor, e.thing)
    world._require_held(e.other, e.second)
    for thing, person in ((e.thing, e.other), (e.second, e.actor)):
        world._hand_over(thing, person)
        world.owner[thing] = person


def _break(world: World, e: Event) -> None:
    world._require(world.known(e.thing) and e.thing not in world.broken, f"{e.thing} cannot break now")
    world.broken.add(e.thing)


def _mend(world: World, e: Event) -> None:
    world._require(e.thing in world.broken, f"{e.thing} is not broken")
    world.broken.discard(e.thing)


def _eat(world: World, e: Event) -> None:
    world._require_held(e.actor, e.thing)
    world.holder.pop(e.thing)
    world.gone.add(e.thing)


def _carry(world: World, e: Event) -> None:
    world._require_held(e.actor, e.thing)
    world._require(world.person_place.get(e.actor) != e.place, f"{e.actor} is at {e.place} already")
    world._arrive(e.actor, e.place)


def _move(world: World, e: Event) -> None:
    world._require(e.thing in world.thing_place, f"nobody laid {e.thing} down")
    world._require(world.thing_place[e.thing] != e.place, f"{e.thing} is at {e.place} already")
    world._lay_down(e.thing, e.place)


def _show(world: World, e: Event) -> None:
    world._require_held(e.actor, e.thing)


def _by_mistake(world: World, e: Event) -> None:
    world._require(world.owner.get(e.thing) == e.other, f"{e.thing} does not belong to {e.other}")
    world._hand_over(e.thing, e.actor)


def _refuse(world: World, e: Event) -> None:
    world._require_held(e.actor, e.thing)


def _ask_for(world: World, e: Event) -> None:
    world._require_held(e.other, e.thing)


def _cannot(world: World, e: Event) -> None:
    world._require((e.actor, e.skill) not in world.skills, f"{e.actor} can {e.skill}")


def _teach(world: World, e: Event) -> None:
    world.skills |= {(e.actor, e.skill), (e.other, e.skill)}


def _weather(world: World, e: Event) -> None:
    world.weather = e.weather


def _feel(world: World, e: Event) -> None:
    world.feeling[e.actor] = e.feeling


_RULES = {
    **dict.fromkeys(("introduce", "introduce_trait"), _introduce),
    **dict.fromkeys(("own", "find_new", "make", "buy", "win", "bring"), _new_thing),
    **dict.fromkeys(("go", "go_together", "shelter"), _go),
    **dict.fromkeys(("meet", "wait", "lose_way"), _be_there),
    "go_home": _go_home,
    "lead_home": _lead_home,
    **dict.fromkeys(("put", "hide", "lose", "stuck"), _lay_down),
    **dict.fromkeys(("take", "find", "reach"), _pick_up),
    "miss": _miss,
    "search": _search,
    "give": _give,
    "lend": _lend,
    "give_back": _give_back,
    "trade": _trade,
    "break": _break,
    "mend": _mend,
    **dict.fromkeys(("eat", "share_food"), _eat),
    "carry": _carry,
    "move": _move,
    "show": _show,
    "by_mistake": _by_mistake,
    "refuse": _refuse,
    "ask_for": _ask_for,
    "cannot": _cannot,
    "teach": _teach,
    "weather": _weather,
    "feel": _feel,
}
