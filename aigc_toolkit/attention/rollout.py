"""Attention rollout: how much of each input token reaches a position through all layers (Abnar and Zuidema 2020).

In: the sites of a stack of self-attention layers. Out: one matrix (Q, K). It is multiplied from the last layer down, for the
rows that are asked for, so that no layer's weights are held whole. Does not know tokens; values and MLPs play no part in it.
"""

from collections.abc import Sequence

import numpy as np
import torch

from .links import mean_weights, row_blocks
from .sites import AnySite


@torch.inference_mode()
def rollout(sites: Sequence[AnySite], rows: torch.Tensor) -> np.ndarray:
    """Rows (R,) of A_L ... A_2 A_1 with A_l = 0.5 (mean of the heads of layer l) + 0.5 I, float32 (R, K).

    Abnar and Zuidema (2020), "Quantifying Attention Flow in Transformers", equations 1 and 2; the half stands for the residual
    connection. Rows sum to 1, but for what learned sinks take.
    """
    num_tokens = sites[0].num_queries
    flow = torch.zeros(len(rows), num_tokens, device=rows.device)  # (R, T)
    flow[torch.arange(len(rows), device=rows.device), rows] = 1.0
    for site in reversed(sites):
        heads = [(site, head) for head in range(site.num_heads)]
        mixed = torch.zeros_like(flow)  # (R, T)
        for block in row_blocks(site):
            mixed += flow[:, block] @ mean_weights(heads, block)[:, :num_tokens]
        flow = 0.5 * mixed + 0.5 * flow
    return flow.cpu().numpy()
