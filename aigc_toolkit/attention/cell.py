"""The arithmetic of one weight: every number between a query, a key and what the softmax made of them.

In: a site, a head, a query and a key position. Out: a `Cell`. All numbers are the recomputed ones, in float32, so that they give
the weight that `weights` gives: exp(score - log_sum_exp). Does not know tokens or how numbers are shown.
"""

from dataclasses import dataclass

import numpy as np
import torch

from .positions import check_index
from .sites import AnySite, Site
from .value_weighted import value_lengths


@dataclass(frozen=True)
class Cell:
    """One weight and how it came about, in the order in which models compute it.

    score = scaling * dot, soft-capped where there is a cap, plus bias where there is one; weight = exp(score - log_sum_exp), and 0
    for a hidden key. `query` and `key` are as the kernel got them: after norms and rotation.
    """

    query: np.ndarray  # (D,), float32
    key: np.ndarray  # (D,), float32
    dot: float  # sum of query * key
    scaling: float
    softcap: float | None  # c of c * tanh(x / c)
    after_softcap: float | None
    bias: float | None  # position bias, and what a mask of numbers adds to a key that is seen
    is_hidden: bool  # by the mask or because the key comes later
    score: float  # what goes into the softmax; -inf where hidden
    sink: float | None  # the learned score that takes weight and gives nothing
    log_sum_exp: float  # over all keys and the sink; +inf where the query may see nothing
    weight: float
    value_norm: float | None  # ||v W_O|| of the key, as in `value_weighted`; None where the projection was not heard
    value_weight: float | None  # weight * value_norm as a share of its row's sum
    head_dim: int  # D
    key_value_head: int

    @property
    def products(self) -> np.ndarray:
        """What each dimension adds to the dot, float32 (D,)."""
        return self.query * self.key


@torch.inference_mode()
def cell(site: AnySite, head: int, query: int, key: int) -> Cell:
    """The `Cell` of one query and key of one head.

    Raises ValueError for a position that does not exist and for a site of which only weights are known.
    """
    if not isinstance(site, Site):
        raise ValueError(
            f"{site.name} shows its weights only: its queries and keys stay inside the model. The arithmetic needs both. "
            "Use weights(layer, head)."
        )
    check_index("query", query, site.num_queries)
    check_index("key", key, site.num_keys)
    row = torch.tensor([query], device=site.device)
    here = slice(key, key + 1)
    key_value_head = head // (site.num_heads // site.num_key_value_heads)
    query_vector, key_vector = site.query[head, query].float(), site.key[key_value_head, key].float()  # (D,), (D,)
    dot = (query_vector @ key_vector).item()
    score = site.scores(head, row, here).item()
    capped = None if site.softcap is None else site.softcap * np.tanh(dot * site.scaling / site.softcap)
    log_sum_exp = site.log_sum_exp(head, row).item()
    norm, share = _value_weight(site, head, row, key)
    return Cell(
        query=query_vector.cpu().numpy(),
        key=key_vector.cpu().numpy(),
        dot=dot,
        scaling=float(site.scaling),
        softcap=site.softcap,
        after_softcap=None if capped is None else float(capped),
        bias=site.added(head, row, here),
        is_hidden=not site.seen_by(head, row, here),
        score=score,
        sink=None if site.sinks is None else site.sinks[head].item(),
        log_sum_exp=log_sum_exp,
        weight=site.weights(head, row)[0, key].item(),
        value_norm=norm,
        value_weight=share,
        head_dim=len(query_vector),
        key_value_head=key_value_head,
    )


def _value_weight(site: Site, head: int, row: torch.Tensor, key: int) -> tuple[float | None, float | None]:
    """||v W_O|| of the key, and its share of what the row adds; None where W_O was not heard."""
    if site.output_gram is None:
        return None, None
    lengths = value_lengths(site, head)  # (K,)
    added = site.weights(head, row)[0, : site.num_keys] * lengths  # (K,)
    total = added.sum()
    return lengths[key].item(), (added[key] / total).item() if total > 0 else 0.0
