"""One attention call of a forward pass, and the weights it gave.

In: what a kernel got (`Site`) or, where a family lets nobody see that, the weights it gave (`WeightsSite`). Out, of either: scores,
log-sum-exp and weights of any head and rows, in float32, and how far they are from what the model computed. Both have the same
methods; whoever draws or measures attention needs nothing else. Does not know models or tokens.
"""

from dataclasses import dataclass

import torch

HIDDEN = -1e4  # masks that are added hide a key with this or less
ROW_BLOCK_CELLS = 2**22  # scores held at once while rows are summed up: 16 MB in float32


@dataclass(frozen=True)
class Site:
    """One attention call of batch 1. Queries and keys are what the kernel got: after norms, rotation and cache."""

    name: str  # qualified module name
    query: torch.Tensor  # (H, Q, D)
    key: torch.Tensor  # (Hkv, K, D), not repeated for grouped queries
    value: torch.Tensor  # (Hkv, K, Dv)
    mask: torch.Tensor | None  # (1 or H, Q, K): bool, True where a key is seen, or numbers to add
    bias: torch.Tensor | None  # (1 or H, 1 or Q, K), added to the scores
    sinks: torch.Tensor | None  # (H,), a learned score that takes weight and gives nothing
    scaling: float
    softcap: float | None
    causal: bool  # without a mask: a query sees the keys up to its own position
    sampled_rows: torch.Tensor  # (R,) query positions
    sampled_output: torch.Tensor  # (R, H, Dv), what the kernel returned there
    output_gram: torch.Tensor | None = None  # (H, Dv, Dv), W_O W_O^T of each head, where its projection was heard

    compared = "outputs"

    @property
    def num_heads(self) -> int:
        return self.query.shape[0]

    @property
    def num_key_value_heads(self) -> int:
        return self.key.shape[0]

    @property
    def num_queries(self) -> int:
        return self.query.shape[1]

    @property
    def num_keys(self) -> int:
        """Key positions; a learned sink is not among them."""
        return self.key.shape[1]

    @property
    def dtype(self) -> torch.dtype:
        return self.query.dtype

    @property
    def device(self) -> torch.device:
        return self.query.device

    @property
    def sees_ahead(self) -> bool:
        """Whether the first token may see the second."""
        if self.num_queries == 1 or self.num_keys == 1:
            return False
        if self.mask is None:
            return not self.causal
        cell = self.mask[0, 0, 1].item()
        return cell if self.mask.dtype == torch.bool else cell > HIDDEN

    @property
    def num_bytes(self) -> int:
        """Memory of queries, keys and values; masks are shared between layers and not counted."""
        return sum(tensor.numel() * tensor.element_size() for tensor in (self.query, self.key, self.value))

    def seen(self, rows: torch.Tensor) -> torch.Tensor:
        """Whether any head lets query `rows` (R,) see each key, bool (R, K): by the mask, whatever the weights are."""
        if self.mask is not None:
            mask = self.mask[:, rows % self.mask.shape[1], : self.num_keys]  # (1 or H, R, K)
            return (mask if mask.dtype == torch.bool else mask > HIDDEN).any(0)
        keys = torch.arange(self.num_keys, device=rows.device)  # (K,)
        return keys <= rows[:, None] if self.causal else torch.ones(len(rows), len(keys), dtype=torch.bool, device=rows.device)

    def scores(self, head: int, rows: torch.Tensor, columns: slice = slice(None)) -> torch.Tensor:
        """What goes into the softmax for query `rows` (R,), float32 (R, C): -inf where a key is not seen.

        scaling q k^T, then soft cap, position bias and mask: the order in which models apply them.
        """
        group = self.num_heads // self.num_key_value_heads
        key = self.key[head // group, columns].float()  # (C, D)
        scores = (self.query[head, rows].float() * self.scaling) @ key.T  # (R, C)
        if self.softcap is not None:
            scores = self.softcap * torch.tanh(scores / self.softcap)
        if self.bias is not None:
            scores = scores + _part(self.bias, head, rows, self.num_keys, columns).float()  # (R, C)
        if self.mask is not None:
            mask = _part(self.mask, head, rows, self.num_keys, columns)  # (R, C)
            return scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask.float()
        if self.causal:
            positions = torch.arange(self.num_keys, device=rows.device)[columns]  # (C,)
            num_seen_by_all = int((positions <= rows.min()).sum()) if len(rows) else 0
            scores[:, num_seen_by_all:].masked_fill_(positions[num_seen_by_all:] > rows[:, None], -torch.inf)
        return scores

    def seen_by(self, head: int, row: torch.Tensor, column: slice) -> bool:
        """Whether one head lets one query see one key: `row` (1,), `column` of length 1."""
        if self.mask is None:
            return not self.causal or column.start <= row.item()
        cell = _part(self.mask, head, row, self.num_keys, column)  # (1, 1)
        return bool(cell.item() if cell.dtype == torch.bool else cell.item() > HIDDEN)

    def added(self, head: int, row: torch.Tensor, column: slice) -> float | None:
        """What is added to one score: position bias, and the number that the mask adds to a key it shows; None for nothing."""
        added = None if self.bias is None else _part(self.bias, head, row, self.num_keys, column).item()
        if self.mask is not None and self.mask.dtype != torch.bool:
            number = _part(self.mask, head, row, self.num_keys, column).item()
            if number > HIDDEN and number != 0:
                added = number + (added or 0.0)
        return added

    def log_sum_exp(self, head: int, rows: torch.Tensor) -> torch.Tensor:
        """log of the sum of exp(scores) over all keys and the sink, float32 (R,): weights = exp(scores - log_sum_exp).

        +inf for a row that may see nothing, so that its weights are 0. Holds a block of rows at a time.
        """
        block = max(1, ROW_BLOCK_CELLS // self.num_keys)
        total = torch.cat([self.scores(head, part, self._seen_columns(part)).logsumexp(-1) for part in rows.split(block)])  # (R,)
        if self.sinks is not None:
            total = torch.logaddexp(total, self.sinks[head].float())
        return total.masked_fill(total.isneginf(), torch.inf)

    def _seen_columns(self, rows: torch.Tensor) -> slice:
        """Keys beyond these are seen by none of `rows`."""
        return slice(int(rows.max()) + 1) if self.causal and len(rows) else slice(None)

    def weights(self, head: int, rows: torch.Tensor) -> torch.Tensor:
        """Weights of query `rows` (R,) of one head, float32 (R, K), or (R, K + 1) with the sink's share as the last column.

        A row that may see nothing is all zero. Holds a block of rows at a time besides the result.
        """
        num_columns = self.num_keys + (self.sinks is not None)
        weights = torch.zeros(len(rows), num_columns, device=self.device)  # (R, K) or (R, K + 1)
        block = max(1, ROW_BLOCK_CELLS // self.num_keys)
        for part, numbers in zip(rows.split(block), weights.split(block), strict=True):
            self._fill(head, part, numbers)
        return weights

    def _fill(self, head: int, rows: torch.Tensor, weights: torch.Tensor) -> None:
        """Write the weights of `rows` (R,) into `weights` (R, K) or (R, K + 1), which is all zero."""
        scores = self.scores(head, rows, self._seen_columns(rows))  # (R, seen K)
        num_seen = scores.shape[1]
        if self.sinks is not None:
            scores = torch.cat([scores, self.sinks[head].float().expand(len(rows), 1)], dim=-1)  # (R, seen K + 1)
        shares = scores.softmax(-1)
        sees_nothing = scores.amax(-1).isneginf()  # (R,)
        if sees_nothing.any():
            shares[sees_nothing] = 0.0
        weights[:, :num_seen] = shares[:, :num_seen]
        if self.sinks is not None:
            weights[:, -1] = shares[:, -1]

    def error(self) -> float:
        """Largest difference of softmax(scores) v to the sampled outputs, as a share of the largest sampled value."""
        group = self.num_heads // self.num_key_value_heads
        recomputed = torch.stack(
            [
                self.weights(head, self.sampled_rows)[:, : self.num_keys] @ self.value[head // group].float()
                for head in range(self.num_heads)
            ],
            dim=1,
        )  # (R, H, Dv)
        executed = self.sampled_output.float()
        error = (recomputed - executed).abs().max() / executed.abs().max().clamp_min(torch.finfo(torch.float32).tiny)
        return error.nan_to_num(torch.inf).item()


@dataclass(frozen=True)
class WeightsSite:
    """One attention call whose queries and keys stay inside the model: only its weights, as the eager kernel gave them."""

    name: str
    kept: torch.Tensor  # (H, Q, K), float32
    dtype: torch.dtype  # in which the model computed them

    sinks = None
    output_gram = None
    compared = "row sums"

    @property
    def num_heads(self) -> int:
        return self.kept.shape[0]

    @property
    def num_key_value_heads(self) -> int:
        """As many as query heads: grouped keys cannot be told from weights."""
        return self.kept.shape[0]

    @property
    def num_queries(self) -> int:
        return self.kept.shape[1]

    @property
    def num_keys(self) -> int:
        return self.kept.shape[2]

    @property
    def device(self) -> torch.device:
        return self.kept.device

    @property
    def sees_ahead(self) -> bool:
        """Whether any token gives weight to a later one."""
        return any(head.triu(1).any().item() for head in self.kept)

    @property
    def num_bytes(self) -> int:
        return self.kept.numel() * self.kept.element_size()

    @property
    def sampled_rows(self) -> torch.Tensor:
        return torch.arange(self.num_queries, device=self.device)

    def seen(self, rows: torch.Tensor) -> torch.Tensor:
        """Whether any head gives a key weight in query `rows` (R,), bool (R, K)."""
        return self.kept[:, rows].amax(0) > 0

    def scores(self, head: int, rows: torch.Tensor, columns: slice = slice(None)) -> torch.Tensor:
        """Logarithms of the weights, float32 (R, C): what a softmax would turn into them."""
        return self.kept[head, rows][:, columns].log()

    def log_sum_exp(self, head: int, rows: torch.Tensor) -> torch.Tensor:
        """0 for every row (R,): the weights are normalised already."""
        return torch.zeros(len(rows), device=self.device)

    def weights(self, head: int, rows: torch.Tensor) -> torch.Tensor:
        """Weights of query `rows` (R,) of one head, float32 (R, K)."""
        return self.kept[head, rows]

    def error(self) -> float:
        """How far the sum of a row is from 1, or a weight below 0, at the most."""
        error = torch.maximum((self.kept.sum(-1) - 1).abs().max(), -self.kept.min())
        return error.nan_to_num(torch.inf).item()


AnySite = Site | WeightsSite


def _part(numbers: torch.Tensor, head: int, rows: torch.Tensor, num_keys: int, columns: slice) -> torch.Tensor:
    """`rows` and `columns` of one head of numbers (1 or H, 1 or Q, K or more)."""
    return numbers[head % numbers.shape[0]][rows % numbers.shape[1], :num_keys][:, columns]
