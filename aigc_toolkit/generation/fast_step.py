"""One token of each of a few sequences through a model, without the host work that dominates small models.

In: a `Plan` and buffers that hold the keys and values so far. Out: the logits after one more token of each: the same operations on
the model's own weights as transformers computes, in float32, for sequences of different lengths. Does not know sampling or text.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .fast_layers import Layer, Plan
from .fast_row import RowStep


class FastStep:
    """Advances keys and values (B, Hkv, num_tokens, Dh) of each layer by one token for each of the first rows."""

    def __init__(self, plan: Plan, keys: Sequence[Tensor], values: Sequence[Tensor]):
        self._plan, self._keys, self._values = plan, keys, values
        num_tokens = keys[0].shape[2]
        self._grouped = (plan.num_key_value_heads, plan.num_heads // plan.num_key_value_heads, plan.head_dim)
        self._device = keys[0].device
        self._counting = torch.arange(num_tokens, device=self._device)
        self._cos = self._sin = self._alone = None
        if plan.rotary is not None:
            cos, sin = plan.rotary(keys[0], self._counting[None])  # (1, T, Dh)
            half = plan.head_dim // 2
            self._cos = cos[0, :, None]  # (T, 1, Dh)
            self._sin = torch.cat([-sin[0, :, None, :half], sin[0, :, None, half:]], dim=-1)  # signed for the swapped halves
        if plan.row is not None:
            self._alone = RowStep(plan.row, keys, values, self._cos[:, 0], self._sin[:, 0])

    def __call__(self, ids: Tensor, lengths: Sequence[int]) -> Tensor:
        """Logits (B, V) after `ids` (B,), each at the position that its sequence's length so far says."""
        if self._alone is not None and len(lengths) == 1:
            return self._alone(ids, lengths[0])
        positions = torch.tensor(lengths, device=self._device)
        place = _Place(self, positions, lengths)
        hidden = self._plan.embed(ids, positions)  # (B, D)
        for index, layer in enumerate(self._plan.layers):
            hidden = hidden + layer.output(self._attend(layer, index, layer.norm(hidden), place))
            hidden = hidden + layer.mlp(layer.mlp_norm(hidden))
        return self._plan.head(hidden)

    def _attend(self, layer: Layer, index: int, normed: Tensor, place: "_Place") -> Tensor:
        plan = self._plan
        num_read = plan.num_heads + plan.num_key_value_heads
        heads = layer.queries_keys_values(normed).view(len(normed), -1, plan.head_dim)  # (B, H + 2 Hkv, Dh)
        read, values = heads[:, :num_read], heads[:, num_read:]
        if layer.head_norm is not None:
            read = layer.head_norm(read)
        if self._cos is not None:
            swapped = read.unflatten(-1, (2, -1)).flip(2).flatten(2)  # halves of each head
            read = torch.addcmul(read * place.cos, swapped, place.sin)  # rotary position embedding
        queries, keys = read[:, : plan.num_heads], read[:, plan.num_heads :]
        place.write(self._keys[index], keys)
        place.write(self._values[index], values)
        grouped = queries.unflatten(1, self._grouped[:2])  # (B, Hkv, H / Hkv, Dh): the queries of a key/value head as its rows
        read_keys = self._keys[index][: len(normed), :, : place.longest]  # (B, Hkv, K, Dh)
        read_values = self._values[index][: len(normed), :, : place.longest]
        if len(normed) > 1 and grouped.shape[2] > 1:
            mixed = _attention_by_products(grouped, read_keys, read_values, place.mask, layer.scaling)
        else:
            mixed = F.scaled_dot_product_attention(grouped, read_keys, read_values, attn_mask=place.mask, scale=layer.scaling)
        return mixed.reshape(len(normed), -1)  # (B, H Dh)


class _Place:
    """Where the new tokens stand: one position for all, or one each."""

    def __init__(self, step: FastStep, positions: Tensor, lengths: Sequence[int]):
        self.longest = max(lengths) + 1
        self._same = lengths[0] if min(lengths) + 1 == self.longest else None
        self._positions = positions
        self.cos = self.sin = self.mask = None
        if step._cos is not None:
            self.cos, self.sin = step._cos[positions], step._sin[positions]  # (B, 1, Dh)
        if self._same is None:
            self._rows = torch.arange(len(lengths), device=positions.device)
            unread = step._counting[: self.longest] > positions[:, None]
            self.mask = torch.zeros(unread.shape, device=positions.device).masked_fill_(unread, -torch.inf)[
                :, None, None
            ]  # (B, 1, 1, K)

    def write(self, buffer: Tensor, new: Tensor) -> None:
        """Put `new` (B, Hkv, Dh) into `buffer` (rows, Hkv, num_tokens, Dh)."""
        if self._same is None:
            buffer[self._rows, :, self._positions] = new
        else:
            buffer[: len(new), :, self._same] = new


def _attention_by_products(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None, scaling: float) -> Tensor:
    """Attention as its formula, quicker than torch's one operation where several texts have few queries for each key."""
    scores = torch.matmul(queries, keys.transpose(-1, -2)).mul_(scaling)  # (B, Hkv, H / Hkv, K)
    if mask is not None:
        scores += mask
    return torch.matmul(scores.softmax(-1), values)
