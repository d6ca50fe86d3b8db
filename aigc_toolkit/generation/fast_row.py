"""One token of one sequence through a small Llama or Qwen3 model, in as few operations as its formula allows.

In: the model's modules; later buffers of keys and values and one token at a time. Out: logits, equal to the model's but for float
rounding. In a model of a few million weights most operations take less time than calling them: so constant factors (weights of
normalizations, the scale of the scores) are multiplied into the weights and rotary tables once, results go into buffers made once,
and each residual addition is part of its product. Does not know several sequences, sampling or text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from .threads import is_small


@dataclass(frozen=True)
class RowLayer:
    """Weights of one layer as (inputs, outputs), those of the normalization before each multiplied in."""

    queries_keys_values: Tensor  # (D, (H + 2 Hkv) Dh)
    output: Tensor  # (H Dh, D)
    gate_and_up: Tensor  # (D, 2 F)
    down: Tensor  # (F, D)
    head_factors: Tensor  # (H + Hkv, Dh): after the normalization of heads, with the scale of the scores


@dataclass(frozen=True)
class RowPlan:
    """A whole model. A normalization is x / hypot(|x|, least), where `least` is sqrt(size times epsilon)."""

    tokens: Tensor  # (V, D)
    layers: tuple[RowLayer, ...]
    head: Tensor  # (D, V)
    least: float
    head_least: Tensor | None  # None: heads are not normalized
    num_heads: int
    num_key_value_heads: int


def row_plan(model: PreTrainedModel) -> RowPlan | None:
    """The plan of a Llama, Qwen2 or Qwen3 model; None where it is not small, has biases or another activation."""
    body, first = model.model, model.model.layers[0]
    has_bias = any(isinstance(module, nn.Linear) and module.bias is not None for module in model.modules())
    if not is_small(model) or has_bias or model.config.hidden_act != "silu":
        return None
    size, epsilon = first.self_attn.head_dim, getattr(getattr(first.self_attn, "q_norm", None), "variance_epsilon", None)
    return RowPlan(
        tokens=body.embed_tokens.weight.detach(),
        layers=tuple(_row_layer(layer) for layer in body.layers),
        head=_after_norm(body.norm, model.lm_head).t().contiguous(),  # so laid out it is read most quickly
        least=(model.config.hidden_size * body.norm.variance_epsilon) ** 0.5,
        head_least=None if epsilon is None else torch.tensor((size * epsilon) ** 0.5),
        num_heads=first.self_attn.q_proj.out_features // size,
        num_key_value_heads=first.self_attn.k_proj.out_features // size,
    )


def _row_layer(layer: nn.Module) -> RowLayer:
    attention, mlp = layer.self_attn, layer.mlp
    size = attention.head_dim
    factors = []
    for name, projection, scale in (("q_norm", attention.q_proj, attention.scaling), ("k_norm", attention.k_proj, 1.0)):
        norm = getattr(attention, name, None)
        each = torch.ones(size) if norm is None else norm.weight.detach() * size**0.5
        factors.append((each * scale).expand(projection.out_features // size, size))
    return RowLayer(
        queries_keys_values=_after_norm(layer.input_layernorm, attention.q_proj, attention.k_proj, attention.v_proj).t(),
        output=attention.o_proj.weight.detach().t(),
        gate_and_up=_after_norm(layer.post_attention_layernorm, mlp.gate_proj, mlp.up_proj).t(),
        down=mlp.down_proj.weight.detach().t(),
        head_factors=torch.cat(factors),
    )


def _after_norm(norm: nn.Module, *modules: nn.Linear) -> Tensor:
    """Weights side by side (N, D) that read a row divided by its length alone."""
    weight = norm.weight.detach()
    return torch.cat([module.weight.detach() for module in modules]) * (weight * len(weight) ** 0.5)


class RowStep:
    """Advances the first row of keys and values (B, Hkv, num_tokens, Dh) of each layer by one token.

    `cos` and `sin` (num_tokens, Dh) are the rotary tables, `sin` with the sign for the swapped halves of a head.
    """

    def __init__(self, plan: RowPlan, keys: Sequence[Tensor], values: Sequence[Tensor], cos: Tensor, sin: Tensor):
        self._plan, self._cos, self._sin = plan, cos, sin
        self._keys = [each[0].transpose(1, 2) for each in keys]  # (Hkv, Dh, num_tokens)
        self._values = [each[0] for each in values]  # (Hkv, num_tokens, Dh)
        width, size = plan.tokens.shape[1], cos.shape[1]
        num_read = plan.num_heads + plan.num_key_value_heads
        self._with_least = cos.new_full((width + 1,), plan.least)  # its length is hypot(|x|, least)
        self._hidden = self._with_least[:width].view(1, width)
        self._length, self._normed = cos.new_empty(()), cos.new_empty(1, width)
        self._projected = cos.new_empty(1, (num_read + plan.num_key_value_heads) * size)
        heads = self._projected.view(-1, size)
        self._read, self._new_values = heads[:num_read, None].expand(-1, 2, -1), heads[num_read:]  # (H + Hkv, 2, Dh), (Hkv, Dh)
        self._head_lengths = cos.new_empty(num_read, 1, 1)
        self._twice = cos.new_empty(num_read, 2, size)  # each head two times: from the middle of the first it is swapped
        self._swapped = self._twice.view(num_read, 2 * size)[:, size // 2 : size // 2 + size]
        self._once = self._twice[:, 0]
        self._turned = cos.new_empty(num_read, size)
        self._queries = self._turned[: plan.num_heads].view(plan.num_key_value_heads, -1, size)
        self._new_keys = self._turned[plan.num_heads :]
        self._mixed = torch.empty_like(self._queries)
        self._mixed_row = self._mixed.view(1, -1)
        self._gate_and_up = cos.new_empty(1, plan.layers[0].gate_and_up.shape[1])
        self._gate, self._up = self._gate_and_up.chunk(2, dim=-1)
        factors = torch.stack([layer.head_factors for layer in plan.layers])  # (layers, H + Hkv, Dh)
        self._factors, self._swapped_factors = factors, factors.roll(size // 2, dims=-1)
        self._cosines, self._sines = torch.empty_like(factors), torch.empty_like(factors)
        self._layers = list(zip(plan.layers, self._keys, self._values, self._cosines, self._sines, strict=True))

    def __call__(self, ids: Tensor, position: int) -> Tensor:
        """Logits (1, V) after `ids` (1,) at `position`."""
        torch.mul(self._factors, self._cos[position], out=self._cosines)
        torch.mul(self._swapped_factors, self._sin[position], out=self._sines)
        torch.index_select(self._plan.tokens, 0, ids, out=self._hidden)
        for layer, keys, values, cosines, sines in self._layers:
            torch.mm(self._norm(), layer.queries_keys_values, out=self._projected)
            self._turn(cosines, sines)
            keys.select(2, position).copy_(self._new_keys)
            values.select(1, position).copy_(self._new_values)
            scores = torch.bmm(self._queries, keys.narrow(2, 0, position + 1))  # (Hkv, H / Hkv, K)
            torch.bmm(scores.softmax(-1), values.narrow(1, 0, position + 1), out=self._mixed)
            self._hidden.addmm_(self._mixed_row, layer.output)
            torch.mm(self._norm(), layer.gate_and_up, out=self._gate_and_up)
            gated = torch.nn.functional.silu(self._gate).mul_(self._up)
            self._hidden.addmm_(gated, layer.down)
        return torch.mm(self._norm(), self._plan.head)

    def _norm(self) -> Tensor:
        torch.linalg.vector_norm(self._with_least, out=self._length)
        return torch.div(self._hidden, self._length, out=self._normed)

    def _turn(self, cosines: Tensor, sines: Tensor) -> None:
        """Normalize heads and turn them by their position."""
        if self._plan.head_least is None:
            self._twice.copy_(self._read)
        else:
            torch.linalg.vector_norm(self._read[:, :1], dim=-1, keepdim=True, out=self._head_lengths)
            torch.div(self._read, self._head_lengths.hypot_(self._plan.head_least), out=self._twice)
        torch.mul(self._once, cosines, out=self._turned)
        self._turned.addcmul_(self._swapped, sines)
