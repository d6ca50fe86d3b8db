"""What the built-in model practises on: prompts of the story world, each with a judge of what is written after it.

Comes in: a seed. Goes out: `Exercise`s, a function of the seed, the round and how often each kind of question, and the sentences of
each plot's stories, were right: what is more often wrong is asked for more often. It knows no model and no tokens.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from aigc_toolkit.corpora.chat_format import END_OF_TURN, ROLE_TOKENS, Message, render_messages
from aigc_toolkit.corpora.story_world import make_document
from aigc_toolkit.corpora.story_world.beginnings import beginning

NOT_SAID = "not_said"
QUESTIONED = ("lesson", "gathering", "opening")  # the forms of documents whose questions are asked
STORIES_TO_CHOOSE_FROM = 8  # for each that is gone on with
FIRST_GUESS = 0.85  # of the share that is right, by kind
MEMORY = 0.97  # share of a kind's estimate that stays after one more exercise of it
LEAST = 0.02  # weight of a kind that is always right, where one that never is has 1


@dataclass(frozen=True)
class Passage:
    """Characters `start` to `end` of what was written, and its reward: 1 right, 0 wrong."""

    start: int
    end: int
    reward: float


@dataclass(frozen=True)
class Exercise:
    """A prompt, the judge of what is written after it, and the text of a right answer where there is one to learn from."""

    form: Literal["story", "question", "summary"]
    kind: str  # language/kind of question, language/story/plot or language/summary
    prompt: str
    judge: Callable[[str], list[Passage]]
    right: str | None = None


class Exercises:
    """The exercises of each round, in both languages; `right` is the share that is right, by kind."""

    def __init__(self, seed: int, right: Mapping[str, float] | None = None):
        self._seed, self.right = seed, dict(right or {})

    def of_round(self, number: int, *, stories: int, questions: int, summaries: int) -> list[Exercise]:
        """So many stories to go on with, documents of which one question is asked, and stories to sum up."""
        makers = [self._story] * stories + [self._question] * questions + [self._summary] * summaries
        places = range(number * len(makers), (number + 1) * len(makers))
        return [make(place, random.Random(f"{self._seed}/{place}")) for make, place in zip(makers, places, strict=True)]

    def remember(self, kind: str, share: float) -> None:
        """Tells what share of the attempts at an exercise of that kind, or of the sentences of one, was right."""
        self.right[kind] = MEMORY * self.right.get(kind, FIRST_GUESS) + (1 - MEMORY) * share

    def _drawn(self, kinds: list[str], rng: random.Random) -> int:
        """The number of one of `kinds`, the likelier the more often its kind is wrong."""
        return rng.choices(range(len(kinds)), [1 - self.right.get(kind, FIRST_GUESS) + LEAST for kind in kinds])[0]

    def _story(self, place: int, rng: random.Random) -> Exercise:
        """One of several stories, told as far as any event from the third on, but for the last two where it is long enough."""
        places = range(place * STORIES_TO_CHOOSE_FROM, (place + 1) * STORIES_TO_CHOOSE_FROM)
        documents = [make_document(self._seed, "train", each, form="story") for each in places]
        kinds = [f"{each.language}/story/{each.story.plot}" for each in documents]
        chosen = self._drawn(kinds, rng)
        document = documents[chosen]
        num_events = max(3, rng.randint(2, max(2, len(document.story.events) - 2)))
        begun = beginning(document.story, document.language, num_events, rng)

        def judge(text: str) -> list[Passage]:
            return [Passage(verdict.start, verdict.end, float(verdict.is_right)) for verdict in begun.verdicts(text)]

        return Exercise("story", kinds[chosen], begun.text, judge)

    def _question(self, place: int, rng: random.Random) -> Exercise:
        """One question of a document, after the true answers to those before it."""
        document = make_document(self._seed, "train", place, form=rng.choice(QUESTIONED))
        kinds = [f"{document.language}/{one.question.kind if one.question.answer else NOT_SAID}" for one in document.asked]
        turn = self._drawn(kinds, rng)
        return _exact("question", kinds[turn], document.messages[: 2 * turn + 1], document.asked[turn].accepted, rng)

    def _summary(self, place: int, rng: random.Random) -> Exercise:
        document = make_document(self._seed, "train", place, form="summary")
        kind = f"{document.language}/summary"
        return _exact("summary", kind, document.messages[:1], document.accepted_summaries, rng)


def _exact(form: str, kind: str, messages: tuple[Message, ...], accepted: tuple[str, ...], rng: random.Random) -> Exercise:
    """An exercise whose answer is right if it equals an accepted one to the letter."""

    def judge(text: str) -> list[Passage]:
        return [Passage(0, len(text) + 1, float(text.strip() in accepted))]  # its end is a part of it

    prompt = render_messages(messages) + ROLE_TOKENS["assistant"]
    return Exercise(form, kind, prompt, judge, right=rng.choice(accepted) + END_OF_TURN)
