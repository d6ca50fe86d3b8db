"""Causal self-attention: each token reads from itself and the tokens before it.

In: vectors # (B, T, D). Out: vectors # (B, T, D).
It does not know about the residual stream around it; positions come in only through the rotary turn of q and k.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from .blocked_attention import blocked_attention, suits_blocks
from .config import GPTConfig
from .norms import RMSNorm
from .positions import RotaryPositions


class Attention(nn.Module):
    r"""Multi-head causal attention: for each head $\;\mathrm{softmax}(QK^\top / \sqrt{d} + M)\,V$, with $M = -\infty$ above
    the diagonal; the heads are joined and mixed by $W_O$. `causal_mask=False` leaves out M, `scaled_scores=False` the root of d.

    Source: Vaswani et al. 2017, arXiv:1706.03762, equation 1 and section 3.2.2. Grouped-query attention (several query heads
    share one key/value head): Ainslie et al. 2023, arXiv:2305.13245, section 2.2. Normalised queries and keys: Henry et
    al. 2020, arXiv:2010.04245, with the RMSNorm per head of Qwen3 (arXiv:2505.09388, section 2).

    >>> config = GPTConfig.modern(vocabulary_size=9, context=16, num_layers=1, num_heads=4, width=32)
    >>> Attention(config, rotary=None)(torch.zeros(1, 3, 32)).shape
    torch.Size([1, 3, 32])
    """

    def __init__(self, config: GPTConfig, rotary: RotaryPositions | None):
        super().__init__()
        self.head_dim = config.head_dim
        self.grouped = config.num_key_value_heads != config.num_heads
        self.dropout = config.dropout
        self.causal_mask = config.causal_mask
        self.scale = None if config.scaled_scores else 1.0  # None: 1 / sqrt(d)
        self.rotary = rotary
        self.query = nn.Linear(config.width, config.num_heads * config.head_dim, bias=config.bias)
        self.key = nn.Linear(config.width, config.num_key_value_heads * config.head_dim, bias=config.bias)
        self.value = nn.Linear(config.width, config.num_key_value_heads * config.head_dim, bias=config.bias)
        self.output = nn.Linear(config.num_heads * config.head_dim, config.width, bias=config.bias)
        self.query_norm = RMSNorm(config.head_dim, eps=config.norm_epsilon) if config.qk_norm else nn.Identity()
        self.key_norm = RMSNorm(config.head_dim, eps=config.norm_epsilon) if config.qk_norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        q = self.query_norm(self._split(self.query(x)))  # (B, T, H, d)
        k = self.key_norm(self._split(self.key(x)))  # (B, T, H_kv, d)
        q, k = q.transpose(1, 2), k.transpose(1, 2)  # (B, H, T, d), (B, H_kv, T, d)
        v = self._split(self.value(x)).transpose(1, 2)  # (B, H_kv, T, d)
        if self.rotary is not None:
            q, k = self.rotary(q), self.rotary(k)  # (B, H, T, d), (B, H_kv, T, d)
        dropout = self.dropout if self.training else 0.0
        q, k = q.to(v.dtype), k.to(v.dtype)  # (B, H, T, d), (B, H_kv, T, d); autocast may keep a norm in float32
        if self.causal_mask and suits_blocks(q, dropout=dropout):
            mixed = blocked_attention(q, k, v, self.scale or self.head_dim**-0.5)  # (B, H, T, d)
        else:
            mixed = F.scaled_dot_product_attention(
                q, k, v, dropout_p=dropout, is_causal=self.causal_mask, scale=self.scale, enable_gqa=self.grouped
            )  # (B, H, T, d)
        return self.output(mixed.transpose(1, 2).flatten(2))  # (B, T, D)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (-1, self.head_dim))  # (B, T, H, d)
