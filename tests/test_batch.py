import copy

import pytest
import torch
from small_models import small_model

from aigc_toolkit.generation import DecodingSettings, generate, prompt_reading
from aigc_toolkit.generation.batch import Batch
from aigc_toolkit.generation.cache import new_cache
from aigc_toolkit.generation.decoding import TokenStream, together
from aigc_toolkit.generation.prompt_reading import groups, read_prompts
from aigc_toolkit.generation.prompts import Start, start_of
from aigc_toolkit.generation.records import Prompt
from aigc_toolkit.language_model import LanguageModel

IDS = [(5, 17, 33, 200, 7), (9, 120), (45, 3, 8, 77, 81, 90, 14), (300,), (12, 13, 14)]
SETTINGS = [
    DecodingSettings(temperature=0),
    DecodingSettings(temperature=1.3, seed=3),
    DecodingSettings(seed=9, top_p=0.8, num_alternatives=2),
    DecodingSettings(temperature=0, repetition_penalty=1.4),
    DecodingSettings(seed=3, no_repeat_ngram_size=2),
]


@pytest.fixture(params=["fast", "transformers"])
def endless(request, lm, tokenizer):
    model = copy.deepcopy(lm.model) if request.param == "fast" else small_model("gemma2")
    model.generation_config.eos_token_id = None
    return LanguageModel(model, tokenizer, request.param)


def alone(lm, number, num_tokens):
    settings = {name: value for name, value in vars(SETTINGS[number]).items() if name != "max_new_tokens"}
    return [step.id for step in generate(lm, Prompt("", IDS[number]), max_new_tokens=num_tokens, **settings).tokens]


def test_texts_that_come_and_go_get_what_they_get_alone(endless):
    batch = Batch(endless, max_sequences=3, max_tokens=40)
    written = {number: [] for number in range(5)}
    slots = {batch.add(IDS[number], SETTINGS[number]): number for number in (0, 1)}
    arrivals, departures = {2: 2, 4: 3, 9: 4}, {4: 0, 7: 1, 8: 3}
    for round_number in range(14):
        if round_number in departures:
            slot = next(slot for slot, number in slots.items() if number == departures[round_number])
            batch.remove(slot)
            del slots[slot]
        if round_number in arrivals:
            slots[batch.add(IDS[arrivals[round_number]], SETTINGS[arrivals[round_number]])] = arrivals[round_number]
        for slot, choice in batch.step():
            written[slots[slot]].append(choice.id)
            assert len(choice.best) == SETTINGS[slots[slot]].num_alternatives
    assert [len(ids) for ids in written.values()] == [4, 7, 12, 4, 5]
    assert all(ids == alone(endless, number, len(ids)) for number, ids in written.items())


def test_a_text_removed_before_its_first_step(endless):
    batch = Batch(endless, max_sequences=3, max_tokens=40)
    first, second = (batch.add(IDS[number], SETTINGS[0]) for number in (0, 1))
    batch.step()
    third = batch.add(IDS[2], SETTINGS[0])
    batch.remove(first)
    assert sorted(slot for slot, _ in batch.step()) == [second, third]
    batch.remove(third)
    assert [slot for slot, _ in batch.step()] == [second] and batch.num_free == 2
    batch.remove(second)
    assert batch.step() == []


def test_one_forward_pass_for_all(lm):
    calls = []
    counted = LanguageModel(copy.deepcopy(lm.model), lm.tokenizer, "counted")
    counted.model.register_forward_pre_hook(lambda *given: calls.append(1))
    batch = Batch(counted, max_sequences=3)
    for ids in IDS[:3]:
        batch.add(ids, SETTINGS[0])
    for _ in range(4):
        batch.step()
    assert len(calls) == 2  # two prompts of nearly one length together, and a short one; the steps do not go through the modules


@pytest.mark.parametrize("family", ["qwen3", "gpt2"])
def test_prompts_read_together_give_the_logits_they_give_alone(family, tokenizer):
    lm = LanguageModel(small_model(family), tokenizer, family)
    starts = [Start("", ids, 40, "max_new_tokens") for ids in IDS]
    with torch.inference_mode():
        read = read_prompts(lm, [*starts, starts[0]], [False] * 6)
        assert len(read) == 5 and len({id(each.cache) for each in read.values()}) == 3
        for start in starts:
            one, cache = read[id(start)], new_cache(lm.model, len(start.ids))
            alone = lm.model(torch.tensor([start.ids]), past_key_values=cache, use_cache=True).logits[0, -1]
            torch.testing.assert_close(one.logits, alone)
            for together, single in zip(one.cache.layers, cache.layers, strict=True):
                torch.testing.assert_close(together.keys[one.row, :, : len(start.ids)], single.keys[0])
                torch.testing.assert_close(together.values[one.row, :, : len(start.ids)], single.values[0])


def test_prompts_of_one_pass_are_alike_in_length_and_not_too_many(monkeypatch):
    starts = [Start("", (5,) * length, 100, "max_new_tokens") for length in (3, 40, 6, 30, 31, 7)]

    def lengths(num_logits=10):
        return [[len(start.ids) for start in group] for group in groups(starts, num_logits)]

    assert lengths() == [[3, 6], [7], [30, 31, 40]]
    monkeypatch.setattr(prompt_reading, "JOINT_TOKENS", 70)
    assert lengths() == [[3, 6], [7], [30, 31], [40]]
    monkeypatch.setattr(prompt_reading, "JOINT_LOGITS", 39)
    assert lengths() == [[3], [6], [7], [30], [31], [40]]


def test_a_text_that_is_mostly_kept_is_read_from_there(lm):
    model = LanguageModel(copy.deepcopy(lm.model), lm.tokenizer, "kept")
    texts = [Prompt("", (*IDS[2], number)) for number in (50, 60)]
    expected = [each.ids for each in generate(model, texts, temperature=0, max_new_tokens=4)]
    generate(model, Prompt("", IDS[2]), temperature=0, max_new_tokens=4)
    lengths = []
    model.model.register_forward_pre_hook(lambda _, given, named: lengths.append(named["input_ids"].shape[1]), with_kwargs=True)
    assert [each.ids for each in generate(model, texts, temperature=0, max_new_tokens=4, reuse=True)] == expected
    assert lengths == [1, 1]


def test_a_text_removed_before_it_is_read(lm):
    batch = Batch(lm, max_sequences=3, max_tokens=40)
    slots = [batch.add(ids, SETTINGS[0]) for ids in IDS[:3]]
    batch.remove(slots[1])
    assert {slot: choice.id for slot, choice in batch.step()} == {
        slots[number]: generate(lm, Prompt("", IDS[number]), temperature=0, max_new_tokens=1).tokens[0].id for number in (0, 2)
    }


def test_more_texts_than_fit_at_once(endless):
    settings = DecodingSettings(temperature=0, max_new_tokens=6)
    streams = [TokenStream(endless, start_of(endless, Prompt("", ids), settings), settings) for ids in IDS]
    numbers = [number for number, _ in together(endless, streams, max_sequences=2)]
    assert sorted(numbers) == sorted(list(range(5)) * 6)
    assert [[step.id for step in each.tokens] for each in streams] == [
        [step.id for step in generate(endless, Prompt("", ids), temperature=0, max_new_tokens=6).tokens] for ids in IDS
    ]


def test_what_a_batch_refuses(lm):
    batch = Batch(lm, max_sequences=1, max_tokens=5)
    with pytest.raises(ValueError, match="prompt has 7 tokens; this batch holds texts of 5, so at most 4 are allowed. Shorten"):
        batch.add(IDS[2], SETTINGS[0])
    with pytest.raises(ValueError, match="top_k is 0"):
        batch.add(IDS[1], DecodingSettings(top_k=0))
    slot = batch.add(IDS[1], SETTINGS[0])
    with pytest.raises(ValueError, match="The batch holds 1 texts; 1 are allowed. Remove one first"):
        batch.add(IDS[1], SETTINGS[0])
    with pytest.raises(ValueError, match=rf"Slot 5 holds no text; \[{slot}\] do. Use a slot"):
        batch.remove(5)


def test_of_no_prompts_nothing_is_written(lm):
    assert generate(lm, [], max_new_tokens=3) == []
