"""What the model writes at its exercises, with how much better than expected each token of it was.

In: a `LanguageModel`, `Exercise`s. Out: `Attempt`s, the advantage of each written token. It does not train.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from aigc_toolkit import LanguageModel, generate

from .exercises import Exercise, Exercises, Passage
from .recipe import Practice

if TYPE_CHECKING:
    from aigc_toolkit import Generation


@dataclass(frozen=True)
class Attempt:
    """Token ids of what the model read and wrote; `advantages` are those of the last of them, its own."""

    ids: tuple[int, ...]
    advantages: tuple[float, ...]


def attempts(lm: LanguageModel, exercises: Exercises, practice: Practice, round_number: int) -> list[Attempt]:
    """One attempt at each story, several at each question and summary. What is too long, or teaches nothing, is left out."""
    counts = dict(stories=practice.num_stories, questions=practice.num_questions, summaries=practice.num_summaries)
    room = dict(story=practice.longest_story, question=practice.longest_answer, summary=practice.longest_answer)  # tokens
    given = [
        one
        for one in exercises.of_round(round_number, **counts)
        if len(lm.texts.encode(one.prompt)) + room[one.form] <= lm.context_length
    ]
    stories, exact = ([one for one in given if (one.form == "story") is wanted] for wanted in (True, False))
    settings = dict(temperature=1.0, num_alternatives=1, seed=round_number * practice.attempts)
    continuations = generate(lm, [one.prompt for one in stories], max_new_tokens=practice.longest_story, **settings)
    judged = [one.judge(each.text) for one, each in zip(stories, continuations, strict=True)]
    for one, passages in zip(stories, judged, strict=True):
        if passages:
            exercises.remember(one.kind, sum(passage.reward for passage in passages) / len(passages))
    found = continued(continuations, judged)
    settings |= dict(max_new_tokens=practice.longest_answer, num_return_sequences=practice.attempts)
    written = iter(generate(lm, [one.prompt for one in exact], **settings))
    for one in exact:
        tried = [next(written) for _ in range(practice.attempts)]
        rewards = [one.judge(each.text)[0].reward for each in tried]
        exercises.remember(one.kind, sum(rewards) / len(rewards))
        found += answered(tried, rewards, weight=practice.weight_of_attempts)
        found.append(taught(lm, one, tried[0].prompt_ids, share_missed=1 - sum(rewards) / len(rewards)))
    return [one for one in found if any(one.advantages)]


def continued(written: Sequence[Generation], judged: Sequence[Sequence[Passage]]) -> list[Attempt]:
    """Each sentence against the mean of all; what belongs to none, such as the end, has no advantage."""
    rewards = [passage.reward for passages in judged for passage in passages]
    expected = sum(rewards) / max(1, len(rewards))
    return [
        Attempt(each.prompt_ids + _ids(each), _by_token(each, passages, expected))
        for each, passages in zip(written, judged, strict=True)
    ]


def answered(tried: Sequence[Generation], rewards: Sequence[float], *, weight: float) -> list[Attempt]:
    """Each attempt at one exercise against the mean of them; equal ones are one, and all together weigh `weight`."""
    expected = sum(rewards) / len(rewards)
    advantages: dict[tuple[int, ...], float] = {}
    for each, reward in zip(tried, rewards, strict=True):
        advantages[_ids(each)] = advantages.get(_ids(each), 0.0) + (reward - expected) * weight / len(tried)
    return [Attempt(tried[0].prompt_ids + ids, (advantage,) * len(ids)) for ids, advantage in advantages.items()]


def taught(lm: LanguageModel, exercise: Exercise, prompt_ids: tuple[int, ...], *, share_missed: float) -> Attempt:
    """A right answer, which counts the more the more often it was missed."""
    ids = tuple(lm.tokenizer(exercise.right, add_special_tokens=False)["input_ids"])
    return Attempt(prompt_ids + ids, (share_missed,) * len(ids))


def _ids(written: Generation) -> tuple[int, ...]:
    return tuple(written.ids[len(written.prompt_ids) :])


def _by_token(written: Generation, passages: Sequence[Passage], expected: float) -> tuple[float, ...]:
    """The advantage of each token: that of the passage its last character stands in."""
    ends = accumulate(len(step.text) for step in written.tokens)
    advantages = [
        next((passage.reward - expected for passage in passages if passage.start < end <= passage.end), 0.0) for end in ends
    ]
    return tuple(advantages) + (0.0,) * (len(_ids(written)) - len(advantages))
