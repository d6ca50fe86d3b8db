"""Writing equals that of transformers, family by family; the same seed writes the same; pieces join to the whole."""

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from small_models import FAMILIES, small_model
from transformers import GenerationMixin
from written_references import reference_ids, with_end_of_text

from aigc_toolkit.generation import generate, stream
from aigc_toolkit.generation.records import Prompt
from aigc_toolkit.language_model import LanguageModel

PROMPT = "Mia 找到了 a 😀"
IDS = (5, 17, 33, 200, 7, 9, 120, 45)
WRITING = [family for family in FAMILIES if small_model(family).can_generate()]


@pytest.mark.parametrize("family", WRITING)
def test_greedy_equals_transformers_on_every_family_that_writes(family, tokenizer):
    lm = LanguageModel(small_model(family), tokenizer, family)
    if lm.model.main_input_name == "input_features":
        prompt = torch.randn(1, 8, 24, generator=torch.Generator().manual_seed(1))
        found = GenerationMixin.generate(lm.model, input_features=prompt, do_sample=False, max_new_tokens=20)
        expected = tuple(found[0].tolist())  # Whisper's own generate adds its task tokens, which a random model has not
    else:
        prompt, expected = Prompt("", IDS), reference_ids(lm, IDS, 20)
    assert generate(lm, prompt, temperature=0, max_new_tokens=20).ids == expected


@pytest.mark.parametrize("family", [family for family in WRITING if family != "whisper"])
def test_texts_written_together_equal_their_single_runs(family, tokenizer):
    lm = LanguageModel(small_model(family), tokenizer, family)
    prompts = [Prompt("", IDS), Prompt("", IDS[:3]), Prompt("", IDS[2:7]), Prompt("", IDS[:1])]
    settings = {"temperature": 0, "max_new_tokens": 12}
    assert [each.ids for each in generate(lm, prompts, **settings)] == [generate(lm, p, **settings).ids for p in prompts]


@pytest.mark.parametrize("family", ["gpt2", "qwen3", "gemma2", "t5", "bart", "mamba"])
def test_beams_equal_those_of_transformers(family, tokenizer):
    lm = LanguageModel(small_model(family), tokenizer, family)
    found = generate(lm, Prompt("", IDS), temperature=0, num_beams=4, num_return_sequences=3, max_new_tokens=10)
    ids = torch.tensor([IDS])
    options = {"num_beams": 4, "num_return_sequences": 3, "max_new_tokens": 10, "do_sample": False, "pad_token_id": 0}
    expected = lm.model.generate(ids, attention_mask=torch.ones_like(ids), **options).tolist()
    assert [list(each.ids) for each in found] == expected
    assert found[0].tokens[0].logprob == pytest.approx(
        generate(lm, Prompt("", IDS), max_new_tokens=1).tokens[0].alternatives[0].logprob, abs=9
    )


def test_greedy_equals_transformers_and_each_step_is_the_argmax(lm):
    generation = generate(lm, PROMPT, max_new_tokens=40, temperature=0)
    assert generation.ids == reference_ids(lm, generation.prompt_ids, 40)
    with torch.inference_mode():
        logits = lm.model(torch.tensor([generation.ids])).logits[0]
    for step in generation.tokens:
        logprobs = logits[step.position - 1].log_softmax(-1)
        assert step.id == logprobs.argmax() and step.rank == 1
        assert step.logprob == pytest.approx(logprobs.max().item(), abs=1e-4)
        assert step.entropy == pytest.approx(-(logprobs.exp() * logprobs).sum().item(), abs=1e-3)
        assert [choice.id for choice in step.alternatives] == logprobs.topk(10).indices.tolist()
    assert [step.position for step in generation.tokens] == list(range(len(generation.prompt_ids), len(generation.ids)))


@pytest.mark.parametrize(
    ("settings", "theirs"),
    [
        ({"repetition_penalty": 1.3}, {"repetition_penalty": 1.3}),
        ({"no_repeat_ngram_size": 2}, {"no_repeat_ngram_size": 2}),
        ({"bad_words": [[265], [12, 40]]}, {"bad_words_ids": [[265], [12, 40]]}),
        ({"watermark": {"bias": 3.0}}, {"watermarking_config": {"bias": 3.0}}),
    ],
    ids=["repetition", "n-gram", "bad-words", "watermark"],
)
def test_greedy_with_processors_equals_transformers(lm, settings, theirs):
    generation = generate(lm, PROMPT, max_new_tokens=30, temperature=0, **settings)
    assert generation.ids == reference_ids(lm, generation.prompt_ids, 30, **theirs)


def test_a_forbidden_word_does_not_come(lm):
    free = generate(lm, PROMPT, max_new_tokens=30, temperature=0)
    word = lm.texts.display(free.tokens[0].id)
    assert free.tokens[0].id not in [
        step.id for step in generate(lm, PROMPT, max_new_tokens=30, temperature=0, bad_words=[word]).tokens
    ]


@pytest.mark.parametrize("seed", range(8))
def test_streamed_pieces_join_to_the_decoded_whole(lm, seed):
    generation = generate(with_end_of_text(lm), PROMPT, max_new_tokens=30, temperature=3.0, seed=seed)
    whole = lm.tokenizer.decode(generation.ids, skip_special_tokens=True)
    assert generation.prompt + generation.text == whole
    assert "".join(step.text for step in generation.tokens) == generation.text


def test_the_same_seed_writes_the_same(lm):
    def text(seed):
        return generate(lm, PROMPT, max_new_tokens=20, seed=seed, top_k=50, top_p=0.9).text

    assert text(5) == text(5) != text(6)


def test_several_texts_share_the_reading_of_their_prompt(lm):
    sizes = []
    counted = LanguageModel(copy.deepcopy(lm.model), lm.tokenizer, "counted")
    counted.model.register_forward_pre_hook(
        lambda module, given, named: sizes.append(named["input_ids"].shape[1]), with_kwargs=True
    )
    texts = generate(counted, PROMPT, max_new_tokens=6, seed=3, num_return_sequences=3)
    assert [size for size in sizes if size > 1] == [len(texts[0].prompt_ids)]
    assert [each.ids for each in texts] == [generate(lm, PROMPT, max_new_tokens=6, seed=3 + number).ids for number in range(3)]
    assert len({each.ids for each in texts}) == 3


def test_steps_come_while_the_model_writes(lm):
    steps = stream(lm, PROMPT, max_new_tokens=3, seed=0)
    assert steps.stop_reason is None
    first = next(steps)
    assert first.position == len(steps.prompt_ids) and not torch.is_inference_mode_enabled()
    rest = list(steps)
    assert len(rest) + 1 == len(generate(lm, PROMPT, max_new_tokens=3, seed=0).tokens)
    assert steps.stop_reason in ("max_new_tokens", "end_of_text") and list(steps) == []


def test_two_threads_do_not_disturb_each_other(lm):
    prompts = [PROMPT, "从前有一个小女孩"] * 4
    alone = [generate(lm, prompt, max_new_tokens=20, temperature=0) for prompt in prompts]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda prompt: generate(lm, prompt, max_new_tokens=20, temperature=0), prompts)) == alone


def test_means_are_those_of_the_tokens_that_have_numbers(lm):
    made = generate(lm, PROMPT, max_new_tokens=4, seed=0)
    assert made.mean_logprob == pytest.approx(sum(step.logprob for step in made.tokens) / len(made.tokens))
    assert made.mean_entropy == pytest.approx(sum(step.entropy for step in made.tokens) / len(made.tokens))
    unknown = replace(made.tokens[1], logprob=None, entropy=None)
    some, none = replace(made, tokens=(made.tokens[0], unknown)), replace(made, tokens=(unknown,))
    assert (some.mean_logprob, some.mean_entropy) == (made.tokens[0].logprob, made.tokens[0].entropy)
    assert none.mean_logprob is None and none.mean_entropy is None
