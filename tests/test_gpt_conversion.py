"""To Hugging Face and back: equal logits for every kind that can cross, a clear refusal for what cannot."""

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from aigc_toolkit.gpt import GPT, GPTConfig, from_hugging_face, to_hugging_face

SIZES = dict(vocabulary_size=97, context=32, num_layers=2, num_heads=4, width=32)
IDS = torch.randint(97, (2, 32), generator=torch.Generator().manual_seed(0))  # (B, T)
EXPORTABLE = {
    "gpt2": GPTConfig.gpt2(**SIZES),
    "gpt2, untied": GPTConfig.gpt2(**SIZES, tie_embeddings=False),
    "gpt2, narrow MLP": GPTConfig.gpt2(**SIZES, mlp_width=40),
    "gpt2, sinusoidal": GPTConfig.gpt2(**SIZES, positions="sinusoidal"),
    "modern": GPTConfig.modern(**SIZES),
    "modern, untied": GPTConfig.modern(**SIZES, tie_embeddings=False),
    "modern, one key/value head": GPTConfig.modern(**SIZES, num_key_value_heads=1),
    "modern, head_dim is not width / heads": GPTConfig.modern(**SIZES, head_dim=12, rope_theta=500.0),
}


def shake(module: torch.nn.Module) -> torch.nn.Module:
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    return module.eval()


@torch.no_grad()
def logits_of(model: torch.nn.Module) -> torch.Tensor:
    return model(IDS) if isinstance(model, GPT) else model(IDS).logits


@pytest.mark.parametrize("name", EXPORTABLE)
def test_logits_are_equal_there_and_back(name):
    gpt = shake(GPT(EXPORTABLE[name]))
    exported = to_hugging_face(gpt)
    returned = from_hugging_face(exported)
    assert isinstance(exported, GPT2LMHeadModel if name.startswith("gpt2") else Qwen3ForCausalLM)
    assert logits_of(gpt).std() > 0.3
    assert (logits_of(exported) - logits_of(gpt)).abs().max() < 1e-4
    assert (logits_of(returned) - logits_of(gpt)).abs().max() < 1e-4
    if gpt.config.positions != "sinusoidal":  # a sinusoidal table comes back as learned weights
        assert returned.config == gpt.config


@pytest.mark.parametrize(
    "model",
    [
        GPT2LMHeadModel(GPT2Config(vocab_size=97, n_positions=32, n_embd=32, n_layer=2, n_head=4)),
        Qwen3ForCausalLM(
            Qwen3Config(
                vocab_size=97,
                max_position_embeddings=32,
                hidden_size=32,
                intermediate_size=48,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=2,
                head_dim=16,
            )
        ),
    ],
    ids=["gpt2", "qwen3"],
)
def test_a_model_made_by_transformers_is_read(model):
    shake(model)
    assert (logits_of(from_hugging_face(model)) - logits_of(model)).abs().max() < 1e-4


@pytest.mark.parametrize("name", ["gpt2, sinusoidal", "modern", "modern, untied"])
def test_a_saved_export_loads_without_this_package(name, tmp_path):
    gpt = shake(GPT(EXPORTABLE[name]))
    to_hugging_face(gpt).save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors").is_file()
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    assert (logits_of(loaded) - logits_of(gpt)).abs().max() < 1e-4


def test_copies_share_no_memory_and_keep_the_tie():
    gpt = GPT(EXPORTABLE["modern"])
    exported = to_hugging_face(gpt)
    returned = from_hugging_face(exported)
    before = returned.embedding.weight.clone()
    with torch.no_grad():
        exported.lm_head.weight.add_(1.0)
    assert torch.equal(exported.model.embed_tokens.weight, exported.lm_head.weight)
    assert torch.equal(gpt.embedding.weight, before)
    assert torch.equal(returned.embedding.weight, before)
    assert returned.head.weight is returned.embedding.weight


def test_the_dtype_is_kept():
    exported = to_hugging_face(GPT(EXPORTABLE["modern"]).bfloat16())
    assert exported.dtype == torch.bfloat16
    assert from_hugging_face(exported).embedding.weight.dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (GPTConfig.gpt2(**SIZES, norm="rms_norm"), "norm='rms_norm' with positions=\"learned\": GPT2LMHeadModel"),
        (GPTConfig.gpt2(**SIZES, activation="swiglu"), "activation='swiglu'"),
        (GPTConfig.gpt2(**SIZES, bias=False), "bias=False"),
        (GPTConfig.gpt2(**SIZES, qk_norm=True), "qk_norm=True"),
        (GPTConfig.gpt2(**SIZES, num_key_value_heads=2), "num_key_value_heads=2 with num_heads=4"),
        (GPTConfig.gpt2(**SIZES, head_dim=16), "head_dim=16 with num_heads=4 and width=32"),
        (GPTConfig.modern(**SIZES, norm="layer_norm"), "norm='layer_norm' with positions=\"rotary\": Qwen3ForCausalLM"),
        (GPTConfig.modern(**SIZES, activation="gelu"), "activation='gelu'"),
        (GPTConfig.modern(**SIZES, bias=True), "bias=True"),
        (GPTConfig.modern(**SIZES, qk_norm=False), "qk_norm=False"),
    ],
)
def test_what_cannot_be_exported_is_refused_by_name(config, message):
    with pytest.raises(ValueError, match=message):
        to_hugging_face(GPT(config))


TINY_GPT2 = dict(vocab_size=9, n_positions=8, n_embd=8, n_layer=1, n_head=2)
TINY_QWEN3 = dict(vocab_size=9, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, head_dim=4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GPT2LMHeadModel(GPT2Config(**TINY_GPT2, activation_function="relu")), "activation_function='relu'"),
        (lambda: GPT2LMHeadModel(GPT2Config(**TINY_GPT2, scale_attn_weights=False)), "scale_attn_weights=False"),
        (
            lambda: GPT2LMHeadModel(GPT2Config(**TINY_GPT2, scale_attn_by_inverse_layer_idx=True)),
            "scale_attn_by_inverse_layer_idx=True",
        ),
        (lambda: GPT2LMHeadModel(GPT2Config(**TINY_GPT2, add_cross_attention=True)), "add_cross_attention=True"),
        (lambda: Qwen3ForCausalLM(Qwen3Config(**TINY_QWEN3, num_key_value_heads=2, hidden_act="gelu")), "hidden_act='gelu'"),
        (lambda: Qwen3ForCausalLM(Qwen3Config(**TINY_QWEN3, num_key_value_heads=2, attention_bias=True)), "attention_bias=True"),
        (
            lambda: Qwen3ForCausalLM(Qwen3Config(**TINY_QWEN3, num_key_value_heads=2, use_sliding_window=True)),
            "use_sliding_window=True",
        ),
        (
            lambda: Qwen3ForCausalLM(
                Qwen3Config(
                    **TINY_QWEN3,
                    num_key_value_heads=2,
                    rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 10_000.0},
                )
            ),
            'rope_type="linear" given',
        ),
        (
            lambda: LlamaForCausalLM(
                LlamaConfig(vocab_size=9, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2)
            ),
            "LlamaForCausalLM given: from_hugging_face reads GPT2LMHeadModel and Qwen3ForCausalLM",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        from_hugging_face(make())
