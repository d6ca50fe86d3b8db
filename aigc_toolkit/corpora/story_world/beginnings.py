"""A story told up to a point, for somebody to go on from; what they write is held against the world as it then is.

Comes in: a `Story`. Goes out: a `Beginning`: its text, and the verdict on each piece of a continuation. It does not
know who goes on.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from .narrator import Narrator
from .plots import Story, world_after
from .reader import Reader
from .verdicts import Verdict, verdicts


@dataclass(frozen=True)
class Beginning:
    """The first `num_events` events of `story`, told in `text`."""

    story: Story
    language: str
    num_events: int
    text: str

    def verdicts(self, continuation: str) -> list[Verdict]:
        """One for each piece of `continuation`, up to its last finished sentence; characters are counted from its beginning."""
        before, cast = self.story.events[: self.num_events], self.story.cast
        reading = _reader(self.language).read(_finished(continuation, self.language), previous_actor=before[-1].actor)
        return verdicts(reading, world_after(before), before, cast)


def beginning(story: Story, language: str, num_events: int, rng: random.Random) -> Beginning:
    """`story` told in `language` as far as its event number `num_events`, at least 1, in words that `rng` chooses."""
    told = Narrator(language, story.cast.colours, rng).tell(story.events[:num_events])
    return Beginning(story, language, num_events, told + _reader(language).words.sentence_join.strip())


@cache
def _reader(language: str) -> Reader:
    return Reader(language)


def _finished(text: str, language: str) -> str:
    """`text` up to its last finished sentence."""
    ends = '.!?"' if language == "en" else "。！？”"
    return text[: max((text.rfind(end) for end in ends), default=-1) + 1]
