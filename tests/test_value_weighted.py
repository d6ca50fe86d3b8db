import numpy as np
import pytest
import torch
from constructed import TEXT, captured, from_weights
from small_models import small_model
from transformers.pytorch_utils import Conv1D

from aigc_toolkit.attention import capture_attention
from aigc_toolkit.language_model import LanguageModel

PROJECTIONS = {
    "gpt2": "transformer.h.{}.attn.c_proj",
    "qwen3": "model.layers.{}.self_attn.o_proj",  # grouped queries
    "gemma2": "model.layers.{}.self_attn.o_proj",
    "opt": "model.decoder.layers.{}.self_attn.out_proj",
    "bert": "bert.encoder.layer.{}.attention.output.dense",
    "gpt_neox": "gpt_neox.layers.{}.attention.dense",
}


def weight_of(projection):
    """(D, H * Dv) for a linear layer and for transformers' transposed one."""
    return projection.weight.T if isinstance(projection, Conv1D) else projection.weight


@torch.inference_mode()
def by_definition(model, attention, layer, head, path):
    """||alpha_qk v_k W_O|| with every vector written out."""
    site = attention.sites[layer]
    value = site.value[head * site.num_key_value_heads // site.num_heads]  # (K, Dv)
    width = value.shape[1]
    part = weight_of(model.get_submodule(path.format(layer)))[:, head * width : (head + 1) * width]  # (D, Dv)
    vectors = torch.tensor(attention.weights(layer, head))[:, :, None] * (value @ part.T)  # (Q, K, D)
    return vectors.norm(dim=-1).numpy()


@pytest.mark.parametrize("family", PROJECTIONS)
def test_the_length_of_what_is_added(family, tokenizer):
    model = small_model(family)
    attention = capture_attention(LanguageModel(model, tokenizer, family), TEXT)
    for layer in range(2):
        for head in range(attention.num_heads):
            expected = by_definition(model, attention, layer, head, PROJECTIONS[family])
            np.testing.assert_allclose(attention.value_weighted(layer, head), expected, atol=1e-5, rtol=1e-4)
    assert np.abs(attention.value_weighted(0, 0) - attention.weights(0, 0)).max() > 0.05


@torch.inference_mode()
def test_all_heads_together_give_the_output_of_the_module(tokenizer):
    """The vectors whose lengths are given are those that the model adds: their sum is the module's own output."""
    model, outputs = small_model("qwen3"), []
    hook = model.model.layers[1].self_attn.register_forward_hook(lambda module, args, output: outputs.append(output[0][0]))
    attention = capture_attention(LanguageModel(model, tokenizer, "qwen3"), TEXT)
    hook.remove()
    site, total = attention.sites[1], 0
    for head in range(4):
        part = model.model.layers[1].self_attn.o_proj.weight[:, head * 16 : (head + 1) * 16]  # (D, Dv)
        total = total + torch.tensor(attention.weights(1, head)) @ site.value[head // 2] @ part.T
    torch.testing.assert_close(total, outputs[0], atol=1e-5, rtol=1e-4)


def test_rows_are_parts_of_the_whole(tokenizer):
    attention = captured("gpt2", tokenizer)
    np.testing.assert_allclose(attention.value_weighted(0, 1, rows=[9, 4]), attention.value_weighted(0, 1)[[9, 4]], atol=1e-6)


def test_a_model_that_is_changed_later_changes_nothing(tokenizer):
    model = small_model("gpt2")
    attention = capture_attention(LanguageModel(model, tokenizer, "gpt2"), TEXT)
    before = attention.value_weighted(1, 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    np.testing.assert_array_equal(attention.value_weighted(1, 1), before)


@pytest.mark.parametrize("family", ["bloom", "mpt"])
def test_families_that_keep_their_values(family, tokenizer):
    with pytest.raises(ValueError, match=r"values of .* do not go straight through one linear map, or were not seen.*Use weights"):
        captured(family, tokenizer).value_weighted(0, 0)


def test_weights_alone_have_no_values():
    with pytest.raises(ValueError, match="values of layer 0 do not go straight"):
        from_weights(np.eye(3)[None, None]).value_weighted(0, 0)
