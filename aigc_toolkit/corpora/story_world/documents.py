"""Documents of the story world: a story, a dialogue about one, its summary, a lesson of many questions, an opening; gatherings.

Comes in: a seed, a split and a number. Goes out: a `StoryDocument`, always the same one for the same three, with the text that a
model reads and the facts that are true of it. It does not know of tokens.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..chat_format import Message, render_messages
from .gatherings import draw_belongings, draw_gathering
from .narrator import Narrator
from .plots import Story, broken_off, draw_story
from .questions import Question, answerable_questions, unanswerable_questions
from .world import Event

Split = Literal["train", "validation"]
FORMS = ("story", "dialogue", "summary", "lesson", "gathering", "recital", "opening")
USUAL_FORMS = {"story": 0.2, "dialogue": 0.6, "summary": 0.2}  # shares of the documents
_NUM_QUESTIONS = {"dialogue": (4, 8), "lesson": (7, 11), "gathering": (8, 12), "opening": (2, 5)}
_NOT_SAID_SHARE = {"dialogue": 0.25, "lesson": 0.35, "gathering": 0.3, "opening": 0.3}
_LONGEST_OPENING = 6  # events
_NUM_RECITED = (1, 2)  # times that all is said
_NUM_ABSENT = {"gathering": 3}  # things asked about that are not in the story, where they are more than one


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
    asked: tuple[AskedQuestion, ...]  # of the forms that ask
    accepted_summaries: tuple[str, ...]  # summary and lesson

    @property
    def text(self) -> str:
        return render_messages(self.messages) if self.messages else self.story_text

    @property
    def facts(self) -> tuple[Event, ...]:
        """What holds in the story, one event per fact: who has what, where, when, and why somebody felt something."""
        return tuple(question.answer for question in answerable_questions(self.story))


def make_document(
    seed: int,
    split: Split,
    number: int,
    *,
    languages: tuple[str, ...] = ("en", "zh"),
    form: str | None = None,
    forms: Mapping[str, float] = USUAL_FORMS,
) -> StoryDocument:
    """The document of this number: a pure function of its arguments. `form=None` draws one of `forms`, by their shares."""
    rng = random.Random(f"{seed}/{split}/{number}")
    language = rng.choice(languages)
    drawn = rng.choices(FORMS, [forms.get(form, 0) for form in FORMS])[0]
    form = form or drawn
    story = _DRAWN_FROM.get(form, draw_story)(rng, language, held_out=split == "validation")
    narrator = Narrator(language, story.cast.colours, rng)
    text = narrator.tell(story.events)
    asked = _ask(story, narrator, form) if form in _NUM_QUESTIONS else ()
    summaries = tuple(narrator.summaries(story.summary)) if form in ("summary", "lesson") else ()
    messages: tuple[Message, ...] = ()
    if asked:
        messages = _dialogue(text, asked)
    if form == "summary":
        messages = _summed_up(f"{narrator.summary_request()}\n\n{text}", rng.choice(summaries))
    elif form == "recital":
        messages = _recited(text, story, narrator)
    elif form == "lesson":
        messages += _summed_up(narrator.summary_request(), rng.choice(summaries))
    return StoryDocument(form, language, story, text, messages, asked, summaries)


def _draw_opening(rng: random.Random, language: str, *, held_out: bool) -> Story:
    """The first events of a story with a plot, enough to be asked about."""
    story = draw_story(rng, language, held_out=held_out)
    least = next(num for num in range(1, len(story.events) + 1) if answerable_questions(broken_off(story, num)))
    return broken_off(story, rng.randint(least, max(least, _LONGEST_OPENING)))


_DRAWN_FROM = {"gathering": draw_gathering, "recital": draw_belongings, "opening": _draw_opening}  # other forms: from plots


def _ask(story: Story, narrator: Narrator, form: str) -> tuple[AskedQuestion, ...]:
    """As many questions as the form asks, a quarter of which (in a lesson, a third) the story does not answer."""
    rng = narrator.rng
    answerable, unanswerable = answerable_questions(story), unanswerable_questions(story, _NUM_ABSENT.get(form, 1))
    asked = []
    for _ in range(rng.randint(*_NUM_QUESTIONS[form])):
        pool = unanswerable if rng.random() < _NOT_SAID_SHARE[form] else answerable
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


def _recited(text: str, story: Story, narrator: Narrator) -> tuple[Message, ...]:
    """All that is so at the end, said once or twice, each time in another order."""
    known = [question for question in answerable_questions(story) if question.kind in narrator.words.statements]
    messages: list[Message] = []
    for number in range(narrator.rng.randint(*_NUM_RECITED)):
        request = narrator.rng.choice(narrator.words.repeat_requests if number else narrator.words.recital_requests)
        said = [narrator.statement(question) for question in narrator.rng.sample(known, len(known))]
        messages += _summed_up(request if number else f"{text}\n\n{request}", narrator.words.sentence_join.join(said))
    return tuple(messages)


def _summed_up(request: str, summary: str) -> tuple[Message, ...]:
    return Message("user", request), Message("assistant", summary)
