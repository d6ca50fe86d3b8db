"""Text back into events: the narrator's patterns read backwards.

Comes in: text in the story world's language, by whomever it was written. Goes out: its pieces, each with the event it tells, or
without where it matches no pattern. It does not know who wrote the text, nor whether it is true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

from . import words
from .languages import LANGUAGES
from .world import Event

_SLOT = re.compile(r"{(\w+)}")
_UNIT_END = {"en": re.compile(r"[.!?][\"”]?(?:\s+|$)"), "zh": re.compile(r"[。！？][”]?\s*")}
_SMALL_CLASS = 150  # words; larger classes are matched by what stands around them


@dataclass(frozen=True)
class Told:
    """One event as a text tells it: `colours` it gives to things and `genders` it gives to people come with it."""

    event: Event
    colours: dict[str, str] = field(default_factory=dict)
    genders: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Piece:
    """Characters `start` to `end` of a text, and what they tell: one event, or None where they match no pattern."""

    start: int
    end: int
    told: Told | None


@dataclass(frozen=True)
class Reading:
    """What a text says, piece by piece: the events `told` in order, and the `unread` pieces that match no pattern."""

    text: str
    pieces: tuple[Piece, ...]

    @property
    def told(self) -> tuple[Told, ...]:
        return tuple(piece.told for piece in self.pieces if piece.told is not None)

    @property
    def unread(self) -> tuple[str, ...]:
        return tuple(self.text[piece.start : piece.end].strip() for piece in self.pieces if piece.told is None)


class Reader:
    """Reads texts of one language. A pronoun that stands for an actor means the actor of the sentence before."""

    def __init__(self, language: str):
        self.code = language
        self.words = LANGUAGES[language]
        self.genders = words.GENDERS[language]

    def read(self, text: str, previous_actor: str | None = None) -> Reading:
        """The events of `text` in order. The longest pattern that fits is taken at each place."""
        pieces, position = [], len(text) - len(text.lstrip())
        while position < len(text):
            found = self._longest(text, position, previous_actor)
            if found is None:
                end = _UNIT_END[self.code].search(text, position)
                stop = end.end() if end else len(text)
                pieces.append(Piece(position, stop, None))
                position, previous_actor = stop, None
            else:
                one, end = found
                pieces.append(Piece(position, end, one))
                position, previous_actor = end, one.event.actor
        return Reading(text, tuple(pieces))

    def _longest(self, text: str, position: int, previous_actor: str | None) -> tuple[Told, int] | None:
        matches = [
            (match.end(), kind, match.groupdict())
            for kind, pattern in self._patterns
            if (match := pattern.match(text, position)) is not None
        ]
        for end, kind, groups in sorted(matches, key=lambda found: -found[0]):
            one = self._told(kind, groups, previous_actor)
            if one is not None:
                return one, end
        return None

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern]]:
        return [
            (kind, self._compile(variant, end=r"(?:\s+|$)" if self.code == "en" else r"\s*"))
            for kind, patterns in self.words.sentences.items()
            for pattern in patterns
            for variant in _with_pronoun(pattern)
        ]

    @cached_property
    def _clauses(self) -> list[tuple[str, str, re.Pattern]]:
        return [
            (kind, feeler, self._compile(pattern, end="$"))
            for (kind, feeler), patterns in self.words.clauses.items()
            for pattern in patterns
        ]

    def _compile(self, pattern: str, *, end: str) -> re.Pattern:
        counts: dict[str, int] = {}
        text = ""
        for number, part in enumerate(_SLOT.split(pattern)):
            if number % 2 == 0:
                text += re.escape(part)
            else:
                counts[part] = counts.get(part, 0) + 1
                text += f"(?P<{part}__{counts[part]}>{self._choices(part)})"
        return re.compile(text + end, re.IGNORECASE)

    @cache  # noqa: B019 - one reader a language lives as long as the program
    def _choices(self, slot: str) -> str:
        """A short list of words where a class is small, so that two slots beside each other part at the right place."""
        meanings = {} if slot == "cause" else self._meanings(slot)
        if 0 < len(meanings) <= _SMALL_CLASS:
            return "|".join(re.escape(text) for text in sorted(meanings, key=len, reverse=True))
        return r"[^.!?。！？\n]+?"

    def _told(self, kind: str, groups: dict[str, str], previous_actor: str | None) -> Told | None:
        """The event a match tells, or None where a slot holds no word of its class."""
        roles, colours, genders, cause = {}, {}, {}, groups.pop("cause__1", None)
        for slot, text in groups.items():
            meaning = self._meanings(_base(slot)).get(text.lower())
            if meaning is None:
                return None
            role, key, colour = meaning
            if role.startswith("gender:"):
                genders[role.removeprefix("gender:")] = key
            elif roles.setdefault(role, key) != key:
                return None
            if colour:
                colours[key] = colour
        if "actor" in genders and "actor" not in roles and previous_actor:
            roles["actor"] = previous_actor
        event = Event(kind, **roles)
        if cause is not None:
            caused = self._cause(cause, event)
            if caused is None:
                return None
            event = Event(kind, **roles, cause=caused)
        named = {roles[role]: gender for role, gender in genders.items() if role in roles}
        return Told(event, colours, named)

    def _cause(self, clause: str, felt: Event) -> Event | None:
        for kind, feeler, pattern in self._clauses:
            match = pattern.match(clause)
            one = self._told(kind, match.groupdict(), None) if match else None
            if one is not None:
                roles = one.event.roles | {feeler: felt.actor}
                return Event(kind, **roles)
        return None

    @cache  # noqa: B019 - one reader a language lives as long as the program
    def _meanings(self, slot: str) -> dict[str, tuple[str, str, str | None]]:
        return dict(_slot_meanings(self.code, slot))


def _with_pronoun(pattern: str) -> Iterator[str]:
    yield pattern
    if pattern.startswith("{actor}"):
        yield "{he}" + pattern.removeprefix("{actor}")


def _base(slot: str) -> str:
    return slot.split("__")[0]


def _slot_meanings(code: str, slot: str) -> Iterator[tuple[str, tuple[str, str, str | None]]]:
    """Every text that can stand in a slot, with the role, the key and, for things, the colour it means."""
    language = LANGUAGES[code]
    if slot in ("actor", "other", "third"):
        yield from ((name.lower(), (slot, name, None)) for name in words.GENDERS[code])
    elif slot in ("thing", "a_thing", "second", "a_second"):
        yield from _thing_meanings(language, slot)
    elif slot == "child":
        yield from ((language.child(gender), ("gender:actor", gender, None)) for gender in "fm")
    elif slot.removeprefix("o_") in ("he", "him", "his"):
        role = "other" if slot.startswith("o_") else "actor"
        for gender in "fm":
            yield language.pronoun_slots("", gender)[slot.removeprefix("o_")], (f"gender:{role}", gender, None)
    elif slot.removeprefix("second_") in ("at", "to", "place"):
        role = "second_place" if slot.startswith("second_") else "place"
        prefix = "second_" if slot.startswith("second_") else ""
        yield from ((language.place_slots(prefix, key)[slot].lower(), (role, key, None)) for key in words.PLACES)
    elif slot in ("animal", "an_animal"):
        yield from ((language.animal_slots(key)[slot], ("animal", key, None)) for key in words.ANIMALS)
    else:
        role = {"a_trait": "trait", "Time": "time"}.get(slot, slot)
        for key in words.WORDS_OF_ROLE[role]:
            yield language.word_slots(role, key)[slot].lower(), (role, key, None)


def _thing_meanings(language, slot: str) -> Iterator[tuple[str, tuple[str, str, str | None]]]:
    name = language.indefinite if slot.startswith("a_") else language.definite
    role = slot.removeprefix("a_")
    for key in words.THINGS:
        for colour in (None, *words.COLOURS):
            yield name(key, colour).lower(), (role, key, colour)
