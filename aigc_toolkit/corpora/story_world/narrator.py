"""Events into sentences, questions and answers into text, in one language.

Comes in: a `Story` or a `Question` (lexicon keys). Goes out: text. Patterns are chosen by the story's own random generator; a
pattern is only used where it names every role of its event, so that no fact gets lost in the telling. It does not know what
may happen, nor which questions have answers.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from itertools import product

from . import words
from .languages import LANGUAGES
from .questions import Question
from .world import Event

_SLOT = re.compile(r"{(\w+)}")
_SENTENCE_START = re.compile(r"(^|[.!?] |\n|[“\"])([a-z])")
_SCENE_KINDS = {"go", "go_together", "carry", "go_home", "weather"}


class Narrator:
    """Tells one story world's events in `language`; `colours`: thing -> colour, for the things that have one."""

    def __init__(self, language: str, colours: dict[str, str], rng: random.Random):
        self.words = LANGUAGES[language]
        self.genders = words.GENDERS[language]
        self.colours = colours
        self.rng = rng

    def tell(self, events: tuple[Event, ...]) -> str:
        """The events as prose in paragraphs, one or two sentences each."""
        paragraphs, current, previous = [], [], None
        for event in events:
            if event.kind in _SCENE_KINDS and len(current) >= 3 and self.rng.random() < 0.6:
                paragraphs.append(current)
                current, previous = [], None
            current.append(self.sentence(event, previous))
            previous = event
        return "\n".join(self.words.sentence_join.join(sentences) for sentences in (*paragraphs, current))

    def sentence(self, event: Event, previous: Event | None = None) -> str:
        """One event as one pattern's sentence; the actor may become a pronoun where `previous` makes it clear."""
        pattern = self.rng.choice(self._fitting(event))
        if pattern.startswith("{actor}") and self._clear_subject(event, previous) and self.rng.random() < 0.6:
            pattern = "{he}" + pattern.removeprefix("{actor}")
        slots = self._slots(event, colour_chance=0.35)
        if event.cause is not None:
            slots["cause"] = self.rng.choice(self.clauses(event.cause, event.actor))
        return self._fill(pattern, slots)

    def question(self, question: Question) -> str:
        return self._fill(self.rng.choice(self.words.questions[question.kind]), self._slots(question.asked))

    def answers(self, question: Question) -> list[str]:
        """Every accepted wording of the true answer: all patterns, things with and without their colour, all clauses."""
        if question.answer is None:
            return [self.words.not_said]
        answer = question.answer
        causes = self.clauses(answer.cause, answer.actor) if answer.cause else [None]
        texts = []
        for pattern, chance, cause in product(self.words.answers[question.kind], (0.0, 1.0), causes):
            slots = self._slots(answer, colour_chance=chance)
            texts.append(self._fill(pattern, slots if cause is None else slots | {"cause": cause}))
        return list(dict.fromkeys(texts))

    def statement(self, question: Question) -> str:
        """What is so, in a sentence that begins with what the question is about. Its kind is one of those in `statements`."""
        return self._fill(self.rng.choice(self.words.statements[question.kind]), self._slots(question.answer))

    def summaries(self, summary: Event) -> list[str]:
        """Every accepted one-sentence summary."""
        return [self._fill(pattern, self._slots(summary)) for pattern in self.words.summaries[summary.kind]]

    def summary_request(self) -> str:
        return self.rng.choice(self.words.summary_requests)

    def clauses(self, cause: Event, feeler: str) -> list[str]:
        """All wordings of a cause as the clause after "because"; the feeler is a pronoun in it."""
        role = "actor" if cause.actor == feeler else "other"
        patterns = self.words.clauses[(cause.kind, role)]
        return [pattern.format_map(self._slots(cause)) for pattern in patterns]

    def _fitting(self, event: Event) -> list[str]:
        needed = event.roles.keys() | ({"cause"} if event.cause is not None else set())
        optional = {"time", "cause"} - needed
        patterns = self.words.sentences[event.kind]
        return [p for p in patterns if needed & {"time", "cause"} <= roles_named(p) and not optional & roles_named(p)]

    def _clear_subject(self, event: Event, previous: Event | None) -> bool:
        """Whether "he" or "she" can only mean this event's actor: no other person of that gender was in the sentence before."""
        if previous is None or previous.actor != event.actor:
            return False
        people = {previous.other, previous.third, event.other, event.third} - {None}
        return all(self.genders[person] != self.genders[event.actor] for person in people)

    def _slots(self, event: Event, colour_chance: float = 0.0) -> dict[str, str]:
        slots: dict[str, str] = {}
        for role, key in event.roles.items():
            slots |= self._role_slots(role, key, colour_chance)
        return slots

    def _role_slots(self, role: str, key: str, colour_chance: float) -> dict[str, str]:
        if role in ("actor", "other", "third"):
            prefix = {"actor": "", "other": "o_", "third": "t_"}[role]
            gender = self.genders[key]
            return {role: key, "child": self.words.child(gender)} | self.words.pronoun_slots(prefix, gender)
        if role in ("thing", "second"):
            return self._thing_slots(role, key, colour_chance)
        if role in ("place", "second_place"):
            return self.words.place_slots("" if role == "place" else "second_", key)
        if role == "animal":
            return self.words.animal_slots(key)
        return self.words.word_slots(role, key)

    def _thing_slots(self, role: str, key: str, colour_chance: float) -> dict[str, str]:
        colour = self.colours.get(key)
        said = colour if self.rng.random() < colour_chance else None
        slots = {f"a_{role}": self.words.indefinite(key, colour), role: self.words.definite(key, said)}
        if role == "thing":
            slots["noun"] = self.words.definite(key)
            if colour:
                slots["colour"] = self.words.word("colour", colour)
        return slots

    def _fill(self, pattern: str, slots: dict[str, str]) -> str:
        text = pattern.format_map(slots)
        return _SENTENCE_START.sub(lambda m: m[1] + m[2].upper(), text)


@cache
def roles_named(pattern: str) -> frozenset[str]:
    """The roles whose slots stand in a pattern, under the role's own name ("a_thing" and "noun" name the thing)."""
    return frozenset(_ROLE_OF_SLOT.get(slot, slot) for slot in _SLOT.findall(pattern))


def _role_of_slot() -> Iterator[tuple[str, str]]:
    for slot in ("a_thing", "noun"):
        yield slot, "thing"
    for slot in ("at", "to"):
        yield slot, "place"
        yield f"second_{slot}", "second_place"
    yield from (("a_second", "second"), ("an_animal", "animal"), ("a_trait", "trait"), ("Time", "time"))
    yield from ((slot, "actor") for slot in ("he", "him", "his"))
    yield from ((f"o_{slot}", "other") for slot in ("he", "him", "his"))


_ROLE_OF_SLOT = dict(_role_of_slot())
