"""What `capture_attention` reads: texts, pairs, ids, padding, lists, sources, pixels; and what it says about anything else."""

import numpy as np
import pytest
import torch
from small_models import small_model
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from aigc_toolkit.attention import capture_attention
from aigc_toolkit.generation import generate
from aigc_toolkit.language_model import LanguageModel, load_model

TEXT = "Mia found the red lantern 在森林里。😀"


def language_model(family, tokenizer):
    return LanguageModel(small_model(family), tokenizer, family)


def remade(tokenizer, change, **settings) -> PreTrainedTokenizerFast:
    """The same tokenizer after `change` of its Rust part."""
    backend = type(tokenizer.backend_tokenizer).from_str(tokenizer.backend_tokenizer.to_str())
    change(backend)
    return PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<|endoftext|>", **settings)


@pytest.mark.parametrize("family", ["llama", "gpt2", "bert", "bloom"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_is_left_out(family, side, tokenizer):
    lm = language_model(family, remade(tokenizer, lambda backend: None, pad_token="<|endoftext|>", padding_side=side))
    encoding = lm.tokenizer(TEXT, padding="max_length", max_length=40, return_tensors="pt")
    assert encoding["input_ids"].shape == (1, 40)
    plain, padded = capture_attention(lm, TEXT), capture_attention(lm, encoding)
    assert padded.tokens == plain.tokens
    np.testing.assert_array_equal(padded.weights(1, 2), plain.weights(1, 2))


@pytest.mark.parametrize(
    "ids", [[41, 42, 43], (41, 42, 43), torch.tensor([41, 42, 43]), np.array([[41, 42, 43]]), {"input_ids": [41, 42, 43]}]
)
def test_ids_in_any_form(lm, ids):
    assert capture_attention(lm, ids).token_ids == (41, 42, 43)


def test_a_list_of_texts_is_captured_one_after_the_other(lm):
    generation = generate(lm, "Mia", max_new_tokens=3, temperature=0)
    several = capture_attention(lm, [TEXT, generation, [41, 42]])
    assert iter(several) is several
    assert [attention.token_ids for attention in several] == [tuple(lm.texts.encode(TEXT)), generation.ids, (41, 42)]


def test_a_list_with_sources(tokenizer):
    lm = language_model("bart", tokenizer)
    first, second = capture_attention(lm, ["Mia", "Tom"], source=["found", "gave it"])
    assert "".join(second.of("encoder").tokens) == "gave it" and "".join(first.of("cross").key_tokens) == "found"


@pytest.mark.parametrize(("source", "given"), [(["one"], "1"), ("one", "a str")])
def test_a_list_with_other_sources(tokenizer, source, given):
    with pytest.raises(ValueError, match=f"There are 2 texts and {given} as source; a list of as many is needed. Pass one per"):
        capture_attention(language_model("bart", tokenizer), ["Mia", "Tom"], source=source)


def test_a_pair_is_read_as_the_tokenizer_marks_it(tokenizer):
    template = TemplateProcessing(
        single="$A <|endoftext|>", pair="$A <|endoftext|> $B:1 <|endoftext|>:1", special_tokens=[("<|endoftext|>", 0)]
    )
    lm = language_model("bert", remade(tokenizer, lambda backend: setattr(backend, "post_processor", template)))
    attention = capture_attention(lm, ("Mia", "Tom"))
    encoding = lm.tokenizer("Mia", "Tom", return_tensors="pt", return_token_type_ids=True)
    assert attention.token_ids == tuple(encoding["input_ids"][0].tolist()) and attention.tokens.count("<|endoftext|>") == 2
    assert encoding["token_type_ids"].sum() > 1
    eager = small_model("bert", kernel="eager")
    with torch.inference_mode():
        expected = eager(**encoding, output_attentions=True).attentions[1][0].numpy()
    for head in range(4):
        np.testing.assert_allclose(attention.weights(1, head), expected[head], atol=1e-5)


def test_a_pair_for_a_decoder(lm):
    with pytest.raises(ValueError, match="A pair of texts was given, but 'tiny' reads from left to right. Pass one text, or"):
        capture_attention(lm, ("Mia", "Tom"))


def test_a_tuple_of_three(lm):
    with pytest.raises(ValueError, match="The tuple holds 3 texts; a pair is two. Pass a list to look at several texts in turn"):
        capture_attention(lm, ("Mia", "Tom", "Ann"))


@pytest.mark.parametrize(("given", "name"), [(3.5, "float"), ([["Mia"]], "list"), (object(), "object")])
def test_what_cannot_be_read(lm, given, name):
    with pytest.raises(TypeError, match=f"A {name} cannot be read; a text, a pair of texts, .* Pass a list to look at several"):
        list(capture_attention(lm, given))


def test_pixels_for_a_model_of_text(lm):
    with pytest.raises(ValueError, match="A float tensor was given, but 'tiny' reads input_ids. Pass a text or token ids"):
        capture_attention(lm, torch.rand(3, 24, 24))


@pytest.mark.parametrize("shape", [(2, 3, 24, 24), (24, 24)])
def test_pixels_of_another_shape(tokenizer, shape):
    with pytest.raises(ValueError, match=r"The tensor has shape \(.*\); 'vit' reads pixel_values with 4 dimensions, the first of"):
        capture_attention(language_model("vit", tokenizer), torch.rand(shape))


def test_a_model_of_pixels_needs_no_tokenizer(tmp_path):
    lm = LanguageModel(small_model("vit"), None, "vit")
    lm.save(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text("{}")
    loaded = load_model(tmp_path, device="cpu")
    pixels = torch.rand(1, 3, 24, 24)
    np.testing.assert_array_equal(capture_attention(loaded, pixels).weights(1, 0), capture_attention(lm, pixels).weights(1, 0))
    assert loaded.tokenizer is None and loaded.context_length is None
    with pytest.raises(ValueError, match="A text was given, but 'vit' has no tokenizer; it reads pixel_values. Pass a tensor"):
        capture_attention(lm, "Mia")


def test_images_whose_patches_are_not_known_have_numbers(tokenizer):
    lm = language_model("vit", tokenizer)
    lm.model.config.patch_size = 2  # would be 144 patches: not what the model has
    assert capture_attention(lm, torch.rand(3, 24, 24)).tokens[:2] == ["token 0", "token 1"]


def test_an_encoder_decoder_without_a_source(tokenizer):
    with pytest.raises(ValueError, match="'t5' is an encoder-decoder: .* only the text is given. Pass the source too: capture"):
        capture_attention(language_model("t5", tokenizer), TEXT)


def test_an_encoder_decoder_without_a_start_token(tokenizer):
    lm = language_model("t5", tokenizer)
    lm.model.generation_config.decoder_start_token_id = lm.model.config.decoder_start_token_id = None
    with pytest.raises(ValueError, match="'t5' states no token with which its decoder starts; .* Pass the decoder's token ids"):
        capture_attention(lm, "Mia", source="Tom")
    assert capture_attention(lm, [41, 42], source="Tom").token_ids == (41, 42)


def test_a_model_somewhere_else():
    with pytest.raises(TypeError, match="lm is a str; attention can only be read from weights on this computer, .* Load one with"):
        capture_attention("https://example.org/model", TEXT)


@pytest.mark.parametrize(("family", "kind"), [("llama", "decoder"), ("bert", "encoder"), ("bloom", "decoder")])
def test_one_token(family, kind, tokenizer):
    attention = capture_attention(language_model(family, tokenizer), [41])
    assert attention.kind == kind and attention.weights(1, 3).tolist() == [[1.0]] and attention.verify().passed


def test_a_capture_inside_a_capture(tokenizer):
    lm = language_model("llama", tokenizer)
    handle = lm.model.model.layers[1].register_forward_pre_hook(lambda module, inputs: capture_attention(lm, TEXT))
    with pytest.raises(ValueError, match="Attention is already being recorded in this thread; one recording at a time is allowed"):
        capture_attention(lm, TEXT)
    handle.remove()
    assert capture_attention(lm, TEXT).num_layers == 2


@pytest.mark.parametrize("family", ["llama", "gpt_oss", "t5", "falcon", "bloom"])
def test_a_model_moved_or_changed_after_the_capture_changes_nothing(family, tokenizer):
    lm = language_model(family, tokenizer)
    attention = capture_attention(lm, TEXT, source="Tom" if family == "t5" else None)
    before = [attention.weights(1, 2, kind=kind) for kind in attention.kinds]
    with torch.no_grad():
        for parameter in lm.model.parameters():
            parameter.fill_(7.0)
    lm.model.double().to("meta")
    for kind, weights in zip(attention.kinds, before, strict=True):
        np.testing.assert_array_equal(attention.weights(1, 2, kind=kind), weights)
    assert attention.verify().passed
