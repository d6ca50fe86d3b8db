"""One token through a Qwen3 model, without the host work that dominates small models.

In: a Qwen3 model whose cache holds the tokens so far. Out: the logits after one more token: the same operations on the
model's own weights as transformers' modeling_qwen3.py, in float32, without its module calls, masks and copies. Any
model that is not exactly this (another dtype, a window, hooks) is left to transformers.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import DynamicCache, PreTrainedModel, Qwen3ForCausalLM
from transformers.activations import ACT2FN
from transformers.models.qwen3 import modeling_qwen3 as qwen3

from .cache import BufferedLayer

PLAIN_MODULES = {
    Qwen3ForCausalLM,
    qwen3.Qwen3Model,
    qwen3.Qwen3DecoderLayer,
    qwen3.Qwen3Attention,
    qwen3.Qwen3MLP,
    qwen3.Qwen3RMSNorm,
    qwen3.Qwen3RotaryEmbedding,
    type(ACT2FN["silu"]),
    nn.Linear,
    nn.Embedding,
    nn.ModuleList,
}
Step = Callable[[int, int], Tensor]  # (token id, position) -> logits (V,)


def qwen3_step(model: PreTrainedModel, cache: DynamicCache, num_tokens: int) -> Step | None:
    """A function that advances `cache` by one token, for a cache of `num_tokens`; None where the model does not fit."""
    if not _fits(model):
        return None
    cos, sin = model.model.rotary_emb(model.model.norm.weight, torch.arange(num_tokens, device=model.device)[None])
    half = cos.shape[-1] // 2
    sin = torch.cat([-sin[0, :, :half], sin[0, :, half:]], dim=-1)  # (T, D), signed for the swapped halves
    layers = [_layer(layer, buffers, cos[0], sin) for layer, buffers in zip(model.model.layers, cache.layers, strict=True)]

    def step(token_id: int, position: int) -> Tensor:
        hidden = model.model.embed_tokens.weight[token_id]  # (D,)
        for layer in layers:
            hidden = layer(hidden, position)
        return _linear(model.lm_head, _norm(model.model.norm, hidden))  # (V,)

    return step


def _layer(layer: nn.Module, buffers: BufferedLayer, cos: Tensor, sin: Tensor) -> Callable[[Tensor, int], Tensor]:
    attention, mlp, head_dim = layer.self_attn, layer.mlp, layer.self_attn.head_dim
    num_heads = attention.q_proj.out_features // head_dim
    num_key_value_heads = attention.k_proj.out_features // head_dim
    grouped = (1, num_key_value_heads, num_heads // num_key_value_heads, head_dim)
    norms = torch.cat(
        [attention.q_norm.weight.expand(num_heads, -1), attention.k_norm.weight.expand(num_key_value_heads, -1)]
    )  # (H + Hkv, Dh)
    epsilon = attention.q_norm.variance_epsilon

    def run(hidden: Tensor, position: int) -> Tensor:
        normed = _norm(layer.input_layernorm, hidden)  # (D,)
        heads = torch.cat([_linear(attention.q_proj, normed), _linear(attention.k_proj, normed)]).view(-1, head_dim)
        heads = F.rms_norm(heads, (head_dim,), None, epsilon) * norms  # (H + Hkv, Dh)
        swapped = heads.view(-1, 2, head_dim // 2).flip(1).view(-1, head_dim)
        heads = torch.addcmul(heads * cos[position], swapped, sin[position])  # rotary position embedding
        buffers.key_buffer[0, :, position] = heads[num_heads:]
        buffers.value_buffer[0, :, position] = _linear(attention.v_proj, normed).view(-1, head_dim)
        mixed = F.scaled_dot_product_attention(
            heads[:num_heads].view(grouped),  # the queries of a key/value head as its rows
            buffers.key_buffer[:, :, : position + 1],  # (1, Hkv, K, Dh)
            buffers.value_buffer[:, :, : position + 1],
            scale=attention.scaling,
        )  # (1, Hkv, H / Hkv, Dh)
        hidden = hidden + _linear(attention.o_proj, mixed.reshape(-1))
        normed = _norm(layer.post_attention_layernorm, hidden)
        gate = mlp.act_fn(_linear(mlp.gate_proj, normed))
        return hidden + _linear(mlp.down_proj, gate * _linear(mlp.up_proj, normed))

    return run


def _linear(module: nn.Linear, vector: Tensor) -> Tensor:
    return F.linear(vector, module.weight, module.bias)


def _norm(module: nn.Module, vector: Tensor) -> Tensor:
    return F.rms_norm(vector, vector.shape, module.weight, module.variance_epsilon)


def _fits(model: PreTrainedModel) -> bool:
    return (
        type(model) is Qwen3ForCausalLM
        and model.dtype == torch.float32
        and model.config._attn_implementation == "sdpa"
        and set(model.config.layer_types) == {"full_attention"}
        and model.model.rotary_emb.rope_type == "default"
        and all(_is_plain(module) for module in model.modules())
    )


def _is_plain(module: nn.Module) -> bool:
    """Whether a module computes what its class says: no adapter, quantization, hook or forward of its own."""
    hooked = module._forward_hooks or module._forward_pre_hooks or "forward" in vars(module)
    return type(module) in PLAIN_MODULES and not hooked
