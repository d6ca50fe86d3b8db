import copy
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from aigc_toolkit.generation import generate, stream
from aigc_toolkit.language_model import LanguageModel

SMALL = {
    "vocab_size": 400,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}
ROTARY = {"num_key_value_heads": 2, "head_dim": 8, "initializer_range": 0.3, "max_position_embeddings": 128}
PROMPT = "Mia 找到了 a 😀"


def with_end_of_text(lm, *ids):
    """The model with other end-of-text tokens."""
    model = copy.deepcopy(lm.model)
    model.generation_config.eos_token_id = list(ids) or None
    return LanguageModel(model, lm.tokenizer, "changed")


def reference_ids(lm, prompt_ids, max_new_tokens):
    ids = torch.tensor([prompt_ids])
    mask = torch.ones_like(ids)
    options = {"do_sample": False, "max_new_tokens": max_new_tokens, "pad_token_id": 0}
    return tuple(lm.model.generate(ids, attention_mask=mask, **options)[0].tolist())


FAMILIES = {
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(vocab_size=400, n_positions=128, n_embd=32, n_layer=2, n_head=4, initializer_range=0.3, eos_token_id=0)
    ),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**SMALL, **ROTARY, sliding_window=5)),
    "gemma2": lambda: Gemma2ForCausalLM(Gemma2Config(**SMALL, **ROTARY, sliding_window=5)),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_greedy_equals_transformers_on_other_families(family, tokenizer):
    torch.manual_seed(1)
    lm = LanguageModel(FAMILIES[family]().eval(), tokenizer, family)
    generation = generate(lm, PROMPT, max_new_tokens=25, temperature=0)
    assert generation.ids == reference_ids(lm, generation.prompt_ids, 25)


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


def test_end_of_text_stops_and_is_the_last_token_as_in_transformers(lm):
    free = generate(with_end_of_text(lm), PROMPT, max_new_tokens=20, temperature=0)
    stopping = with_end_of_text(lm, free.tokens[7].id, 399)
    generation = generate(stopping, PROMPT, max_new_tokens=20, temperature=0)
    assert generation.stop_reason == "end_of_text"
    assert len(generation.tokens) <= 8 and generation.tokens[-1].id == free.tokens[7].id
    assert generation.ids == reference_ids(stopping, generation.prompt_ids, 20)


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


def test_steps_come_while_the_model_writes(lm):
    steps = stream(lm, PROMPT, max_new_tokens=3, seed=0)
    assert steps.stop_reason is None
    first = next(steps)
    assert first.position == len(steps.prompt_ids) and not torch.is_inference_mode_enabled()
    rest = list(steps)
    assert len(rest) + 1 == len(generate(lm, PROMPT, max_new_tokens=3, seed=0).tokens)
    assert steps.stop_reason in ("max_new_tokens", "end_of_text") and list(steps) == []


def test_a_stop_event_ends_the_stream_between_two_tokens(lm):
    stop = threading.Event()
    steps = stream(lm, PROMPT, max_new_tokens=50, temperature=0, stop_event=stop)
    next(steps)
    stop.set()
    assert list(steps) == [] and steps.stop_reason == "cancelled"
    assert generate(lm, PROMPT, stop_event=stop).tokens == ()


def test_the_text_ends_where_the_context_ends(lm):
    generation = generate(with_end_of_text(lm), PROMPT, max_new_tokens=500, temperature=0, num_alternatives=0)
    assert generation.stop_reason == "context_full"
    assert len(generation.ids) == lm.context_length and generation.tokens[0].alternatives == ()


def test_two_threads_do_not_disturb_each_other(lm):
    prompts = [PROMPT, "从前有一个小女孩"] * 4
    alone = [generate(lm, prompt, max_new_tokens=20, temperature=0) for prompt in prompts]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda prompt: generate(lm, prompt, max_new_tokens=20, temperature=0), prompts)) == alone


def test_an_empty_prompt_starts_from_the_end_of_text_token(lm):
    assert generate(lm, "", max_new_tokens=2).prompt_ids == (lm.tokenizer.eos_token_id,)


def test_an_empty_prompt_without_a_token_to_start_from(lm):
    bare = PreTrainedTokenizerFast(tokenizer_object=lm.tokenizer.backend_tokenizer)
    with pytest.raises(ValueError, match="prompt is empty and the tokenizer of 'bare' has no .*Pass at least one char"):
        generate(LanguageModel(lm.model, bare, "bare"), "")


@pytest.mark.parametrize("prompt", ["\x00", "<img src=x onerror=alert(1)>", "😀" * 5])
def test_strange_prompts_are_just_text(lm, prompt):
    assert generate(lm, prompt, max_new_tokens=2).prompt == prompt


@pytest.mark.parametrize("num_characters", [128, 100_000])
def test_a_prompt_that_fills_the_context(lm, num_characters):
    with pytest.raises(ValueError, match=rf"prompt has {num_characters} tokens; 'tiny' reads 128, so at most 127 .*Shorten"):
        stream(lm, "Z" * num_characters)


def test_a_lone_surrogate_in_the_prompt(lm):
    with pytest.raises(ValueError, match="at position 2; whole Unicode"):
        stream(lm, "ab\udc00")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_new_tokens": 0}, "max_new_tokens is 0; 1 or more is allowed. Ask for at least one token"),
        ({"num_alternatives": -1}, r"num_alternatives is -1; 0 to 400 \(the vocabulary\) is allowed. Use 10"),
        ({"num_alternatives": 401}, r"num_alternatives is 401; 0 to 400"),
        ({"temperature": -1}, "temperature is -1; 0"),
        ({"top_k": 401}, "top_k is 401; 1 to 400"),
        ({"top_p": 0}, "top_p is 0; above 0"),
    ],
)
def test_settings_are_refused_before_anything_is_computed(lm, settings, message):
    with pytest.raises(ValueError, match=message):
        stream(lm, PROMPT, **settings)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (BertForMaskedLM(BertConfig(**SMALL)), r"no causal language model \(BertForMaskedLM\); writing on needs"),
        (
            T5ForConditionalGeneration(T5Config(vocab_size=400, d_model=16, d_ff=16, num_layers=1, num_heads=2, d_kv=8)),
            r"an encoder-decoder \(T5ForConditionalGeneration\); writing on needs .*Load one",
        ),
    ],
    ids=["bert", "t5"],
)
def test_models_that_cannot_continue_a_text(model, message, tokenizer):
    with pytest.raises(ValueError, match=message):
        stream(LanguageModel(model, tokenizer, "other"), PROMPT)
