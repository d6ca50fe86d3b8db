"""To and from Hugging Face: the same weights under other names, so that a GPT made here loads everywhere.

In: a `GPT`, or a transformers `GPT2LMHeadModel` or `Qwen3ForCausalLM`. Out: the other one, with equal logits.
It does not know about files (save with transformers' own `save_pretrained`) or tokenizers. Formulas that the other side
does not have are refused by name.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .config import GPTConfig
from .hugging_face_settings import (
    FORMULAS,
    exported_class,
    from_gpt2_settings,
    from_qwen3_settings,
    gpt2_settings,
    qwen3_settings,
)
from .transformer import GPT

if TYPE_CHECKING:
    from transformers import GPT2LMHeadModel, PreTrainedModel, Qwen3ForCausalLM

_GPT2_OUTER = {
    "transformer.wte": "embedding",
    "transformer.wpe": "positions",
    "transformer.ln_f": "norm",
    "lm_head": "head",
}
_GPT2_BLOCK = {
    "ln_1": "attention_norm",
    "attn.c_proj": "attention.output",
    "ln_2": "mlp_norm",
    "mlp.c_fc": "mlp.up",
    "mlp.c_proj": "mlp.down",
}  # attn.c_attn holds query, key and value side by side
_QWEN3_OUTER = {"model.embed_tokens": "embedding", "model.norm": "norm", "lm_head": "head"}
_QWEN3_BLOCK = {
    "input_layernorm": "attention_norm",
    "self_attn.q_proj": "attention.query",
    "self_attn.k_proj": "attention.key",
    "self_attn.v_proj": "attention.value",
    "self_attn.o_proj": "attention.output",
    "self_attn.q_norm": "attention.query_norm",
    "self_attn.k_norm": "attention.key_norm",
    "post_attention_layernorm": "mlp_norm",
    "mlp.gate_proj": "mlp.gate",
    "mlp.up_proj": "mlp.up",
    "mlp.down_proj": "mlp.down",
}


def to_hugging_face(gpt: GPT) -> "GPT2LMHeadModel | Qwen3ForCausalLM":
    """The same model as a transformers one, in eval mode, on the same device and in the same dtype, sharing no memory.

    Learned or sinusoidal positions give a `GPT2LMHeadModel` (a sinusoidal table becomes its position weights), rotary ones a
    `Qwen3ForCausalLM`. Token ids for begin and end are left unset: they belong to the tokenizer.
    Raises ValueError, naming the field, for a formula that the target does not have.

    >>> config = GPTConfig.modern(vocabulary_size=9, context=16, num_layers=1, num_heads=4, width=32)
    >>> type(to_hugging_face(GPT(config))).__name__
    'Qwen3ForCausalLM'
    """
    from transformers import GPT2LMHeadModel, Qwen3ForCausalLM  # here, because importing it takes seconds

    if exported_class(gpt.config) == "Qwen3ForCausalLM":
        model = Qwen3ForCausalLM(qwen3_settings(gpt.config))
        weights = {theirs: gpt.get_parameter(ours) for theirs, ours in _names(gpt.config, _QWEN3_OUTER, _QWEN3_BLOCK)}
    else:
        model = GPT2LMHeadModel(gpt2_settings(gpt.config))
        weights = _gpt2_weights(gpt)
    model.to(gpt.head.weight)  # its device and dtype
    model.load_state_dict(weights, strict=True)
    return model.eval()


def from_hugging_face(model: "PreTrainedModel") -> GPT:
    """The same model as a readable `GPT`, in eval mode, on the same device and in the same dtype, sharing no memory.

    Raises ValueError, naming the class or the setting, for a model whose formulas `GPT` does not have.

    >>> config = GPTConfig.gpt2(vocabulary_size=9, context=16, num_layers=1, num_heads=4, width=32)
    >>> from_hugging_face(to_hugging_face(GPT(config))).config == config
    True
    """
    kind = type(model).__name__
    if kind not in FORMULAS:
        raise ValueError(
            f"{kind} given: from_hugging_face reads {' and '.join(FORMULAS)}. Use the transformers model itself; training, "
            f"generation and attention take it as it is."
        )
    theirs = model.state_dict()
    if kind == "Qwen3ForCausalLM":
        gpt = GPT(from_qwen3_settings(model.config))
        weights = {ours: theirs[name] for name, ours in _names(gpt.config, _QWEN3_OUTER, _QWEN3_BLOCK)}
    else:
        gpt = GPT(from_gpt2_settings(model.config))
        weights = _from_gpt2_weights(gpt.config, theirs)
    gpt.to(theirs["lm_head.weight"])  # its device and dtype
    gpt.load_state_dict(weights, strict=True)
    return gpt.eval()


def _names(config: GPTConfig, outer: dict[str, str], block: dict[str, str]) -> list[tuple[str, str]]:
    """Pairs (their parameter, our parameter) for all matrices and, where there are any, biases."""
    modules = list(outer.items())
    for layer in range(config.num_layers):
        prefix = "model.layers" if block is _QWEN3_BLOCK else "transformer.h"
        modules += [(f"{prefix}.{layer}.{theirs}", f"blocks.{layer}.{ours}") for theirs, ours in block.items()]
    pairs = [(f"{theirs}.weight", f"{ours}.weight") for theirs, ours in modules]
    if config.bias:
        no_bias = ("embedding", "positions", "head")
        pairs += [(f"{theirs}.bias", f"{ours}.bias") for theirs, ours in modules if ours not in no_bias]
    return pairs


def _gpt2_weights(gpt: GPT) -> dict[str, Tensor]:
    ours = gpt.state_dict()
    if gpt.config.positions == "sinusoidal":
        ours["positions.weight"] = gpt.positions.table  # (context, D)
    weights = {name: _turned(name, ours[mine]) for name, mine in _names(gpt.config, _GPT2_OUTER, _GPT2_BLOCK)}
    for layer in range(gpt.config.num_layers):
        parts = [f"blocks.{layer}.attention.{part}" for part in ("query", "key", "value")]
        fused = f"transformer.h.{layer}.attn.c_attn"
        weights[f"{fused}.weight"] = torch.cat([ours[f"{part}.weight"] for part in parts]).T  # (D, 3 D)
        weights[f"{fused}.bias"] = torch.cat([ours[f"{part}.bias"] for part in parts])  # (3 D)
    return weights


def _from_gpt2_weights(config: GPTConfig, theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    weights = {ours: _turned(name, theirs[name]) for name, ours in _names(config, _GPT2_OUTER, _GPT2_BLOCK)}
    for layer in range(config.num_layers):
        fused = f"transformer.h.{layer}.attn.c_attn"
        matrices = theirs[f"{fused}.weight"].T.chunk(3)  # 3 x (D, D)
        biases = theirs[f"{fused}.bias"].chunk(3)  # 3 x (D)
        for part, matrix, bias in zip(("query", "key", "value"), matrices, biases, strict=True):
            weights[f"blocks.{layer}.attention.{part}.weight"] = matrix  # (D, D)
            weights[f"blocks.{layer}.attention.{part}.bias"] = bias  # (D)
    return weights


def _turned(gpt2_name: str, weight: Tensor) -> Tensor:
    """GPT-2 stores the matrices of its blocks as (in, out), torch as (out, in)."""
    return weight.T if ".h." in gpt2_name and weight.ndim == 2 else weight
