"""Practice: exercises of the story world, what the model writes at them, how it learns from the judge's word."""

import random
from dataclasses import replace
from itertools import accumulate

import pytest
import torch

from aigc_toolkit import GPT, GPTConfig, LanguageModel, TrainConfig, generate, story_corpus
from aigc_toolkit.builtin.attempts import Attempt, answered, attempts, continued, taught
from aigc_toolkit.builtin.exercises import Exercises, Passage
from aigc_toolkit.builtin.practice import divergence, learn_from, practise
from aigc_toolkit.builtin.recipe import PRACTICE
from aigc_toolkit.corpora.chat_format import END_OF_TURN
from aigc_toolkit.corpora.story_world import make_document
from aigc_toolkit.corpora.story_world.beginnings import beginning

COUNTS = dict(stories=3, questions=4, summaries=2)
SMALL = replace(
    PRACTICE,
    num_stories=3,
    num_questions=4,
    num_summaries=2,
    longest_story=20,
    longest_answer=8,
    attempts=3,
    training=TrainConfig(num_steps=4, batch_size=2, context=64, adam_learning_rate=1e-3),
)


@pytest.fixture(scope="module")
def corpus():
    return story_corpus(60, seed=12, vocabulary_size=2000)


def fresh(corpus, context: int = 512) -> GPT:
    return GPT(GPTConfig.modern(vocabulary_size=len(corpus.tokenizer), context=context, num_layers=1, num_heads=2, width=32))


def other_than_fresh(corpus) -> GPT:
    gpt = fresh(corpus)
    with torch.no_grad():
        for each in gpt.parameters():
            each.mul_(1.5)
    return gpt


def exercises(number: int = 1, right: dict | None = None):
    made = Exercises(5, right).of_round(number, **COUNTS)
    return made[:3], made[3:7], made[7:]


def test_exercises_are_a_function_of_the_seed_the_round_and_what_went_wrong():
    prompts = [one.prompt for one in Exercises(5).of_round(2, **COUNTS)]
    assert prompts == [one.prompt for one in Exercises(5).of_round(2, **COUNTS)]
    assert not set(prompts) & {one.prompt for one in Exercises(5).of_round(3, **COUNTS)}
    assert not set(prompts) & {one.prompt for one in Exercises(6).of_round(2, **COUNTS)}


def test_a_right_answer_is_rewarded_and_another_is_not():
    _, questions, summaries = exercises()
    for one in (*questions, *summaries):
        answer = one.right.removesuffix(END_OF_TURN)
        assert [passage.reward for passage in one.judge(f" {answer}\n")] == [1.0]
        assert [passage.reward for passage in one.judge(answer + "!")] == [0.0]


def test_what_is_answered_wrong_is_asked_more_often():
    def share_of_colours(right: dict) -> float:
        given = [one for number in range(40) for one in Exercises(5, right).of_round(number, **COUNTS)]
        kinds = [one.kind for one in given if one.form == "question"]
        return sum(kind.endswith("/colour") for kind in kinds) / len(kinds)

    known = {f"{language}/colour": 1.0 for language in ("en", "zh")}
    unknown = {f"{language}/colour": 0.0 for language in ("en", "zh")}
    assert share_of_colours(known) < share_of_colours({}) < share_of_colours(unknown)
    asked = Exercises(5)
    asked.remember("en/colour", 0.0)
    assert asked.right["en/colour"] == pytest.approx(0.97 * 0.85)


def test_the_plot_whose_stories_go_wrong_has_more_of_them():
    def plots(right: dict) -> list[str]:
        given = [one for number in range(60) for one in Exercises(5, right).of_round(number, **COUNTS)]
        return [one.kind for one in given if one.form == "story"]

    usual = plots({})
    assert {kind.split("/")[0] for kind in usual} == {"en", "zh"}
    assert plots({"zh/story/trade": 0.0}).count("zh/story/trade") > 2 * max(1, usual.count("zh/story/trade"))
    assert plots({"zh/story/trade": 1.0}).count("zh/story/trade") < usual.count("zh/story/trade")


def test_what_was_right_is_remembered_of_all_that_was_tried(corpus):
    tried = Exercises(5)
    attempts(LanguageModel.from_gpt(fresh(corpus), corpus.tokenizer, "fresh"), tried, SMALL, 1)
    given = Exercises(5).of_round(1, **COUNTS)
    assert {one.kind for one in given if one.form != "story"} <= set(tried.right)
    assert all(share < 0.85 for share in tried.right.values())  # a model that knows nothing is never right


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_true_rest_of_a_story_is_right_and_each_piece_has_its_place(language):
    for number in range(12):
        document = make_document(5, "train", number, languages=(language,), form="story")
        begun = beginning(document.story, language, 3, random.Random(0))
        whole = beginning(document.story, language, len(document.story.events), random.Random(0))
        rest = whole.text[len(begun.text.rstrip()) :]
        verdicts = begun.verdicts(rest)
        assert verdicts and all(verdict.is_right for verdict in verdicts), rest
        assert "".join(rest[verdict.start : verdict.end] for verdict in verdicts).strip() == rest.strip()


def test_what_was_told_before_is_no_right_sentence_again():
    document = make_document(5, "train", 0, languages=("en",), form="story")
    begun = beginning(document.story, "en", 3, random.Random(0))
    name = document.story.cast.actor
    told = begun.verdicts(f" {name} was lonely. {name} was sad. {name} was lonely.")
    assert [verdict.is_again for verdict in told] == [False, False, True]
    assert [verdict.is_right for verdict in told] == [True, True, False]
    assert all(verdict.is_read and not verdict.problems for verdict in told)


def test_a_sentence_against_the_world_and_one_that_cannot_be_read_are_wrong_where_they_stand():
    document = next(
        made
        for made in (make_document(5, "train", number, languages=("en",), form="story") for number in range(99))
        if made.story.plot == "gift"
    )
    begun = beginning(document.story, "en", 2, random.Random(0))
    name = document.story.cast.actor
    text = f" {name} felt happy at the purple. {name} gave {name} the kite. That night, {name} slept very well. And"
    verdicts = begun.verdicts(text)
    assert [verdict.is_read for verdict in verdicts] == [False, True, True]
    assert [verdict.is_right for verdict in verdicts] == [False, False, True]
    assert any("stands in two places" in problem for problem in verdicts[1].problems)
    assert text[verdicts[1].start : verdicts[1].end].strip() == f"{name} gave {name} the kite."


def test_attempts_at_one_exercise_are_held_against_their_mean(corpus):
    lm = LanguageModel.from_gpt(fresh(corpus), corpus.tokenizer, "fresh")
    tried = generate(lm, "Mia", temperature=1.0, max_new_tokens=3, seed=0, num_return_sequences=4)
    tried = [*tried[:3], tried[0]]
    found = answered(tried, [1.0, 0.0, 0.0, 1.0], weight=2.0)
    assert len(found) == 3  # the first and the last are the same
    assert [one.advantages[0] for one in found] == pytest.approx([0.5, -0.25, -0.25])
    for one in found:
        assert one.ids[: len(tried[0].prompt_ids)] == tried[0].prompt_ids and len(one.advantages) == 3
    assert not any(one.advantages[0] for one in answered(tried, [1.0] * 4, weight=2.0))


def test_a_right_answer_is_learned_as_far_as_it_was_missed(corpus):
    lm = LanguageModel.from_gpt(fresh(corpus), corpus.tokenizer, "fresh")
    one = exercises()[1][0]
    attempt = taught(lm, one, (1, 2), share_missed=0.25)
    assert corpus.tokenizer.decode(attempt.ids[2:]) == one.right and set(attempt.advantages) == {0.25}


def test_each_token_has_the_advantage_of_its_sentence(corpus):
    lm = LanguageModel.from_gpt(fresh(corpus), corpus.tokenizer, "fresh")
    written = generate(lm, exercises()[0][0].prompt, temperature=1.0, max_new_tokens=12, seed=3)
    ends = list(accumulate(len(step.text) for step in written.tokens))
    halves = [Passage(0, ends[5], 1.0), Passage(ends[5], ends[-1], 0.0)]
    (found,) = continued([written], [halves])
    expected = [0.5 if 0 < end <= ends[5] else -0.5 if end > ends[5] else 0.0 for end in ends]
    assert len(set(expected)) > 1 and list(found.advantages[: len(ends)]) == expected
    assert len(found.ids) == len(written.prompt_ids) + len(found.advantages)


def test_what_is_learned_is_the_formula(corpus):
    gpt, before = fresh(corpus), other_than_fresh(corpus)
    written = [Attempt((5, 6, 7, 8), (0.5, -1.0)), Attempt((9, 10, 11), (2.0,)), Attempt((9, 3), (0.25,))]
    learn_from(gpt, written, before=before, weight_of_change=0.3)
    found = gpt.embedding.weight.grad.clone()
    gpt.zero_grad(set_to_none=True)
    total = 0.0
    for one in written:
        logprobs, expected = (model(torch.tensor([one.ids]))[0].log_softmax(-1) for model in (gpt, before))  # each (T, V)
        first = len(one.ids) - len(one.advantages)
        for place, advantage in enumerate(one.advantages, first):
            total = total - advantage * logprobs[place - 1, one.ids[place]]
            total = total + 0.3 * (logprobs[place - 1].exp() * (logprobs - expected.detach())[place - 1]).sum()
    (total / len(written)).backward()
    torch.testing.assert_close(found, gpt.embedding.weight.grad, atol=1e-6, rtol=1e-4)


def test_what_teaches_nothing_is_left_out(corpus):
    lm = LanguageModel.from_gpt(fresh(corpus), corpus.tokenizer, "fresh")
    found = attempts(lm, Exercises(5), SMALL, 1)
    assert found and all(any(one.advantages) and len(one.ids) <= lm.context_length for one in found)


def test_what_is_too_long_is_left_out(corpus):
    lm = LanguageModel.from_gpt(fresh(corpus, context=300), corpus.tokenizer, "fresh")
    prompts = [lm.texts.encode(one.prompt) for number in (1, 2) for one in Exercises(5).of_round(number, **COUNTS)]
    assert any(len(ids) > 300 for ids in prompts) and any(len(ids) < 280 for ids in prompts)
    found = [one for number in (1, 2) for one in attempts(lm, Exercises(5), SMALL, number)]
    assert found and all(len(one.ids) <= 300 for one in found)


def test_practice_makes_a_rewarded_answer_likelier(corpus):
    gpt, unpractised = fresh(corpus), fresh(corpus)
    said, unsaid = Attempt((5, 6, 7), (1.0,)), Attempt((5, 6, 8), (-1.0,))

    def probs() -> torch.Tensor:
        with torch.no_grad():
            return gpt(torch.tensor([[5, 6]]))[0, -1].softmax(-1)[[7, 8]]  # (2)

    before = probs()
    optimizer = torch.optim.AdamW(gpt.parameters(), lr=1e-3)
    for _ in range(5):
        optimizer.zero_grad()
        learn_from(gpt, [said, unsaid], before=unpractised, weight_of_change=0.05)
        optimizer.step()
    after = probs()
    assert after[0] / after[1] > 1.01 * before[0] / before[1]


def test_what_is_not_rewarded_goes_back_to_what_it_was(corpus):
    gpt, before = other_than_fresh(corpus), fresh(corpus)
    ids = torch.tensor([[5, 6, 7]])

    def change() -> float:
        with torch.no_grad():
            return divergence(gpt(ids)[0, 1:], before(ids)[0, 1:]).item()

    changes, optimizer = [change()], torch.optim.AdamW(gpt.parameters(), lr=1e-3)
    for _ in range(5):
        optimizer.zero_grad()
        learn_from(gpt, [Attempt((5, 6, 7, 8), (0.0, 0.0))], before=before, weight_of_change=1.0)
        optimizer.step()
        changes.append(change())
    assert changes == sorted(changes, reverse=True) and changes[-1] < 0.9 * changes[0]


def test_a_practice_that_was_broken_off_goes_on_as_if_it_had_not_been(corpus, tmp_path):
    def settings(folder: str):
        kept = dict(folder=str(tmp_path / folder), checkpoint_every=2, metrics_path=str(tmp_path / f"{folder}.jsonl"))
        return replace(SMALL, training=replace(SMALL.training, **kept))

    whole, broken, again = (fresh(corpus) for _ in range(3))
    steps = list(practise(whole, corpus, settings("whole")))
    assert [step.step for step in steps] == [1, 2, 3, 4] and all(step.loss > 0 for step in steps)
    running = practise(broken, corpus, settings("broken"))
    for _ in range(3):
        next(running)
    running.close()
    rest = list(practise(again, corpus, settings("broken")))
    assert [step.step for step in rest] == [3, 4] and [step.loss for step in rest] == [step.loss for step in steps[2:]]
    assert all(torch.equal(one, other) for one, other in zip(whole.parameters(), again.parameters(), strict=True))
    assert (tmp_path / "broken.jsonl").read_text().count("\n") == 4
