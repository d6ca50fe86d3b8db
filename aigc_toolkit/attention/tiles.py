"""Any region of a head as a picture of screen size, without ever holding all of its weights.

In: a site, a head, ranges of query and key positions. Out: a small array, each cell the largest or the mean weight of what it
covers. Scores are recomputed a block of rows at a time; the log-sum-exp of a row is kept, so that a further region of the same
head needs only its own scores. Does not know tokens, layers or colours.
"""

import numpy as np
import torch

from .sites import AnySite, Site

BLOCK_CELLS = 2**20  # scores held at once: 4 MB in float32
REDUCTIONS = ("max", "mean")


class RowSums:
    """Log-sum-exp of the rows of heads, computed when first needed: 4 bytes per row that somebody looked at."""

    def __init__(self):
        self._of_head: dict[tuple[int, int], torch.Tensor] = {}

    def of(self, site: AnySite, head: int, rows: torch.Tensor) -> torch.Tensor:
        """log-sum-exp of query `rows` (R,) of one head of a site that lives as long as this object, float32 (R,)."""
        unknown = torch.full((site.num_queries,), torch.nan, device=site.device)
        sums = self._of_head.setdefault((id(site), head), unknown)  # (Q,)
        missing = rows[sums[rows].isnan()]
        if len(missing):
            sums[missing] = site.log_sum_exp(head, missing)
        return sums[rows]


@torch.inference_mode()
def tile(
    site: AnySite, head: int, *, rows: range, columns: range, size: int, reduce: str, row_sums: RowSums | None = None
) -> np.ndarray:
    """One head's `rows` and `columns` as float32, at most (size, size); bins are near-equal and do not overlap.

    The column after the last key is what a learned sink takes: 0 for a layer without one.

    `reduce` "max" keeps thin lines visible, "mean" keeps sums. Raises ValueError for another reduction, a size below 1 and an
    empty region.
    """
    _check(rows, columns, size, reduce)
    row_sums = RowSums() if row_sums is None else row_sums
    row_edges, column_edges = _edges(rows, size), _edges(columns, size)
    rows_of_bin = -(-len(rows) // (len(row_edges) - 1))
    bins_at_once = max(1, BLOCK_CELLS // (len(columns) * rows_of_bin))
    blocks = []
    for first in range(0, len(row_edges) - 1, bins_at_once):
        edges = row_edges[first : first + bins_at_once + 1]
        blocks.append(_row_of_cells(site, head, edges, column_edges, reduce, row_sums))  # (some row bins, column bins)
    return torch.cat(blocks).cpu().numpy()


def _row_of_cells(
    site: AnySite, head: int, row_edges: torch.Tensor, column_edges: torch.Tensor, reduce: str, row_sums: RowSums
) -> torch.Tensor:
    """The cells of consecutive row bins, float32 (row bins, column bins)."""
    first_column, end_column = int(column_edges[0]), int(column_edges[-1])
    rows = torch.arange(int(row_edges[0]), int(row_edges[-1]), device=site.device)  # (R,)
    is_causal = isinstance(site, Site) and site.causal  # then keys after the last row are seen by none of these rows
    seen_end = min(end_column, int(row_edges[-1]) if is_causal else site.num_keys)
    nothing = -torch.inf if reduce == "max" else 0.0
    pooled = torch.full((len(row_edges) - 1, end_column - first_column), nothing, device=site.device)  # (row bins, C)
    if seen_end > first_column:
        scores = site.scores(head, rows, slice(first_column, seen_end))  # (R, seen C)
        scores.sub_(row_sums.of(site, head, rows)[:, None])  # logarithms of weights
        seen = scores if reduce == "max" else scores.exp_()
        pooled[:, : seen_end - first_column] = _pooled(seen, row_edges - row_edges[0], 0, reduce)
    if end_column > site.num_keys and site.sinks is not None:
        taken = (site.sinks[head].float() - row_sums.of(site, head, rows))[:, None]  # (R, 1), logarithms of weights
        pooled[:, -1:] = _pooled(taken if reduce == "max" else taken.exp(), row_edges - row_edges[0], 0, reduce)
    cells = _pooled(pooled, column_edges - first_column, 1, reduce)  # (row bins, column bins)
    return cells.exp_() if reduce == "max" else cells


def _pooled(values: torch.Tensor, edges: torch.Tensor, dim: int, reduce: str) -> torch.Tensor:
    """Largest or mean value of each bin between `edges` along `dim`. Bins differ in length by one at most."""
    edges = edges.to(values.device)
    lengths = edges.diff()[:, None]  # (bins, 1)
    longest = int(lengths.max())
    places = torch.minimum(
        torch.arange(longest, device=values.device), lengths - 1
    )  # (bins, longest): shorter bins repeat their last
    parts = values.index_select(dim, (edges[:-1, None] + places).flatten()).unflatten(dim, (-1, longest))
    if reduce == "max":
        return parts.amax(dim + 1)
    lengths = lengths if dim == 0 else lengths.T
    return (parts.sum(dim + 1) - values.index_select(dim, edges[1:] - 1) * (longest - lengths)) / lengths


def _edges(positions: range, size: int) -> torch.Tensor:
    """Edges of at most `size` near-equal bins over consecutive positions, int64 (bins + 1,)."""
    num_bins = min(len(positions), size)
    return positions.start + torch.arange(num_bins + 1) * len(positions) // num_bins


def _check(rows: range, columns: range, size: int, reduce: str) -> None:
    if size < 1:
        raise ValueError(f"size is {size}; 1 or more is allowed. Use 48 for a small picture.")
    if reduce not in REDUCTIONS:
        raise ValueError(f"reduce is {reduce!r}; allowed are {' and '.join(REDUCTIONS)}. Use 'max' to keep thin lines visible.")
    for name, chosen in (("rows", rows), ("columns", columns)):
        if not len(chosen) or chosen.step != 1:
            raise ValueError(f"{name} are {chosen}; one or more consecutive positions are needed. Pass a slice without a step.")
