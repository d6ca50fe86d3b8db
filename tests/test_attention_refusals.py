"""What cannot be recorded, or does not exist in what was recorded, is refused by name; what fails leaves no trace."""

import pytest
from small_models import small_model
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from aigc_toolkit.attention import capture_attention
from aigc_toolkit.language_model import LanguageModel

TEXT = "Mia found the red lantern 在森林里。😀"


def make(family, tokenizer):
    return LanguageModel(small_model(family), tokenizer, family)


@pytest.fixture(scope="module")
def attention(lm):
    return capture_attention(lm, TEXT)


@pytest.mark.parametrize("text", ["", []])
def test_no_text(lm, text):
    with pytest.raises(ValueError, match="There is no text to look at; at least one token is needed. Pass a text"):
        capture_attention(lm, text)


def test_text_beyond_the_context(lm):
    with pytest.raises(ValueError, match="text has 129 tokens; 'tiny' reads at most 128. Shorten the text"):
        capture_attention(lm, "Z" * 129)
    assert len(capture_attention(lm, "Z" * 128).tokens) == 128


def test_ids_that_do_not_exist(lm):
    with pytest.raises(ValueError, match="Token id 400 does not exist; 'tiny' has 0 to 399. Use its own tokenizer"):
        capture_attention(lm, [1, 400])


def test_a_lone_surrogate(lm):
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        capture_attention(lm, "a\ud800")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layer": 2, "head": 0}, "layer is 2; this model has 2, counted from 0. Use 0 to 1"),
        ({"layer": 0, "head": 4}, "head is 4; this model has 4, counted from 0. Use 0 to 3"),
        ({"layer": -1, "head": 0}, "layer is -1; this model has 2"),
        (
            {"layer": 0, "head": 0, "kind": "cross"},
            "kind is 'cross'; 'tiny' has 'decoder' attention only. Leave kind out",
        ),
        ({"layer": 0, "head": 0, "rows": [99]}, "rows hold position 99; there are .* tokens. Use 0 to"),
        ({"layer": 0, "head": 0, "columns": [-1]}, "columns hold position -1; there are .* tokens. Use 0 to"),
    ],
)
def test_parts_that_do_not_exist(attention, arguments, message):
    with pytest.raises(ValueError, match=message):
        attention.weights(**arguments)


def test_a_tile_without_cells(attention):
    with pytest.raises(ValueError, match="size is 0; 1 or more is allowed. Use 48"):
        attention.tile(0, 0, size=0)


def test_training_mode(tokenizer):
    lm = make("gpt2", tokenizer)
    lm.model.train()
    with pytest.raises(ValueError, match=r"'gpt2' is in training mode, .*; evaluation mode is needed. Call lm.model.eval"):
        capture_attention(lm, TEXT)


def test_a_source_for_a_model_without_an_encoder(lm):
    with pytest.raises(ValueError, match="source is given, but 'tiny' has no encoder .*; a source is allowed for enc"):
        capture_attention(lm, TEXT, source="Mia")


def test_what_cannot_be_recorded_whole_is_refused_by_name(tokenizer):
    reason = "it has no attention, its layers are MambaMixer"
    with pytest.raises(ValueError, match=rf"'mamba' \(MambaForCausalLM\) cannot be recorded: {reason}.*Use such"):
        capture_attention(make("mamba", tokenizer), TEXT)


def test_an_unknown_kernel_is_refused_by_name(tokenizer, monkeypatch):
    monkeypatch.setitem(AttentionInterface._global_mapping, "my_kernel", sdpa_attention_forward)
    lm = make("llama", tokenizer)
    lm.model.set_attn_implementation("my_kernel")
    with pytest.raises(ValueError, match="cannot be recorded: model.layers.0.self_attn runs with the kernel 'my_kernel'"):
        capture_attention(lm, TEXT)


def test_a_kernel_that_computes_something_else_is_noticed(tokenizer, monkeypatch):
    def half_scale(*args, scaling=None, **kwargs):
        return sdpa_attention_forward(*args, scaling=scaling / 2, **kwargs)

    monkeypatch.setitem(AttentionInterface._global_mapping, "sdpa", half_scale)
    with pytest.raises(ValueError, match=r"cannot be recorded: the recomputed attention of decoder layer \d is .* off"):
        capture_attention(make("llama", tokenizer), TEXT)


def test_an_exception_in_the_middle_of_a_forward_pass(tokenizer):
    lm = make("llama", tokenizer)

    def fail(module, inputs):
        raise RuntimeError("mid-way")

    handle = lm.model.model.layers[1].register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="mid-way"):
        capture_attention(lm, TEXT)
    handle.remove()
    assert capture_attention(lm, TEXT).num_layers == 2
