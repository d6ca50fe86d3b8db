"""Whole or refused: what happens when an attention is missing, doubled, or cannot be told from another."""

import dataclasses
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from small_models import small_model
from transformers import DiffLlamaConfig, DiffLlamaForCausalLM, LongformerConfig, LongformerForMaskedLM, RwkvConfig, RwkvForCausalLM

from aigc_toolkit.attention import capture_attention
from aigc_toolkit.attention.eager_weights import NotWhole, eager_sites
from aigc_toolkit.attention.fused_kernel import FusedKernelMode
from aigc_toolkit.attention.layers import stacks, weight_stacks, without_attention
from aigc_toolkit.attention.recorder import recording
from aigc_toolkit.language_model import LanguageModel

IDS = list(range(40, 60))
SMALL = {"vocab_size": 400, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}


def recorded(family):
    model = small_model(family)
    arguments = {"input_ids": torch.tensor([IDS])}
    if model.config.is_encoder_decoder:
        arguments["decoder_input_ids"] = torch.tensor([IDS[:7]])
    with torch.inference_mode(), recording(model) as record:
        model(**arguments, use_cache=False)
    return model, record.sites


def named(sites, *names):
    return [dataclasses.replace(site, name=name) for site, name in zip(sites, names, strict=True)]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["model.layers.0.self_attn"], r"the attention of layer 1 \(LlamaDecoderLayer\) was not heard"),
        (["model.layers.1.self_attn", "model.layers.0.self_attn"], "2 attentions were recorded of 2 layers"),
        (["model.first.attn", "model.second.attn"], "model.first.attn is in no numbered layer"),
        (["early.0.attn", "late.0.attn"], "its attention is in several stacks: early., late."),
        (
            ["model.layers.0.self_attn", "model.layers.0.self_attn#2", "model.layers.1.self_attn"],
            "layers.0.self_attn attends more th",
        ),
        (["model.layers.0.self_attn", "model.layers.0.self_attn#2", "model.layers.0.self_attn#3"], "attends 3 times in 2 layers"),
        (["model.layers.0.a", "model.layers.0.b", "model.layers.1.a"], "3 attentions were recorded of 2 layers"),
    ],
)
def test_layers_that_are_not_whole(names, message):
    model, sites = recorded("llama")
    with pytest.raises(NotWhole, match=message):
        stacks(model, named((sites * 2)[: len(names)], *names))


def test_several_attentions_in_a_block_that_the_configuration_counts_as_layers():
    model, sites = recorded("llama")
    names = [f"model.layers.{block}.self_attn.{part}" for block in range(2) for part in range(2)]
    four = named(sites * 2, *names)
    with pytest.raises(NotWhole, match="4 attentions were recorded of 2 layers"):
        stacks(model, four)
    model.config.num_hidden_layers = 4
    assert stacks(model, four)["decoder"].sites == tuple(four)
    with pytest.raises(NotWhole, match="4 attentions were recorded of 4 layers"):
        stacks(model, named(four, *names[:2], *names[:2]))


def test_a_layer_that_states_linear_attention_has_no_weights():
    model, sites = recorded("llama")
    model.config.layer_types = ["full_attention", "linear_attention"]
    assert stacks(model, sites[:1])["decoder"].other_layers == {1: "linear_attention"}


def test_a_layer_that_states_attention_but_shows_none():
    model, sites = recorded("lfm2")
    model.config.layer_types = ["sliding_attention", "full_attention", "conv"]
    with pytest.raises(NotWhole, match=r"the attention of layer 0 \(Lfm2DecoderLayer\) was not heard"):
        stacks(model, sites)
    model.config.layer_types = None
    assert stacks(model, sites)["decoder"].other_layers == {0: "Lfm2DecoderLayer", 2: "Lfm2DecoderLayer"}


def test_one_tower_of_a_model_with_two(tokenizer):
    """CLIP's text and vision towers may have different depths; only the one that reads pixels runs."""
    attention = capture_attention(LanguageModel(small_model("clip"), None, "clip"), torch.rand(3, 24, 24))
    assert attention.num_layers == 2 and attention.tokens[:2] == ["[CLS]", "patch 0,0"]


def test_a_configuration_that_states_no_number_of_layers():
    config = SimpleNamespace(is_encoder_decoder=False, sub_configs={}, get_text_config=lambda: SimpleNamespace())
    with pytest.raises(NotWhole, match="2 attentions were given by an unknown number of layers"):
        weight_stacks(SimpleNamespace(config=config), {"": recorded("llama")[1]})


def test_an_encoder_decoder_without_three_kinds():
    model, sites = recorded("t5")
    with pytest.raises(
        NotWhole, match=r"its 2 kinds of attention \(decoder.block.#.layer.#.SelfAttention, .*\) are not encoder, dec"
    ):
        stacks(model, [site for site in sites if not site.name.startswith("encoder")])


def test_weights_of_fewer_layers():
    model = small_model("bloom")
    sites = eager_sites(model, {"input_ids": torch.tensor([IDS])}, keep="cpu")
    assert weight_stacks(model, sites)["decoder"].num_model_layers == 2
    with pytest.raises(NotWhole, match="1 attentions were given by 2 layers"):
        weight_stacks(model, {"": sites[""][:1]})


def answering(kernel="eager", **outputs):
    """A model that gives `outputs` whatever it reads."""

    class Answering:
        config = SimpleNamespace(_attn_implementation=kernel, is_encoder_decoder=False)

        def __call__(self, **arguments):
            return outputs

    return Answering()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (answering(kernel="my_kernel"), "no attention of it passes .* interface, and it runs with the kernel 'my_kernel'"),
        (answering(), "it gives no attention weights"),
        (answering(attentions=()), "it gives no attention weights"),
        (answering(attentions=(torch.zeros(1, 5, 5),)), r"layer 0 gives something else than one weight .*: \(1, 5, 5\)"),
        (answering(attentions=(torch.zeros(1, 2, 5, 5), None)), "layer 1 gives something else than one weight .*: NoneType"),
    ],
)
def test_models_that_give_no_weights(model, message):
    with pytest.raises(NotWhole, match=message):
        eager_sites(model, {}, keep="cpu")


REFUSED = {
    "longformer": (
        lambda: LongformerForMaskedLM(LongformerConfig(**SMALL, attention_window=6, max_position_embeddings=64)),
        r"its encoder attention has \[\(20, 7\)\] queries and keys for 20 and 20 tokens",
    ),
    "diffllama": (lambda: DiffLlamaForCausalLM(DiffLlamaConfig(**SMALL)), "model.layers.0.self_attn attends more than once"),
    "rwkv": (
        lambda: RwkvForCausalLM(RwkvConfig(vocab_size=400, hidden_size=32, num_hidden_layers=2, attention_hidden_size=32)),
        r"layer 0 gives something else than one weight per head, query and key: \(1, 20, 32\)",
    ),
}


@pytest.mark.parametrize("family", REFUSED)
def test_families_that_are_refused_by_name(family, tokenizer):
    build, reason = REFUSED[family]
    lm = LanguageModel(build().eval(), tokenizer, family)
    with pytest.raises(ValueError, match=rf"'{family}' \({type(lm.model).__name__}\) cannot be recorded: {reason}.*Use such"):
        capture_attention(lm, IDS)


def test_weights_whose_rows_do_not_sum_to_one(tokenizer):
    lm = LanguageModel(small_model("bloom"), tokenizer, "bloom")
    lm.model.transformer.h[1].self_attention.attention_dropout.forward = lambda weights: 2 * weights
    with pytest.raises(ValueError, match="a sum of weights, which should be 1, of decoder layer 1 is 1.0e.00 off"):
        capture_attention(lm, IDS)


def test_what_has_no_attention_is_named():
    assert without_attention(small_model("mamba")) == "MambaMixer" and without_attention(small_model("bloom")) is None
    assert without_attention(torch.nn.Linear(1, 1)) == "Linear"


class Fused(torch.nn.Module):
    def forward(self, query, key, **settings):
        return F.scaled_dot_product_attention(query, key, key, **settings)


class Outer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Fused()

    def forward(self, query, key, **settings):
        return self.inner(query, key, **settings)


def heard(*arguments, **settings):
    model = Outer()
    with torch.inference_mode(), recording(model) as record, FusedKernelMode(record):
        model(*arguments, **settings)
    return record


def test_the_fused_kernel_is_heard_with_the_name_of_its_module():
    mask = torch.zeros(5, 5).masked_fill(torch.ones(5, 5, dtype=torch.bool).triu(1), -torch.inf)
    (site,) = heard(*torch.rand(2, 1, 4, 5, 8), attn_mask=mask).sites
    assert site.name == "inner" and site.mask.shape == (1, 5, 5) and site.error() < 1e-6


@pytest.mark.parametrize("settings", [{"is_causal": True}, {"scale": 0.2}, {"attn_mask": torch.rand(4, 5, 5)}, {}])
def test_arguments_of_the_fused_kernel(settings):
    record = heard(*torch.rand(2, 1, 4, 5, 8), **settings)
    assert record.sites[0].error() < 1e-6 and record.sites[0].sees_ahead == ("is_causal" not in settings)


def test_the_fused_kernel_in_a_way_that_is_not_understood():
    record = heard(torch.rand(1, 4, 3, 8), torch.rand(1, 4, 5, 8), is_causal=True)
    assert record.refusals == ["inner calls the fused kernel in a way that is not understood"] and not record.sites


def test_the_fused_kernel_outside_any_module_of_the_model():
    with recording(Outer()) as record, FusedKernelMode(record):
        F.scaled_dot_product_attention(*torch.rand(3, 1, 4, 5, 8))
    assert record.refusals == ["a function calls the fused kernel in a way that is not understood"] and not record.sites
