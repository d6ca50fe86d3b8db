"""The MLP of a block: each token on its own, through a wider hidden layer.

In: vectors # (B, T, D). Out: vectors # (B, T, D).
It does not know about other tokens or the residual stream around it.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from .config import GPTConfig


class GeluMLP(nn.Module):
    r"""$W_2\,\mathrm{GELU}(W_1 x + b_1) + b_2$ with
    $\mathrm{GELU}(z) = \tfrac{z}{2}\,(1 + \tanh(\sqrt{2/\pi}\,(z + 0.044715\,z^3)))$.

    Source: Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2 (the tanh form); in GPT-2 as "gelu_new".

    >>> config = GPTConfig.gpt2(vocabulary_size=9, context=16, num_layers=1, num_heads=4, width=32)
    >>> GeluMLP(config)(torch.zeros(1, 3, 32)).shape
    torch.Size([1, 3, 32])
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.up = nn.Linear(config.width, config.mlp_width, bias=config.bias)
        self.down = nn.Linear(config.mlp_width, config.width, bias=config.bias)

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.gelu(self.up(x), approximate="tanh")  # (B, T, mlp_width)
        return self.down(hidden)  # (B, T, D)


class SwigluMLP(nn.Module):
    r"""$W_{down}\,(\mathrm{SiLU}(W_{gate} x) \odot W_{up} x)$ with $\mathrm{SiLU}(z) = z / (1 + e^{-z})$.

    Source: Shazeer 2020, "GLU Variants Improve Transformer", arXiv:2002.05202, equation 6 (FFN_SwiGLU, beta = 1).

    >>> config = GPTConfig.modern(vocabulary_size=9, context=16, num_layers=1, num_heads=4, width=32)
    >>> SwigluMLP(config)(torch.zeros(1, 3, 32)).shape
    torch.Size([1, 3, 32])
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.gate = nn.Linear(config.width, config.mlp_width, bias=config.bias)
        self.up = nn.Linear(config.width, config.mlp_width, bias=config.bias)
        self.down = nn.Linear(config.mlp_width, config.width, bias=config.bias)

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.silu(self.gate(x)) * self.up(x)  # (B, T, mlp_width)
        return self.down(hidden)  # (B, T, D)


def make_mlp(config: GPTConfig) -> nn.Module:
    """The MLP that `config.activation` names.

    >>> config = GPTConfig.modern(vocabulary_size=9, context=16, num_layers=1, num_heads=4, width=32)
    >>> type(make_mlp(config)).__name__
    'SwigluMLP'
    """
    return SwigluMLP(config) if config.activation == "swiglu" else GeluMLP(config)
