"""Three ways to tell a token where it stands: learned, sinusoidal, rotary.

In: a number of tokens T (learned, sinusoidal), or query and key vectors (rotary).
Out: vectors to add to the token embedding # (T, D), or the same queries and keys, turned by their position.
It does not know what the vectors are used for afterwards.
"""

import torch
from torch import Tensor, nn


class LearnedPositions(nn.Embedding):
    r"""One learned row per position: $x_t \leftarrow x_t + P_t$.

    Source: Gehring et al. 2017, arXiv:1705.03122, section 3.1; used by GPT-2.

    >>> LearnedPositions(64, 8)(3).shape
    torch.Size([3, 8])
    """

    def forward(self, num_tokens: int) -> Tensor:
        return self.weight[:num_tokens]  # (T, D)


class SinusoidalPositions(nn.Module):
    r"""Sines and cosines of falling frequency, nothing learned: $x_t \leftarrow x_t + s\,\mathrm{PE}_t$,
    $\mathrm{PE}_{t,2i} = \sin(t / 10000^{2i/D})$, $\mathrm{PE}_{t,2i+1} = \cos(t / 10000^{2i/D})$.

    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.5. The paper multiplies its embeddings to standard deviation 1;
    ours start at 0.02, so the table is scaled by s = 0.02 to keep the same ratio between token and position.

    >>> SinusoidalPositions(64, 8)(3).shape
    torch.Size([3, 8])
    """

    def __init__(self, context: int, width: int, scale: float = 0.02):
        super().__init__()
        self.register_buffer("table", scale * sinusoidal_table(context, width), persistent=False)  # (context, D)

    def forward(self, num_tokens: int) -> Tensor:
        return self.table[:num_tokens]  # (T, D)


class RotaryPositions(nn.Module):
    r"""Turns each pair of numbers (i, i + d/2) of a head of d numbers by the angle $t\,\theta^{-2i/d}$ at position t:
    $x'_i = x_i \cos - x_{i+d/2} \sin$, $\;x'_{i+d/2} = x_{i+d/2} \cos + x_i \sin$.

    The dot product of a turned query and a turned key depends on the distance of their positions only.
    Source: Su et al. 2021, "RoFormer", arXiv:2104.09864, equation 34; with the pairing (i, i + d/2) of GPT-NeoX, Llama, Qwen.

    >>> RotaryPositions(64, 8, theta=10000.0)(torch.ones(1, 2, 3, 8)).shape
    torch.Size([1, 2, 3, 8])
    """

    def __init__(self, context: int, head_dim: int, theta: float):
        super().__init__()
        frequencies = theta ** -(torch.arange(0, head_dim, 2, dtype=torch.float64) / head_dim)  # (d/2)
        angles = torch.outer(torch.arange(context, dtype=torch.float64), frequencies)  # (context, d/2)
        self.register_buffer("cos", torch.cat([angles.cos(), angles.cos()], -1).float(), persistent=False)  # (context, d)
        self.register_buffer("sin", torch.cat([-angles.sin(), angles.sin()], -1).float(), persistent=False)  # (context, d)

    def forward(self, heads: Tensor) -> Tensor:
        num_tokens, head_dim = heads.shape[-2:]
        cos = self.cos[:num_tokens].to(heads.dtype)  # (T, d)
        sin = self.sin[:num_tokens].to(heads.dtype)  # (T, d)
        return heads * cos + heads.roll(head_dim // 2, -1) * sin  # (B, H, T, d)


def sinusoidal_table(context: int, width: int) -> Tensor:
    """The table of the paper # (context, D), float32: sines in the even columns, cosines in the odd ones.

    >>> sinusoidal_table(2, 4)[0].tolist()
    [0.0, 1.0, 0.0, 1.0]
    """
    frequencies = 10_000.0 ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)  # (D/2)
    angles = torch.outer(torch.arange(context, dtype=torch.float64), frequencies)  # (context, D/2)
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1).float()  # (context, D)
