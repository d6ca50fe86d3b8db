"""Questions a story answers, with the true answers, and questions it does not answer.

Comes in: a `Story`. Goes out: `Question`s in lexicon keys; `Question.answer` is the event-like set of roles the answer names, or
None where the story does not say. It knows no words: the narrator puts a question and its answers into a language.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from . import words
from .plots import Story
from .world import Event


@dataclass(frozen=True)
class Question:
    """`asked`: an event whose kind is the question's and whose roles it names.

    `answer`: the same with the answer's roles, or None where the story does not say. `answer_role`: the role that is asked for.
    """

    asked: Event
    answer: Event | None
    answer_role: str

    @property
    def kind(self) -> str:
        return self.asked.kind


# question kind -> (event kinds it asks about, roles it names, role it asks for)
_ABOUT_EVENTS = {
    "where_found": (("find", "find_new"), ("actor", "thing"), "place"),
    "where_lost": (("lose",), ("actor", "thing"), "place"),
    "who_found": (("find", "find_new"), ("thing",), "actor"),
    "to_whom": (("give",), ("actor", "thing"), "other"),
    "who_gave": (("give",), ("other", "thing"), "actor"),
    "who_broke": (("break",), ("thing",), "actor"),
    "who_mended": (("mend",), ("thing",), "actor"),
    "where_met": (("meet",), ("actor", "other"), "place"),
    "when_went": (("go", "go_together"), ("actor", "place"), "time"),
    "who_with": (("go_together",), ("actor", "place"), "other"),
    "trait": (("introduce", "introduce_trait"), ("actor",), "trait"),
    "who_helped": (("help",), ("other",), "actor"),
    "which_weather": (("weather",), (), "weather"),
    "what_won": (("win",), ("actor", "contest"), "thing"),
    "who_taught": (("teach",), ("other", "skill"), "actor"),
    "which_animal": (("care",), ("actor",), "animal"),
    "what_ate": (("eat", "share_food"), ("actor",), "thing"),
    "what_made": (("make",), ("actor",), "thing"),
    "where_bought": (("buy",), ("actor", "thing"), "place"),
}
# question kind -> roles it names, role it asks for: read off the state at the end
_ABOUT_STATE = {
    "where_thing": (("thing",), "place"),
    "who_has": (("thing",), "actor"),
    "whose": (("thing",), "actor"),
    "colour": (("thing",), "colour"),
    "feeling_end": (("actor",), "feeling"),
    "why_feeling": (("actor", "feeling"), "cause"),
}

_OF_ABSENT_THINGS = ("where_thing", "who_has", "whose", "colour", "who_found", "who_broke")


def answerable_questions(story: Story) -> list[Question]:
    """Every question with exactly one true answer in this story."""
    found: dict[Event, set[Question]] = {}
    for question in (*_from_events(story), *_from_state(story)):
        found.setdefault(question.asked, set()).add(question)
    return [next(iter(same)) for same in found.values() if len(same) == 1]


def unanswerable_questions(story: Story, num_absent: int = 1) -> list[Question]:
    """Questions about things, people and facts this story leaves open: the right answer is that it does not say.

    `num_absent`: how many things that are not in the story are asked about.
    """
    rng = story.cast.rng
    world = story.world
    absent = [rng.choice([thing for thing in words.NON_FOODS if not world.known(thing)]) for _ in range(num_absent)]
    present = [thing for thing in world.owner if thing not in world.gone]
    named = [person for person in story.cast.people if any(person in e.roles.values() for e in story.events)]
    asked = [Event(kind, thing=thing) for thing in absent for kind in _OF_ABSENT_THINGS]
    for thing in present:
        asked += [Event(kind, thing=thing) for kind in ("colour", "who_broke", "who_found", "who_mended")]
    for person in named:
        asked += [Event(kind, actor=person) for kind in ("trait", "feeling_end", "what_made", "which_animal", "what_ate")]
        asked += [Event(kind, actor=person, thing=thing) for thing in absent for kind in ("where_found", "to_whom")]
        asked.append(Event("who_helped", other=person))
    asked.append(Event("which_weather"))
    settled = {(q.kind, *_key(q.asked)) for q in (*_from_events(story), *_from_state(story))}
    open_questions = [event for event in asked if (event.kind, *_key(event)) not in settled and not _implied(story, event)]
    return [Question(event, None, _answer_role(event.kind)) for event in open_questions]


def _key(event: Event) -> tuple:
    return tuple(sorted(event.roles.items()))


def _answer_role(kind: str) -> str:
    return _ABOUT_EVENTS[kind][2] if kind in _ABOUT_EVENTS else _ABOUT_STATE[kind][1]


def _implied(story: Story, asked: Event) -> bool:
    """True where the story suggests an answer that the question's own event kinds do not carry."""
    kinds = {e.kind for e in story.events}
    if asked.kind == "who_helped":
        return bool(kinds & {"help", "teach", "lead_home", "stay_with", "mend", "reach", "find", "give_back", "ask_help"})
    if asked.kind == "who_found":
        return bool(kinds & {"take", "reach"})
    if asked.kind == "what_ate":
        return bool(kinds & {"share_food", "eat"})
    if asked.kind == "trait":
        return asked.actor in story.world.trait
    return False


def _from_events(story: Story) -> Iterator[Question]:
    for kind, (event_kinds, given, wanted) in _ABOUT_EVENTS.items():
        for event in story.events:
            if event.kind not in event_kinds:
                continue
            roles = event.roles
            if wanted not in roles or not all(role in roles for role in given):
                continue
            asked = Event(kind, **{role: roles[role] for role in given})
            yield Question(asked, replace(asked, **{wanted: roles[wanted]}), wanted)


def _from_state(story: Story) -> Iterator[Question]:
    world = story.world
    for thing, owner in world.owner.items():
        if thing in world.gone:
            continue
        yield _state_question("whose", {"thing": thing}, actor=owner)
        if thing in world.thing_place:
            yield _state_question("where_thing", {"thing": thing}, place=world.thing_place[thing])
        else:
            yield _state_question("who_has", {"thing": thing}, actor=world.holder[thing])
        if thing in story.cast.colours:
            yield Question(Event("colour", thing=thing), Event("colour", thing=thing), "colour")
    for person, feeling in world.feeling.items():
        yield _state_question("feeling_end", {"actor": person}, feeling=feeling)
    for event in story.events:
        if event.kind == "feel" and event.cause is not None:
            asked = Event("why_feeling", actor=event.actor, feeling=event.feeling)
            yield Question(asked, replace(asked, cause=event.cause), "cause")


def _state_question(kind: str, given: dict[str, str], **wanted: str) -> Question:
    return Question(Event(kind, **given), Event(kind, **given, **wanted), next(iter(wanted)))
