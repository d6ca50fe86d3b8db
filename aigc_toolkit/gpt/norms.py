"""Keeping vectors at one size: LayerNorm and RMSNorm.

In: vectors # (..., D). Out: vectors of the same shape and dtype, normalised over the last axis.
It does not know where in a block it stands.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .norm_gradients import rms_norm_with_gradients


class LayerNorm(nn.LayerNorm):
    r"""$y = \gamma \odot (x - \mu) / \sqrt{\sigma^2 + \epsilon} + \beta$, mean and variance over the last axis.

    Source: Ba, Kiros and Hinton 2016, "Layer Normalization", arXiv:1607.06450, equation 4.

    >>> LayerNorm(8)(torch.ones(2, 8)).sum().item()
    0.0
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)  # (..., D)


class RMSNorm(nn.RMSNorm):
    r"""$y = \gamma \odot x / \sqrt{\mathrm{mean}(x^2) + \epsilon}$: LayerNorm without the mean and without the shift.

    Source: Zhang and Sennrich 2019, "Root Mean Square Layer Normalization", arXiv:1910.07467, equation 4.

    >>> RMSNorm(4, eps=0.0)(torch.full((1, 4), 3.0)).tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    """

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type == "cpu" and torch.is_grad_enabled():
            return rms_norm_with_gradients(x, self.weight, self.eps)  # (..., D)
        weight = self.weight.to(x.dtype)  # (D); autocast hands in bfloat16
        return F.rms_norm(x, self.normalized_shape, weight, self.eps)  # (..., D)


def make_norm(kind: str, width: int, epsilon: float) -> nn.Module:
    """The normalisation a config names, for vectors of `width` numbers.

    >>> make_norm("rms_norm", 8, 1e-6)
    RMSNorm((8,), eps=1e-06, elementwise_affine=True)
    """
    return RMSNorm(width, eps=epsilon) if kind == "rms_norm" else LayerNorm(width, eps=epsilon)
