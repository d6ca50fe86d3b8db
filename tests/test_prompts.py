"""Prompts: empty, strange, too long; and what cannot be written from is refused by name."""

import copy

import pytest
import torch
from small_models import small_model
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from aigc_toolkit.generation import generate, stream
from aigc_toolkit.language_model import LanguageModel

PROMPT = "Mia 找到了 a 😀"


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
    with pytest.raises(ValueError, match=rf"prompt has {num_characters} tokens; the model reads 128, so at most 127 .*Shorten"):
        stream(lm, "Z" * num_characters)


def test_a_long_prompt_keeps_its_end_where_asked(lm):
    generation = generate(lm, "Z" * 200 + "Mia", max_new_tokens=20, temperature=0, truncation="left")
    ids = lm.texts.encode("Z" * 200 + "Mia")
    assert generation.prompt_ids == tuple(ids[-108:]) and generation.prompt.endswith("ZMia") and len(generation.tokens) <= 20


def test_a_long_source_of_an_encoder(tokenizer):
    lm = LanguageModel(small_model("bart"), tokenizer, "bart")
    limited = copy.copy(lm)
    assert limited.context_length == 128
    with pytest.raises(ValueError, match="prompt has 200 tokens; the encoder of 'bart' reads at most 128.*truncation='left'"):
        stream(lm, "Z" * 200)
    assert generate(lm, "Z" * 200, max_new_tokens=3, truncation="left").prompt == "Z" * 128


def test_a_lone_surrogate_in_the_prompt(lm):
    with pytest.raises(ValueError, match="at position 2; whole Unicode"):
        stream(lm, "ab\udc00")


def test_a_tensor_for_a_model_that_reads_text(lm):
    with pytest.raises(TypeError, match="prompt is a tensor; 'tiny' reads text. Pass the text"):
        stream(lm, torch.zeros(1, 8, 24))


def test_a_stream_is_one_text(lm):
    with pytest.raises(ValueError, match="num_return_sequences is 2; a stream is one text.*Use generate"):
        stream(lm, PROMPT, num_return_sequences=2)


def test_every_token_forbidden(lm):
    with pytest.raises(ValueError, match="Every token is forbidden here by the settings.*Forbid fewer"):
        generate(lm, PROMPT, bad_words=[[token_id] for token_id in range(400)], max_new_tokens=1)


def test_nan_logits_are_named_and_not_sampled_from(lm):
    broken = LanguageModel(copy.deepcopy(lm.model), lm.tokenizer, "broken")
    broken.model.model.norm.weight.data[3] = float("nan")
    steps = stream(broken, PROMPT, max_new_tokens=3)
    with pytest.raises(ValueError, match="logits hold NaN; finite numbers are needed. Load it with dtype='float32'"):
        next(steps)
    assert steps.tokens == []


def test_a_model_without_a_tokenizer(lm):
    with pytest.raises(ValueError, match="'bare' has no tokenizer, so what it writes could not be read;.*Save its tokenizer"):
        stream(LanguageModel(lm.model, None, "bare"), PROMPT)


def test_a_decoder_without_a_token_to_start_with(tokenizer):
    model = T5ForConditionalGeneration(T5Config(vocab_size=400, d_model=16, d_ff=16, num_layers=1, num_heads=2, d_kv=8))
    model.generation_config.decoder_start_token_id = model.config.decoder_start_token_id = None
    model.generation_config.bos_token_id = model.config.bos_token_id = None
    with pytest.raises(ValueError, match="'t5' states no token with which its decoder starts; one is needed. Set"):
        stream(LanguageModel(model, tokenizer, "t5"), PROMPT)


def test_a_model_that_cannot_write(tokenizer):
    model = BertForMaskedLM(
        BertConfig(vocab_size=400, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    )
    with pytest.raises(ValueError, match=r"'bert' is no causal language model \(BertForMaskedLM\); .*Load one"):
        stream(LanguageModel(model, tokenizer, "bert"), PROMPT)
