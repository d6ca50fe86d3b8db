"""What the built-in model practises on: prompts of the story world, each with a judge of what is written after it.

Comes in: a seed. Goes out: `Exercise`s, a function of the seed, the round and how often each kind of question was answered right:
the more often a kind is answered wrong, the more often it is asked. It knows no model and no tokens.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aigc_toolkit.corpora.chat_format import END_OF_TURN, ROLE_TOKENS, Message, render_messages
from aigc_toolkit.corpora.story_world import StoryDocument, make_document
from aigc_toolkit.corpora.story_world.beginnings import beginning

NOT_SAID = "not_said"
FIRST_GUESS = 0.85  # of the share of answers that are right, by kind of question
MEMORY = 0.97  # share of a kind's estimate that stays when one more question of it was asked
LEAST = 0.02  # chance of a question whose kind is always answered right, where 1 is one whose kind never is


@dataclass(frozen=True)
class Passage:
    """Characters `start` to `end` of what was written, and its reward: 1 right, 0 wrong."""

    start: int
    end: int
    reward: float


@dataclass(frozen=True)
class Exercise:
    """A prompt, the judge of what is written after it, and the text of a right answer where there is one to learn from."""

    kind: str  # "story", "summary", or language/kind of question
    prompt: str
    judge: Callable[[str], list[Passage]]
    right: str | None = None

    @property
    def is_story(self) -> bool:
        return self.kind == "story"

    @property
    def is_question(self) -> bool:
        return "/" in self.kind


class Exercises:
    """The exercises of each round, in both languages; `right` is the share of answers that are right, by "language/kind"."""

    def __init__(self, seed: int, right: Mapping[str, float] | None = None):
        self._seed, self.right = seed, dict(right or {})

    def of_round(self, number: int, *, stories: int, questions: int, summaries: int) -> list[Exercise]:
        """So many stories to go on with, lessons of which one question is asked, and stories to sum up."""
        forms = ["story"] * stories + ["lesson"] * questions + ["summary"] * summaries
        make = {"story": self._story, "lesson": self._question, "summary": _summary}
        made = []
        for place, form in enumerate(forms, number * len(forms)):
            document = make_document(self._seed, "train", place, form=form)
            made.append(make[form](document, random.Random(f"{self._seed}/{place}")))
        return made

    def remember(self, kind: str, share: float) -> None:
        """Tells what share of the answers to a question of that kind were right."""
        self.right[kind] = MEMORY * self.right.get(kind, FIRST_GUESS) + (1 - MEMORY) * share

    def _story(self, document: StoryDocument, rng: random.Random) -> Exercise:
        """A story told as far as any event from the third on, but for the last two where it is long enough."""
        num_events = max(3, rng.randint(2, max(2, len(document.story.events) - 2)))
        begun = beginning(document.story, document.language, num_events, rng)

        def judge(text: str) -> list[Passage]:
            return [Passage(verdict.start, verdict.end, float(verdict.is_right)) for verdict in begun.verdicts(text)]

        return Exercise("story", begun.text, judge)

    def _question(self, document: StoryDocument, rng: random.Random) -> Exercise:
        """One question of a lesson, after the true answers to those before it."""
        kinds = [f"{document.language}/{one.question.kind if one.question.answer else NOT_SAID}" for one in document.asked]
        chances = [1 - self.right.get(kind, FIRST_GUESS) + LEAST for kind in kinds]
        turn = rng.choices(range(len(kinds)), chances)[0]
        return _exact(kinds[turn], document.messages[: 2 * turn + 1], document.asked[turn].accepted, rng)


def _summary(document: StoryDocument, rng: random.Random) -> Exercise:
    return _exact("summary", document.messages[:1], document.accepted_summaries, rng)


def _exact(kind: str, messages: tuple[Message, ...], accepted: tuple[str, ...], rng: random.Random) -> Exercise:
    """An exercise whose answer is right if it equals an accepted one to the letter."""

    def judge(text: str) -> list[Passage]:
        return [Passage(0, len(text) + 1, float(text.strip() in accepted))]  # its end is a part of it

    prompt = render_messages(messages) + ROLE_TOKENS["assistant"]
    return Exercise(kind, prompt, judge, right=rng.choice(accepted) + END_OF_TURN)
