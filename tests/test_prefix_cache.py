"""Keys and values kept between calls: whose they are, that they are right, and how many bytes they take."""

import torch
from branch_steps import PROMPT, other_token

from aigc_toolkit.generation import Scheduler, generate
from aigc_toolkit.generation.prefix_cache import KeptCaches, kept_caches
from aigc_toolkit.language_model import LanguageModel


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
