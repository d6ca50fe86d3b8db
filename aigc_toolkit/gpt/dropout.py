"""Dropout: while a model trains, some numbers are zeroed at random, so that none is relied on alone.

In: any tensor. Out: one of its shape. On a CPU torch draws a random number for each number of the tensor; here four share one.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEVELS = 2**16  # of a probability: 16 random bits decide about each number


class Dropout(nn.Module):
    r"""$y = m \odot x / (1 - p)$ with $m$ = 0 at probability $p$, else 1; $y = x$ in eval mode.

    Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", section 4. `probability` is in
    [0, 1) and counts in steps of 1/65,536. Decided by torch's global random state.

    >>> Dropout(0.5)(torch.ones(1000)).unique()
    tensor([0., 2.])
    """

    def __init__(self, probability: float):
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.probability == 0:
            return x
        if x.device.type != "cpu" or torch.compiler.is_compiling():
            return F.dropout(x, self.probability)
        num_zeroed = min(round(self.probability * LEVELS), LEVELS - 1)  # of the levels
        keep = _random_levels(x.shape) >= num_zeroed - LEVELS // 2
        return x * keep.to(x.dtype).mul_(LEVELS / (LEVELS - num_zeroed))

    def extra_repr(self) -> str:
        return f"probability={self.probability}"


def _random_levels(shape: torch.Size) -> Tensor:
    """Random int16 of any value, of that shape."""
    count = shape.numel()
    draws = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
    return draws.view(torch.int16)[:count].view(shape)
