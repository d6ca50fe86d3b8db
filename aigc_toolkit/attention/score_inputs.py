"""What a layer's weights are computed from, as NumPy arrays: for pages and programs that recompute them without torch.

In: a site. Out: `ScoreInputs`, or None where only weights are known. Arrays are the kernel's own numbers, in float32.
"""

from dataclasses import dataclass

import numpy as np
import torch

from .sites import HIDDEN, AnySite, Site
from .value_weighted import value_lengths


@dataclass(frozen=True)
class ScoreInputs:
    """score = softcap(scaling * q k^T) + bias where a key is seen; weight = exp(score - log sum of exp(scores, sink)).

    A mask of numbers comes apart: what it hides is in `seen`, what it adds is in `bias`.
    """

    query: np.ndarray  # (H, Q, D), float32
    key: np.ndarray  # (Hkv, K, D), float32: head h uses h // (H / Hkv)
    scaling: float
    softcap: float | None
    causal: bool  # a query sees the keys up to its own position, and of those the ones in `seen`
    seen: np.ndarray | None  # (1 or H, Q, K), bool; None for all
    bias: np.ndarray | None  # (1 or H, 1 or Q, K), float32
    sinks: np.ndarray | None  # (H,), float32
    value_norms: np.ndarray | None  # (H, K), float32: ||v W_O|| as in `value_weighted`; None where W_O was not heard


@torch.inference_mode()
def score_inputs(site: AnySite) -> ScoreInputs | None:
    """The `ScoreInputs` of a site; None where it keeps its queries and keys to itself, or a query sees nothing by its mask."""
    if not isinstance(site, Site):
        return None
    seen, added = None, None if site.bias is None else site.bias[..., : site.num_keys].float()
    if site.mask is not None:
        mask = site.mask[..., : site.num_keys]
        seen = mask if mask.dtype == torch.bool else mask > HIDDEN  # (1 or H, Q, K)
        if not seen.any(-1).all():
            return None
        if mask.dtype != torch.bool:
            numbers = torch.where(seen, mask.float(), 0.0)
            if numbers.any():
                added = numbers if added is None else added + numbers
    return ScoreInputs(
        query=site.query.float().cpu().numpy(),
        key=site.key.float().cpu().numpy(),
        scaling=float(site.scaling),
        softcap=site.softcap,
        causal=site.causal,
        seen=None if seen is None or seen.all() else seen.cpu().numpy(),
        bias=None if added is None else added.cpu().numpy(),
        sinks=None if site.sinks is None else site.sinks.float().cpu().numpy(),
        value_norms=None if site.output_gram is None else _value_norms(site),
    )


def _value_norms(site: Site) -> np.ndarray:
    return torch.stack([value_lengths(site, head) for head in range(site.num_heads)]).cpu().numpy()
