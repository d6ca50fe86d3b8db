import copy
import json
import pickle
import threading
from dataclasses import asdict

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from aigc_toolkit import capture_attention, generation_view
from aigc_toolkit.generation import Scheduler, generate
from aigc_toolkit.generation.branches import GenerationTree
from aigc_toolkit.generation.prefix_cache import KeptCaches, kept_caches
from aigc_toolkit.language_model import LanguageModel
from aigc_toolkit.tokens import TokenTexts
from tests.small_models import small_model

PROMPT = "Mia lost her"


@pytest.fixture(scope="module")
def endless(lm):
    """The small random model without an end of text."""
    model = copy.deepcopy(lm.model)
    model.generation_config.eos_token_id = None
    return LanguageModel(model, lm.tokenizer, "endless")


@pytest.fixture
def story(endless):
    kept_caches(endless).clear()
    return generate(endless, PROMPT, max_new_tokens=12, temperature=0)


@pytest.fixture
def positions(endless):
    """How many positions each forward pass of the model read."""
    read = []
    hook = endless.model.model.embed_tokens.register_forward_pre_hook(lambda module, given: read.append(given[0].shape[1]))
    yield read
    hook.remove()


def steps_of_one_pass(lm, ids, first):
    """The numbers of `ids[first:]` from one pass over everything."""
    with torch.inference_mode():
        logprobs = lm.model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return [logprobs[position - 1, ids[position]].item() for position in range(first, len(ids))]


def other_token(step):
    return step.alternatives[1]


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


def test_texts_written_together_are_kept_too(endless):
    kept_caches(endless).clear()
    stories = generate(endless, [PROMPT, "Tom found the lantern"], max_new_tokens=8, temperature=0)
    for story in stories:
        ids = (*story.ids[:-2], 1)
        cache, num_read = kept_caches(endless).start(ids, 60)
        assert num_read == len(ids) - 1
        with torch.inference_mode():
            fresh = endless.model(torch.tensor([ids[:-1]]), use_cache=True).past_key_values
        for one, other in zip(cache.layers, fresh.layers, strict=True):
            assert torch.allclose(one.keys, other.keys, atol=1e-4) and torch.allclose(one.values, other.values, atol=1e-4)


def test_the_scheduler_goes_on_from_what_it_wrote(endless):
    kept_caches(endless).clear()
    with Scheduler(endless, max_sequences=2) as scheduler:
        shared = scheduler.stream(PROMPT, max_new_tokens=8, temperature=0)
        list(shared)
        story = shared.generation()
        read = []
        hook = endless.model.model.embed_tokens.register_forward_pre_hook(lambda module, given: read.append(given[0].shape[1]))
        where = story.tokens[4].position
        steps = story.tree.stream(story, where, other_token(story.tokens[4]), begin=scheduler.stream, max_new_tokens=4)
        branch = steps.finish()
        hook.remove()
    alone = generate(endless, PROMPT, max_new_tokens=8, temperature=0).branch(where, other_token(story.tokens[4]), max_new_tokens=4)
    assert branch.ids == alone.ids and read[0] == 1


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


def test_the_tree_knows_parents_children_and_paths(story):
    first = story.branch(story.tokens[2].position, other_token(story.tokens[2]))
    second = story.branch(story.tokens[5].position, other_token(story.tokens[5]))
    below = first.branch(first.tokens[7].position, other_token(first.tokens[7]))
    tree = story.tree
    assert first.tree is second.tree is below.tree is tree and len(tree) == 4
    assert [node.number for node in tree.path(below)] == [0, 1, 3]
    assert [node.generation for node in tree.children(story)] == [first, second]
    assert tree[3].position == first.tokens[7].position and tree[3].own_text == "".join(s.text for s in below.tokens[7:])
    lines = str(tree).splitlines()
    assert [line.split()[0] for line in lines] == ["0", "1", "3", "2"] and lines[2].startswith("      3  at ")
    assert repr(tree) == "GenerationTree(4 generations by 'endless')"


def test_a_pruned_branch_takes_what_grew_from_it_along(story):
    first = story.branch(story.tokens[2].position, other_token(story.tokens[2]))
    below = first.branch(first.tokens[7].position, other_token(first.tokens[7]))
    second = story.branch(story.tokens[5].position, other_token(story.tokens[5]))
    assert story.tree.prune(first) == 2 and [node.number for node in story.tree] == [0, 3]
    assert story.tree[3].generation is second and below.tree is not story.tree
    with pytest.raises(ValueError, match="The root cannot be pruned: every branch grew from it. Prune a branch"):
        story.tree.prune(story)


def test_branches_are_compared_in_a_table(story):
    story.branch(story.tokens[2].position, story.tokens[2].alternatives[9])
    table = story.tree.compare()
    assert list(table.index) == [0, 1] and table.loc[1, "parent"] == 0
    assert table.loc[0, "mean_logprob"] == pytest.approx(sum(step.logprob for step in story.tokens) / 12)
    assert table.loc[1, "text"] == story.tree[1].generation.text and table.loc[1, "num_tokens"] == 15


def test_a_saved_tree_is_the_same_tree_and_goes_on_growing(endless, story, tmp_path):
    first = story.branch(story.tokens[2].position, other_token(story.tokens[2]))
    story.branch(story.tokens[5].position, "灯")
    story.tree.prune(first)
    path = story.tree.save(tmp_path / "tree.json")
    loaded = GenerationTree.load(path, endless)
    assert [(n.number, n.parent, n.position, n.generation) for n in loaded] == [
        (n.number, n.parent, n.position, n.generation) for n in story.tree
    ]
    grown = loaded[2].generation.branch(story.tokens[5].position + 1, "")
    assert loaded.node(grown).number == 3 and len(grown.tokens) == 6 + 12


def test_a_tree_read_without_a_model_can_be_read_and_not_grown(story, tmp_path):
    loaded = GenerationTree.load(story.tree.save(tmp_path / "tree.json"))
    assert loaded[0].generation == story
    with pytest.raises(ValueError, match="is a copy or was loaded without one; going on from it needs a model on this computer"):
        loaded.branch(0, story.tokens[1].position, "a")


def test_a_click_on_an_alternative_in_a_notebook_shows_the_branch(story):
    view = generation_view(story)
    view._repr_mimebundle_()
    assert view._widget.value["can_branch"] and "can_branch" not in view.payload()
    for nothing in ({"type": "noise"}, {"type": "alternative"}, {"type": "alternative", "position": "1", "id": 2}):
        view.answer(nothing)
    assert view.generation is story
    chosen = other_token(story.tokens[4])
    view.answer({"type": "alternative", "position": story.tokens[4].position, "id": chosen.id})
    assert view.generation is story.tree[1].generation and view._widget.value["steps"][4]["id"] == chosen.id
    view.answer({"type": "alternative", "position": story.tokens[2].position, "text": " lantern"})
    assert story.tree[2].parent == 1 and view._widget.value["can_branch"]
    assert not generation_view(copy.deepcopy(story))._live_payload()["can_branch"]


def test_a_branch_opens_in_the_attention_view(endless, story):
    branch = story.branch(story.tokens[4].position, other_token(story.tokens[4]))
    assert len(capture_attention(endless, branch).tokens) == len(branch.ids)


def test_a_generation_stays_a_plain_record(story):
    story.branch(story.tokens[2].position, "a")
    assert json.loads(json.dumps(asdict(story)))["text"] == story.text
    for same in (copy.deepcopy(story), pickle.loads(pickle.dumps(story))):
        assert same == story and hash(same) == hash(story) and same.origin is None


def changed(story, start, end, text):
    """The whole text with `text` in place of the characters `start` to `end` of the generated part."""
    return story.prompt + story.text[:start] + text + story.text[end:]


def test_an_edit_reads_the_text_again_from_the_token_it_touches(endless, story):
    text = changed(story, 3, 5, "lantern")
    edit = story.edit(text, max_new_tokens=4)
    assert (edit.prompt + edit.text).startswith(text) and edit.prompt == story.prompt
    num_kept = sum(1 for one, other in zip(edit.tokens, story.tokens, strict=False) if one == other)
    assert num_kept > 0 and story.tree.node(edit).position == len(story.prompt_ids) + num_kept
    first = len(edit.prompt_ids)
    assert [step.logprob for step in edit.tokens] == pytest.approx(steps_of_one_pass(endless, edit.ids, first), abs=1e-4)


def test_an_edit_in_the_prompt_makes_the_whole_text_the_prompt(endless, story, positions):
    text = "Tom" + (story.prompt + story.text)[3:]
    edit = story.edit(text, max_new_tokens=4)
    assert edit.prompt == text and edit.prompt_ids == tuple(endless.texts.encode(text)) and len(edit.tokens) == 4
    assert story.tree.node(edit).position == 0
    ending = "Mia lost it"
    positions.clear()
    other = story.edit(ending, max_new_tokens=1)
    shared = story.tree.node(other).position
    assert shared > 0 and positions == [len(other.prompt_ids) - shared]


def test_words_added_at_the_end_are_read_and_gone_on_from(endless):
    whole = generate(endless, PROMPT, max_new_tokens=6, temperature=0)  # no loose bytes yet
    edit = whole.edit(whole.prompt + whole.text + " and Tom", max_new_tokens=2)
    assert edit.text.startswith(whole.text + " and Tom") and edit.tokens[:5] == whole.tokens[:5]


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


def test_an_edit_that_changes_nothing(story):
    with pytest.raises(ValueError, match="The text is not changed; an edit changes something. Use branch"):
        story.edit(story.prompt + story.text)


def test_a_generation_of_another_tree(endless, story):
    stranger = generate(endless, PROMPT, max_new_tokens=2)
    with pytest.raises(ValueError, match="is not in this tree; it has the numbers 0. Pass one of them"):
        story.tree.path(stranger)


def test_files_that_are_no_tree(story, tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*written by GenerationTree.save is needed. Check"):
        GenerationTree.load(tmp_path / "none.json")
    path = story.tree.save(tmp_path / "tree.json")
    good = json.loads(path.read_text())
    orphan = [good["nodes"][0] | {"parent": 7}]
    for bad in ("{", "[]", json.dumps({"format": "other"}), *(json.dumps(good | {"nodes": nodes}) for nodes in ([], [{}], orphan))):
        path.write_text(bad)
        with pytest.raises(ValueError, match="holds no tree .*a file written by GenerationTree.save is allowed. Save"):
            GenerationTree.load(path)


def test_a_tree_of_another_model(lm, story, tmp_path):
    with pytest.raises(ValueError, match="was written by 'endless', and the model given is 'tiny'; .*Load the same model"):
        GenerationTree.load(story.tree.save(tmp_path / "tree.json"), lm)


def test_kept_caches_stay_within_their_bytes_and_drop_the_longest_unused(endless):
    caches = KeptCaches(endless.model, limit_bytes=20_000)
    one_token = 2 * 2 * 2 * 16 * 4  # layers, keys and values, heads, width, bytes
    for first in range(4):
        cache, _ = caches.start((first, 1, 2), 12)
        with torch.inference_mode():
            endless.model(torch.tensor([[first, 1, 2]]), past_key_values=cache)
        assert caches.keep((first, 1, 2), cache)
    assert caches.num_bytes == 3 * 12 * one_token  # 20,000 bytes hold three of them
    assert [caches.start((first, 1, 2), 12)[1] for first in range(4)] == [0, 2, 2, 2]  # the last id is left to read
    tight = KeptCaches(endless.model, limit_bytes=100)
    assert not tight.keep((3, 1, 2), cache) and tight.num_bytes == 0


def test_a_model_that_is_gone_keeps_nothing(lm):
    passing = LanguageModel(lm.model, lm.tokenizer, "passing")
    kept = kept_caches(passing)
    assert kept_caches(passing) is kept
    del passing
    assert kept_caches(lm) is not kept


def test_text_that_goes_on_has_no_space_put_before_it():
    pieces = ["<unk>", "\u2581", "\u2581blue", "blue", *"\u2581blue", "kite"]
    bare = Tokenizer(models.BPE(vocab={piece: i for i, piece in enumerate(dict.fromkeys(pieces))}, merges=[], unk_token="<unk>"))
    bare.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    bare.decoder = decoders.Metaspace(prepend_scheme="always")
    texts = TokenTexts(PreTrainedTokenizerFast(tokenizer_object=bare, unk_token="<unk>"))
    assert texts.displays(texts.encode("blue")) == [" ", "b", "l", "u", "e"]
    assert texts.displays(texts.encode_more("blue")) == ["b", "l", "u", "e"]
    assert texts.displays(texts.encode_more(" blue")) == [" ", "b", "l", "u", "e"]
