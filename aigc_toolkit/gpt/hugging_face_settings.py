"""Which settings of a transformers model stand for which fields of a `GPTConfig`, and which have no counterpart.

In: a `GPTConfig`, or the config of a `GPT2LMHeadModel` or `Qwen3ForCausalLM`. Out: the other one, or an error that names the
field or setting that the other side does not have. It does not touch weights.
"""

from typing import TYPE_CHECKING

from .config import GPTConfig

if TYPE_CHECKING:
    from transformers import GPT2Config, Qwen3Config

FORMULAS = {
    "GPT2LMHeadModel": {
        "positions": ("learned", "sinusoidal"),
        "norm": ("layer_norm",),
        "activation": ("gelu",),
        "bias": (True,),
        "qk_norm": (False,),
    },
    "Qwen3ForCausalLM": {
        "positions": ("rotary",),
        "norm": ("rms_norm",),
        "activation": ("swiglu",),
        "bias": (False,),
        "qk_norm": (True,),
    },
}

WHAT_IF = {
    "positions": ("learned", "sinusoidal", "rotary"),
    "causal_mask": (True,),
    "residual": (True,),
    "scaled_scores": (True,),
}  # what a model has that is no experiment


def exported_class(config: GPTConfig) -> str:
    """The name of the transformers class with the formulas of `config`. Raises ValueError, naming the field, where there is none.

    >>> exported_class(GPTConfig.modern(vocabulary_size=9, context=16, num_layers=1, num_heads=4, width=32))
    'Qwen3ForCausalLM'
    """
    kind = "Qwen3ForCausalLM" if config.positions == "rotary" else "GPT2LMHeadModel"
    for field, usual in WHAT_IF.items():
        if getattr(config, field) not in usual:
            raise ValueError(
                f"{field}={getattr(config, field)!r} given, a what-if: a GPT with {field}={' or '.join(map(repr, usual))} only is "
                f"converted to Hugging Face. Train a model with that, or keep this one as a GPT."
            )
    for field, available in FORMULAS[kind].items():
        if getattr(config, field) not in available:
            raise ValueError(
                f'{field}={getattr(config, field)!r} with positions="{config.positions}": {kind}, the Hugging Face model with '
                f"such positions, has {field}={' or '.join(map(repr, available))} only. Train a model with that, or keep this "
                f"one as a GPT."
            )
    if kind == "GPT2LMHeadModel":
        same = {"num_key_value_heads": config.num_heads, "head_dim": config.width / config.num_heads}
        for field, value in same.items():
            if getattr(config, field) != value:
                raise ValueError(
                    f"{field}={getattr(config, field)} with num_heads={config.num_heads} and width={config.width}: {kind} has "
                    f"{field}={value:g} only. Train a model with that, or keep this one as a GPT."
                )
    return kind


def gpt2_settings(config: GPTConfig) -> "GPT2Config":
    """The transformers config of a GPT with the formulas of GPT-2. Begin and end ids stay unset: they belong to the tokenizer."""
    from transformers import GPT2Config

    return GPT2Config(
        vocab_size=config.vocabulary_size,
        n_positions=config.context,
        n_layer=config.num_layers,
        n_head=config.num_heads,
        n_embd=config.width,
        n_inner=config.mlp_width,
        layer_norm_epsilon=config.norm_epsilon,
        tie_word_embeddings=config.tie_embeddings,
        embd_pdrop=config.dropout,
        resid_pdrop=config.dropout,
        attn_pdrop=config.dropout,
        bos_token_id=None,
        eos_token_id=None,
    )


def qwen3_settings(config: GPTConfig) -> "Qwen3Config":
    """The transformers config of a GPT with the formulas of Qwen3."""
    from transformers import Qwen3Config

    return Qwen3Config(
        vocab_size=config.vocabulary_size,
        max_position_embeddings=config.context,
        num_hidden_layers=config.num_layers,
        num_attention_heads=config.num_heads,
        num_key_value_heads=config.num_key_value_heads,
        hidden_size=config.width,
        head_dim=config.head_dim,
        intermediate_size=config.mlp_width,
        rms_norm_eps=config.norm_epsilon,
        rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
        tie_word_embeddings=config.tie_embeddings,
        attention_dropout=config.dropout,
    )


def from_gpt2_settings(config: "GPT2Config") -> GPTConfig:
    """The fields a GPT-2 config stands for. Raises ValueError, naming the setting, for a formula `GPT` does not have."""
    _check_settings(
        config,
        activation_function=("gelu_new", "gelu_pytorch_tanh"),
        scale_attn_weights=(True,),
        scale_attn_by_inverse_layer_idx=(False,),
        add_cross_attention=(False,),
    )
    return GPTConfig.gpt2(
        vocabulary_size=config.vocab_size,
        context=config.n_positions,
        num_layers=config.n_layer,
        num_heads=config.n_head,
        width=config.n_embd,
        mlp_width=config.n_inner or 4 * config.n_embd,
        norm_epsilon=config.layer_norm_epsilon,
        tie_embeddings=config.tie_word_embeddings,
        dropout=config.resid_pdrop,
    )


def from_qwen3_settings(config: "Qwen3Config") -> GPTConfig:
    """The fields a Qwen3 config stands for. Raises ValueError, naming the setting, for a formula `GPT` does not have."""
    _check_settings(config, hidden_act=("silu",), attention_bias=(False,), use_sliding_window=(False,))
    if config.rope_parameters["rope_type"] != "default":
        raise ValueError(
            f'rope_type="{config.rope_parameters["rope_type"]}" given: GPT has rotary positions of rope_type="default" only. '
            f"Use the transformers model itself."
        )
    return GPTConfig.modern(
        vocabulary_size=config.vocab_size,
        context=config.max_position_embeddings,
        num_layers=config.num_hidden_layers,
        num_heads=config.num_attention_heads,
        num_key_value_heads=config.num_key_value_heads,
        width=config.hidden_size,
        head_dim=config.head_dim,
        mlp_width=config.intermediate_size,
        norm_epsilon=config.rms_norm_eps,
        rope_theta=config.rope_parameters["rope_theta"],
        tie_embeddings=config.tie_word_embeddings,
        dropout=config.attention_dropout,
    )


def _check_settings(config, **allowed: tuple) -> None:
    for setting, values in allowed.items():
        if getattr(config, setting) not in values:
            raise ValueError(
                f"{setting}={getattr(config, setting)!r} given: GPT has {setting}={' or '.join(map(repr, values))} only. "
                f"Use the transformers model itself."
            )
