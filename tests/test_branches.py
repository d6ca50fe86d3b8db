"""Branches: what came before is kept, not computed again, and what is written is what the model writes after these ids."""

import threading

import pytest
import torch
from branch_steps import PROMPT, other_token, steps_of_one_pass
from small_models import small_model

from aigc_toolkit import capture_attention
from aigc_toolkit.generation import generate
from aigc_toolkit.generation.prefix_cache import kept_caches
from aigc_toolkit.language_model import LanguageModel


def test_a_branch_keeps_what_came_before_takes_the_token_and_goes_on(story):
    chosen = other_token(story.tokens[4])
    branch = story.branch(story.tokens[4].position, chosen)
    assert branch.tokens[:4] == story.tokens[:4] and branch.prompt_ids == story.prompt_ids
    assert branch.tokens[4].id == chosen.id and branch.tokens[4].rank == 2
    assert branch.tokens[4].logprob == chosen.logprob and branch.tokens[4].entropy == story.tokens[4].entropy
    assert [step.position for step in branch.tokens] == list(range(len(story.prompt_ids), len(branch.ids)))
    assert len(branch.tokens) == 5 + 12 and branch.stop_reason == "max_new_tokens"


def test_a_branch_writes_what_the_model_writes_after_these_ids(endless, story):
    branch = story.branch(story.tokens[4].position, other_token(story.tokens[4]))
    ids = torch.tensor([branch.ids[: story.tokens[4].position + 1]])
    with torch.inference_mode():
        for step in branch.tokens[5:]:
            assert step.id == endless.model(ids).logits[0, -1].argmax()
            ids = torch.cat([ids, torch.tensor([[step.id]])], dim=1)


def test_an_alternative_reads_one_position_and_one_for_each_new_token(story, positions):
    story.branch(story.tokens[4].position, other_token(story.tokens[4]), max_new_tokens=6)
    assert positions == [1] * 6  # the given token, then five of the six new ones: the last is not read


def test_typed_text_reads_itself_and_the_token_before(endless, story, positions):
    num_typed = len(endless.texts.encode_more(" lantern in the forest"))
    story.branch(story.tokens[4].position, " lantern in the forest", max_new_tokens=3)
    assert sum(positions) == 1 + num_typed + 2 and num_typed > 1


def test_a_branch_of_a_branch_shares_both(story, positions):
    branch = story.branch(story.tokens[4].position, other_token(story.tokens[4]), max_new_tokens=6)
    positions.clear()
    later = branch.tokens[8]
    branch.branch(later.position, other_token(later), max_new_tokens=6)
    assert positions == [1] * 6


def test_what_was_dropped_is_computed_again_with_the_same_result(endless, story, positions):
    where, token = story.tokens[4].position, other_token(story.tokens[4])
    kept = story.branch(where, token, max_new_tokens=6)
    kept_caches(endless).clear()
    positions.clear()
    again = story.branch(where, token, max_new_tokens=6)
    assert again.ids == kept.ids and positions == [where + 1, *[1] * 5]


@pytest.mark.parametrize("family", ["gpt2", "mistral", "gemma3", "lfm2", "mamba", "bloom"])
def test_other_families_branch_whether_their_cache_can_be_cut_or_not(family, tokenizer):
    lm = LanguageModel(small_model(family), tokenizer, family)
    story = generate(lm, PROMPT, max_new_tokens=8, temperature=0)
    branch = story.branch(story.tokens[2].position, " lantern", max_new_tokens=4)
    first = len(branch.prompt_ids) + 2
    numbers = steps_of_one_pass(lm, branch.ids, first)
    assert [step.logprob for step in branch.tokens[2:]] == pytest.approx(numbers, abs=1e-3)


@pytest.mark.parametrize("family", ["t5", "bart"])
def test_an_encoder_decoder_branches_in_what_it_writes(family, tokenizer):
    lm = LanguageModel(small_model(family), tokenizer, family)
    story = generate(lm, PROMPT, max_new_tokens=8, temperature=0)
    for branch in (
        story.branch(story.tokens[2].position, other_token(story.tokens[2]), max_new_tokens=4),
        story.branch(story.tokens[2].position, " lantern", max_new_tokens=4),
        story.edit("lantern " + story.text, max_new_tokens=4),
    ):
        assert branch.prompt == PROMPT and branch.prompt_ids == story.prompt_ids
        with torch.inference_mode():
            source, target = torch.tensor([lm.texts.encode(PROMPT)]), torch.tensor([branch.ids[:-1]])
            logprobs = lm.model(input_ids=source, decoder_input_ids=target).logits[0].log_softmax(-1)
        numbers = [logprobs[position, token_id].item() for position, token_id in enumerate(branch.ids[1:])]
        assert [step.logprob for step in branch.tokens] == pytest.approx(numbers, abs=1e-3)
        assert branch.text == lm.texts.decode(branch.ids[1:])


def test_typed_text_has_the_numbers_of_the_model(endless, story):
    branch = story.branch(story.tokens[3].position, " 灯笼 😀")
    num_typed = len(endless.texts.encode_more(" 灯笼 😀"))
    first = story.tokens[3].position
    assert [step.logprob for step in branch.tokens[3:]] == pytest.approx(steps_of_one_pass(endless, branch.ids, first), abs=1e-4)
    assert "".join(step.text for step in branch.tokens[3 : 3 + num_typed]).endswith(" 灯笼 😀")
    assert branch.prompt + branch.text == endless.tokenizer.decode(branch.ids)


def test_no_token_lets_the_model_choose_again_and_the_end_goes_on(story):
    again = story.branch(story.tokens[4].position, "", seed=3, temperature=2.0)
    assert again.tokens[:4] == story.tokens[:4] and len(again.tokens) == 4 + 12
    longer = story.branch(len(story.ids), "", max_new_tokens=3)
    assert longer.tokens[:12] == story.tokens and len(longer.tokens) == 15


def test_an_end_of_text_token_ends_the_branch(lm, endless, story):
    ended = generate(lm, PROMPT, max_new_tokens=3, temperature=0)
    branch = ended.branch(ended.tokens[1].position, lm.tokenizer.eos_token_id)
    assert branch.stop_reason == "end_of_text" and branch.tokens[-1].id == lm.tokenizer.eos_token_id and len(branch.tokens) == 2


def test_a_branch_streams_the_given_token_first_and_joins_the_tree_at_its_end(story):
    steps = story.tree.stream(story, story.tokens[4].position, other_token(story.tokens[4]))
    assert len(steps.tokens) == 4 and next(steps).id == other_token(story.tokens[4]).id
    assert steps.stop_reason is None and len(story.tree) == 1 and steps.generation().stop_reason is None
    list(steps)
    assert len(story.tree) == 2 and story.tree[1].generation is steps.generation()


def test_a_cancelled_branch_is_a_branch(story):
    stop = threading.Event()
    steps = story.tree.stream(story, story.tokens[4].position, "", stop_event=stop)
    next(steps)
    stop.set()
    assert list(steps) == [] and steps.generation().stop_reason == "cancelled"
    assert story.tree[1].generation.branch(len(steps.generation().ids), "", max_new_tokens=2).stop_reason == "max_new_tokens"


def test_a_branch_opens_in_the_attention_view(endless, story):
    branch = story.branch(story.tokens[4].position, other_token(story.tokens[4]))
    assert len(capture_attention(endless, branch).tokens) == len(branch.ids)


@pytest.mark.parametrize(
    ("position", "token", "message"),
    [
        (0, "a", r"position is 0; \d+ \(the first generated token\) to \d+ \(the end\) is allowed. Use edit"),
        (1000, "a", "position is 1000; "),
        (None, 400, "token is 400; ids from 0 to 399 are allowed. Pass one of them"),
        (None, -1, "token is -1; ids"),
    ],
)
def test_branches_that_cannot_be(story, position, token, message):
    with pytest.raises(ValueError, match=message):
        story.branch(story.tokens[0].position if position is None else position, token)
