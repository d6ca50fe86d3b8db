"""What many heads have in common, and the strongest links among all of them.

In: sites. Out: the mean weights of chosen heads, or a table of the links (query token, key token) with the most weight. Weights are
recomputed a block of rows at a time and thrown away. Does not know tokens.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from .sites import AnySite

BLOCK_CELLS = 2**22  # weights held at once: 16 MB in float32


@torch.inference_mode()
def mean_weights(heads: Sequence[tuple[AnySite, int]], rows: torch.Tensor) -> torch.Tensor:
    """Mean over `heads` (site, head) of the weights of query `rows` (R,), float32 (R, K)."""
    total = None
    for site, head in heads:
        weights = site.weights(head, rows)  # (R, K)
        total = weights.clone() if total is None else total.add_(weights)
    return total / len(heads)


@torch.inference_mode()
def strongest_links(site: AnySite, head: int, num_links: int, *, min_distance: int, first_key: int) -> np.ndarray:
    """The `num_links` largest weights of one head, largest first: float64 (n, 3) of query, key, weight.

    Only links at least `min_distance` positions long, to keys from `first_key` on, with a weight above 0.
    """
    found = torch.empty(0, 3, dtype=torch.float64)
    for rows in row_blocks(site):
        weights = site.weights(head, rows)[:, : site.num_keys].clone()  # (R, K)
        weights[:, :first_key] = 0
        if min_distance:
            keys = torch.arange(site.num_keys, device=site.device)  # (K,)
            weights.masked_fill_((keys - rows[:, None]).abs() < min_distance, 0)
        values, flat = weights.flatten().topk(min(num_links, weights.numel()))
        links = torch.stack([rows[flat // site.num_keys], flat % site.num_keys, values.double()], dim=1).cpu()  # (n, 3)
        found = torch.cat([found, links[links[:, 2] > 0]])
        found = found[found[:, 2].argsort(descending=True, stable=True)[:num_links]]
    return found.numpy()


def row_blocks(site: AnySite) -> Iterator[torch.Tensor]:
    """All query positions of a site in blocks whose weights fit `BLOCK_CELLS`."""
    rows = torch.arange(site.num_queries, device=site.device)
    return iter(rows.split(max(1, BLOCK_CELLS // site.num_keys)))
