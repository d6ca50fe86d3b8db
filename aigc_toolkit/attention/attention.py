"""Attention weights on demand, from recorded queries and keys.

In: the sites of one forward pass and the tokens it read. Out: weights of any head and rows, recomputed in float32,
small pictures of heads, and a proof against the model's own output. Does not run the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from .recorder import Site

TOLERANCES = {torch.float32: 1e-4, torch.float64: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}
BLOCK_CELLS = 2**22  # weights held at once while a picture is made: 16 MB in float32


@dataclass(frozen=True)
class Verification:
    """How far softmax(q k) v, recomputed, is from what the kernel gave, as a share of the layer's largest value."""

    max_error: float
    layer: int  # where the error is largest
    num_rows: int  # query rows compared, over all layers
    tolerance: float  # by the model's dtype
    passed: bool


class Attention:
    """The attention of one text: `.tokens`, `.num_layers`, `.num_heads`, `.weights(layer, head)`.

    Layers and heads count from 0; heads are query heads. Weights are what the model computed, in float32.

    >>> attention = capture_attention(lm, "Mia found her lantern.")
    >>> attention.weights(layer=0, head=3).shape
    (7, 7)
    """

    def __init__(
        self,
        sites: Sequence[Site],
        token_ids: Sequence[int],
        tokens: Sequence[str],
        pieces: Sequence[str],
        *,
        kind: str,
        model_name: str,
    ):
        self.sites = tuple(sites)
        self.token_ids = tuple(token_ids)
        self.tokens = list(tokens)  # one display string per id, special tokens included
        self.pieces = list(pieces)  # what each id adds to the text, "" while a character is incomplete
        self.kind = kind  # "decoder" or "encoder"
        self.model_name = model_name

    @property
    def num_layers(self) -> int:
        return len(self.sites)

    @property
    def num_heads(self) -> int:
        """Query heads of a layer (the most any layer has)."""
        return max(site.num_heads for site in self.sites)

    @property
    def num_key_value_heads(self) -> int:
        """Key/value heads of a layer: fewer than query heads under grouped-query attention."""
        return max(site.num_key_value_heads for site in self.sites)

    @torch.inference_mode()
    def weights(
        self,
        layer: int,
        head: int,
        rows: slice | Sequence[int] | None = None,
        columns: slice | Sequence[int] | None = None,
        kind: str | None = None,
    ) -> np.ndarray:
        """Weights of one head, float32 (Q, K): row q says how much query token q took from each token.

        `rows` and `columns` choose query and key positions. Raises ValueError for a layer, head, position or kind that
        does not exist.
        """
        site = self._site(layer, head, kind)
        row_ids = _positions(rows, site.query.shape[1], "rows")
        weights = head_weights(site, head, torch.as_tensor(row_ids, device=site.query.device))  # (R, K)
        return weights.cpu().numpy()[:, _positions(columns, site.key.shape[1], "columns")]

    def tile(self, layer: int, head: int, size: int = 48) -> np.ndarray:
        """A small picture of one head: float32, at most (size, size), each cell the largest weight it covers."""
        if size < 1:
            raise ValueError(f"size is {size}; 1 or more is allowed. Use 48 for a small picture.")
        site = self._site(layer, head, None)
        num_queries, num_keys = site.query.shape[1], site.key.shape[1]
        row_starts, column_starts = _bins(num_queries, size), _bins(num_keys, size)
        bins_at_once = max(1, BLOCK_CELLS // (num_keys * -(-num_queries // len(row_starts))))
        blocks = []
        for first in range(0, len(row_starts), bins_at_once):
            starts = row_starts[first : first + bins_at_once]
            end = row_starts[first + bins_at_once] if first + bins_at_once < len(row_starts) else num_queries
            block = np.maximum.reduceat(self.weights(layer, head, rows=slice(starts[0], end)), column_starts, axis=1)
            blocks.append(np.maximum.reduceat(block, starts - starts[0], axis=0))
        return np.concatenate(blocks)

    @torch.inference_mode()
    def verify(self) -> Verification:
        """Compare softmax(q k) v with the output the model's kernel gave, for sampled rows of every layer and head."""
        errors = [_largest_error(site) for site in self.sites]
        layer = int(np.argmax(errors))
        tolerance = TOLERANCES[self.sites[layer].query.dtype]
        return Verification(
            max_error=errors[layer],
            layer=layer,
            num_rows=sum(len(site.sampled_rows) for site in self.sites),
            tolerance=tolerance,
            passed=errors[layer] <= tolerance,
        )

    def __repr__(self) -> str:
        return (
            f"Attention({self.model_name!r}, {len(self.tokens)} tokens, {self.num_layers} layers x "
            f"{self.num_heads} heads, {self.kind})"
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        from ..views import attention_view

        return attention_view(self)._repr_mimebundle_(include=include, exclude=exclude)

    def _site(self, layer: int, head: int, kind: str | None) -> Site:
        if kind not in (None, self.kind):
            raise ValueError(f"kind is {kind!r}; {self.model_name!r} has {self.kind!r} attention only. Leave kind out.")
        _check_index("layer", layer, self.num_layers)
        _check_index("head", head, self.sites[layer].num_heads)
        return self.sites[layer]


def head_weights(site: Site, head: int, rows: torch.Tensor) -> torch.Tensor:
    """softmax(scores) of query `rows` (R,) of one head, float32 (R, K).

    scores = scaling q k^T, then soft cap, position bias, mask, learned sink: the order in which models apply them.
    A row that may see nothing is all zero.
    """
    key = site.key[head // (site.num_heads // site.num_key_value_heads)].float()  # (K, D)
    scores = (site.query[head, rows].float() @ key.T) * site.scaling  # (R, K)
    if site.softcap is not None:
        scores = site.softcap * torch.tanh(scores / site.softcap)
    if site.bias is not None:
        scores = scores + site.bias[head % site.bias.shape[0]][rows % site.bias.shape[1]].float()  # (R, K)
    scores = _masked(site, head, rows, scores)
    if site.sinks is not None:
        sink = site.sinks[head].float().expand(len(rows), 1)  # (R, 1)
        return torch.cat([scores, sink], dim=-1).softmax(-1)[:, :-1]
    return scores.softmax(-1).masked_fill(scores.isneginf().all(-1, keepdim=True), 0.0)


def _masked(site: Site, head: int, rows: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
    if site.mask is not None:
        mask = site.mask[head % site.mask.shape[0]][rows % site.mask.shape[1], : scores.shape[1]]  # (R, K)
        return scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask.float()
    if site.causal:
        future = torch.arange(scores.shape[1], device=rows.device) > rows[:, None]  # (R, K)
        return scores.masked_fill(future, -torch.inf)
    return scores


def _largest_error(site: Site) -> float:
    """Largest difference to the sampled outputs over all heads, as a share of the largest sampled value."""
    group = site.num_heads // site.num_key_value_heads
    recomputed = torch.stack(
        [head_weights(site, head, site.sampled_rows) @ site.value[head // group].float() for head in range(site.num_heads)],
        dim=1,
    )  # (R, H, Dv)
    executed = site.sampled_output.float()
    error = (recomputed - executed).abs().max() / executed.abs().max().clamp_min(torch.finfo(torch.float32).tiny)
    return error.nan_to_num(torch.inf).item()


def _check_index(what: str, index: int, count: int) -> None:
    if not 0 <= index < count:
        raise ValueError(f"{what} is {index}; this model has {count}, counted from 0. Use 0 to {count - 1}.")


def _positions(chosen: slice | Sequence[int] | None, count: int, what: str) -> np.ndarray:
    everything = np.arange(count)
    if chosen is None or isinstance(chosen, slice):
        return everything[chosen if chosen is not None else slice(None)]
    positions = np.asarray(chosen, dtype=np.int64).reshape(-1)
    if positions.size and not (positions.min() >= 0 and positions.max() < count):
        outside = positions[(positions < 0) | (positions >= count)][0]
        raise ValueError(f"{what} hold position {outside}; there are {count} tokens. Use 0 to {count - 1}, or a slice.")
    return positions


def _bins(count: int, size: int) -> np.ndarray:
    """Starts of at most `size` near-equal bins over `count` positions."""
    num_bins = min(count, size)
    return np.arange(num_bins) * count // num_bins
