"""How long the vectors are that attention really adds: ||alpha f(x)|| of Kobayashi et al. (2020).

In: a site that knows its head's output projection. Out: for each query and key, the length of what the key gives the query through
this head. A weight on a token whose value is next to nothing moves nothing; this shows it. Does not know tokens.
"""

import torch

from .sites import Site


@torch.inference_mode()
def value_weighted(site: Site, head: int, rows: torch.Tensor) -> torch.Tensor:
    """||alpha_qk v_k W_O|| for query `rows` (R,) of one head, float32 (R, K), in the units of the residual stream.

    Kobayashi et al. (2020), "Attention is Not Only a Weight", equation 3: f(x) = (x W_V + b_V) W_O of this head alone. Under
    grouped queries several heads share v and differ in W_O.
    """
    return site.weights(head, rows)[:, : site.num_keys] * value_lengths(site, head)


def value_lengths(site: Site, head: int) -> torch.Tensor:
    """||v W_O|| of every key through one head, float32 (K,)."""
    value = site.value[head // (site.num_heads // site.num_key_value_heads)].float()  # (K, Dv)
    squares = ((value @ site.output_gram[head]) * value).sum(-1)  # (K,): v W_O W_O^T v^T
    return squares.clamp_min(0).sqrt()
