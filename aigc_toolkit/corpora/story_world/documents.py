"""Documents of the story world in their three forms: a story, a dialogue about a story, a story with its summary.

Comes in: a seed, a split and a number. Goes out: a `StoryDocument`, always the same one for the same three, with the text that a
model reads and the facts that are true of it. It does not know of tokens.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from ..chat_format import Message, render_messages
from .narrator import Narrator
from .plots import Story, draw_story
from .questions import Question, answerable_questions, unanswerable_questions
from .world import Event

Split = Literal["train", "validation"]
FORMS = ("story", "dialogue", "summary")
_FORM_WEIGHTS = (0.2, 0.6, 0.2)
_NOT_SAID_SHARE = 0.25


@dataclass(frozen=True)
class AskedQuestion:
    """A question in words with every accepted wording of its answer; `said` is the one the document uses."""

    question: Question
    text: str
    accepted: tuple[str, ...]
    said: str


@dataclass(frozen=True)
class StoryDocument:
    """One document. `text`: what the model reads. `story`: the truth behind it; `facts`: what can be asked, with its answer."""

    form: str
    language: str
    story: Story
    story_text: str
    messages: tuple[Message, ...]  # empty for a plain story
    asked: tuple[AskedQuestion, ...]  # dialogue only
    accepted_summaries: tuple[str, ...]  # summary only

    @property
    def text(self) -> str:
        return render_messages(self.messages) if self.messages else self.story_text

    @property
    def facts(self) -> tuple[Event, ...]:
        """What holds in the story, one event per fact: who has what, where, when, and why somebody felt something."""
        return tuple(question.answer for question in answerable_questions(self.story))


def make_document(
    seed: int, split: Split, number: int, *, languages: tuple[str, ...] = ("en", "zh"), form: str | None = None
) -> StoryDocument:
    """The document of this number: a pure function of its arguments. `form=None` draws one of the three."""
    rng = random.Random(f"{seed}/{split}/{number}")
    language = rng.choice(languages)
    drawn = rng.choices(FORMS, _FORM_WEIGHTS)[0]
    story = draw_story(rng, language, held_out=split == "validation")
    narrator = Narrator(language, story.cast.colours, rng)
    text = narrator.tell(story.events)
    form = form or drawn
    asked = _ask(story, narrator) if form == "dialogue" else ()
    summaries = tuple(narrator.summaries(story.summary)) if form == "summary" else ()
    messages: tuple[Message, ...] = ()
    if form == "dialogue":
        messages = _dialogue(text, asked)
    elif form == "summary":
        request = f"{narrator.summary_request()}\n\n{text}"
        messages = (Message("user", request), Message("assistant", rng.choice(summaries)))
    return StoryDocument(form, language, story, text, messages, asked, summaries)


def _ask(story: Story, narrator: Narrator) -> tuple[AskedQuestion, ...]:
    """Four to eight questions, about a quarter of which the story does not answer."""
    rng = narrator.rng
    answerable, unanswerable = answerable_questions(story), unanswerable_questions(story)
    asked = []
    for _ in range(rng.randint(4, 8)):
        pool = unanswerable if rng.random() < _NOT_SAID_SHARE else answerable
        if pool:
            question = pool.pop(rng.randrange(len(pool)))
            accepted = tuple(narrator.answers(question))
            asked.append(AskedQuestion(question, narrator.question(question), accepted, rng.choice(accepted)))
    return tuple(asked)


def _dialogue(text: str, asked: tuple[AskedQuestion, ...]) -> tuple[Message, ...]:
    first, *rest = asked
    messages = [Message("user", f"{text}\n\n{first.text}"), Message("assistant", first.said)]
    for question in rest:
        messages += [Message("user", question.text), Message("assistant", question.said)]
    return tuple(messages)
