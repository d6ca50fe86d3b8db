"""Every family the documentation names: equal to its own eager kernel, proven by verify(), logits untouched."""

import dataclasses

import numpy as np
import pytest
import torch
from eager_reference import eager_attention, largest_difference
from small_models import FAMILIES, small_model

from aigc_toolkit.attention import Attention, capture_attention
from aigc_toolkit.language_model import LanguageModel
from aigc_toolkit.views import attention_view

TEXT = "Mia found the red lantern 在森林里。😀"
SOURCE = "Tom gave the lantern back to her."
ENCODER_DECODERS = ("t5", "bart", "marian", "whisper")
WEIGHTS_ONLY = ("bloom", "mpt", "gptj", "gpt_neo", "xlnet", "deberta_v2")
OTHER_EAGER = ("falcon-rw",)  # transformers' eager code adds its position bias once more than its fused code
CAPTURED = [family for family in FAMILIES if family != "mamba"]


def given_for(family):
    """What the family reads: a text, or pixels; and its source, where it has one."""
    noise = torch.Generator().manual_seed(1)
    if family in ("vit", "clip"):
        return torch.randn(3, 24, 24, generator=noise), None
    if family == "whisper":
        return TEXT, torch.randn(8, 24, generator=noise)
    return TEXT, SOURCE if family in ENCODER_DECODERS else None


def arguments_for(lm, attention, text, source):
    """The same for the model itself, independently of the code under test."""
    if isinstance(text, torch.Tensor):
        return {"pixel_values": text[None]}
    ids = torch.tensor([attention.token_ids])
    if source is None:
        return {"input_ids": ids}
    side = source[None] if isinstance(source, torch.Tensor) else torch.tensor([lm.texts.encode(source)])
    return {lm.model.main_input_name: side, "decoder_input_ids": ids}


def captured(family, tokenizer, kernel=None):
    lm = LanguageModel(small_model(family, kernel=kernel), tokenizer, family)
    text, source = given_for(family)
    attention = capture_attention(lm, text, source=source)
    return lm, attention, arguments_for(lm, attention, text, source)


@pytest.mark.parametrize("family", CAPTURED)
def test_weights_equal_the_eager_kernel(family, tokenizer):
    _, attention, arguments = captured(family, tokenizer, kernel="eager" if family in OTHER_EAGER else None)
    reference = eager_attention(small_model(family, kernel="eager"), arguments, attention.kinds)
    assert largest_difference(attention, reference) <= 1e-5
    heads = attention.weights(0, 0), attention.weights(0, attention.num_heads - 1)
    assert abs(heads[0] - heads[1]).max() > 0.05  # the comparison means something


@pytest.mark.parametrize("family", CAPTURED)
def test_verify_passes_and_says_what_it_compared(family, tokenizer):
    verification = captured(family, tokenizer)[1].verify()
    assert verification.passed and verification.max_error < 1e-5
    assert verification.compared == ("row sums" if family in WEIGHTS_ONLY else "outputs")


@pytest.mark.parametrize("family", CAPTURED)
def test_logits_are_unchanged_by_recording(family, tokenizer):
    lm = LanguageModel(small_model(family), tokenizer, family)
    text, source = given_for(family)
    ran = []
    handle = lm.model.register_forward_hook(lambda module, inputs, outputs: ran.append(outputs[0]))
    attention = capture_attention(lm, text, source=source)
    handle.remove()
    with torch.inference_mode():
        arguments = arguments_for(lm, attention, text, source) | lm.accepted(use_cache=False, logits_to_keep=1)
        plain = lm.model(**arguments)[0]
    assert ran and all(torch.equal(during, plain) for during in ran)


@pytest.mark.parametrize("family", CAPTURED)
def test_rows_sum_to_one_and_decoders_never_look_ahead(family, tokenizer):
    attention = captured(family, tokenizer)[1]
    for kind in attention.kinds:
        part = attention.of(kind)
        for layer in range(part.num_layers):
            weights = part.weights(layer, 0)
            assert weights.shape == (len(part.tokens), len(part.key_tokens))
            np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
            assert (kind == "decoder") == bool((np.triu(weights[:, : len(part.tokens)], 1) == 0).all())


@pytest.mark.parametrize(("family", "window"), [("mistral", 4), ("gemma2", 4), ("gemma3", 4), ("gpt_oss", 4), ("gpt_neo", 4)])
def test_windows_shorter_than_the_text_hide_what_lies_before(family, window, tokenizer):
    attention = captured(family, tokenizer)[1]
    far = [np.tril(attention.weights(layer, 0)[:, : len(attention.tokens)], -window).max() for layer in range(2)]
    assert len(attention.tokens) > 2 * window and min(far) == 0
    assert (max(far) > 0) == (family != "mistral")  # all but Mistral alternate windows with full attention


def test_a_two_sided_window(tokenizer):
    attention = captured("modernbert", tokenizer)[1]
    distance = abs(np.subtract.outer(range(len(attention.tokens)), range(len(attention.tokens))))
    assert (attention.weights(1, 0)[distance > 3] == 0).all() and (attention.weights(0, 0)[distance > 3] > 0).any()


def test_learned_sinks_are_a_pseudo_token(tokenizer):
    attention = captured("gpt_oss", tokenizer)[1]
    assert attention.key_tokens == [*attention.tokens, "<sink>"]
    took = attention.weights(0, 1)[:, -1]
    assert (took > 0).all() and took[0] == pytest.approx(1 - attention.weights(0, 1)[0, 0], abs=1e-6)
    assert attention.tile(0, 1, size=5).shape == (5, 5)


def test_layers_without_a_sink_beside_layers_with_one(tokenizer):
    attention = captured("gpt_oss", tokenizer)[1]
    sites = [dataclasses.replace(attention.sites[0], sinks=None), attention.sites[1]]
    mixed = Attention(sites, attention.token_ids, attention.tokens, attention.pieces, kind="decoder", model_name="mixed")
    assert mixed.weights(0, 1).shape == mixed.weights(1, 1).shape == (17, 18)
    assert not mixed.weights(0, 1)[:, -1].any() and mixed.weights(1, 1)[:, -1].all()


def test_a_sink_is_drawn_as_a_column_of_its_own(tokenizer):
    attention = captured("gpt_oss", tokenizer)[1]
    view = attention_view(attention)
    drawn = view.request("rows", of=0, kind="decoder", layer=1, head=2, first=0, end=17)
    np.testing.assert_allclose(np.frombuffer(drawn, dtype="<f2").reshape(17, 18), attention.weights(1, 2), atol=1e-3)
    part = view.payload()["attentions"][0]["parts"]["decoder"]
    assert part["causal"] and part["sinks"] and part["key_tokens"][-1] == "<sink>"


def test_an_encoder_decoder_has_three_kinds_of_attention(tokenizer):
    attention = captured("bart", tokenizer)[1]
    assert attention.kinds == ("decoder", "encoder", "cross") and attention.kind == "decoder"
    assert repr(attention) == "Attention('bart', 17 tokens, 2 layers x 4 heads, decoder)"
    source = attention.of("encoder").tokens
    assert "".join(source) == SOURCE and attention.of("cross").key_tokens == source
    assert attention.of("cross").tokens == attention.tokens and attention.tokens[0] == "<|endoftext|>"
    np.testing.assert_array_equal(attention.weights(1, 2, kind="cross"), attention.of("cross").weights(1, 2))
    assert attention.of("cross").layer_names == ["model.decoder.layers.0.encoder_attn", "model.decoder.layers.1.encoder_attn"]
    assert attention.layer_names == ["model.decoder.layers.0.self_attn", "model.decoder.layers.1.self_attn"]


def test_verify_looks_at_every_kind(tokenizer):
    attention = captured("t5", tokenizer)[1]
    with torch.inference_mode():
        attention.of("cross").sites[1].sampled_output.mul_(1.5)
    verification = attention.verify()
    assert not verification.passed and (verification.kind, verification.layer) == ("cross", 1)


def test_a_decoder_reads_its_start_token_and_all_but_the_last(tokenizer):
    lm, attention, _ = captured("t5", tokenizer)
    assert attention.token_ids == (0, *lm.texts.encode(TEXT)[:-1])
    ids = [5, 6, 7]
    assert capture_attention(lm, ids, source=[8, 9]).token_ids == tuple(ids)


def test_sound_and_pixels_have_names(tokenizer):
    assert captured("whisper", tokenizer)[1].of("cross").key_tokens == [f"frame {index}" for index in range(12)]
    tokens = captured("vit", tokenizer)[1].tokens
    assert tokens[:3] == ["[CLS]", "patch 0,0", "patch 0,1"] and tokens[-1] == "patch 2,2" and len(tokens) == 10


def test_layers_of_a_hybrid_without_attention_are_named(tokenizer):
    attention = captured("lfm2", tokenizer)[1]
    assert (attention.num_layers, attention.num_model_layers) == (1, 3)
    assert attention.layer_names == ["model.layers.1.self_attn"] and attention.other_layers == {0: "conv", 2: "conv"}
    assert repr(attention) == "Attention('lfm2', 17 tokens, 1 of 3 layers x 4 heads, decoder)"


def test_a_layer_used_several_times_is_several_layers(tokenizer):
    names = captured("albert", tokenizer)[1].layer_names
    assert names[1] == names[0] + "#2"


def test_falcon_with_position_bias_is_what_its_fused_kernel_computed(tokenizer):
    _, attention, _ = captured("falcon-rw", tokenizer)
    assert attention.verify().compared == "outputs" and attention.sites[0].mask.dtype == torch.float32
