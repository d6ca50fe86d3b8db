"""RMSNorm with a backward pass of its own, for training on a CPU, where torch takes it apart into a dozen small operations.

In: vectors # (..., D) and the weights # (D,). Out: the normalised vectors, with gradients for both. Sums run in float32, as torch's
own do for shorter types. It does not know modules, nor why a norm is wanted.
"""

import torch
from torch import Tensor


def rms_norm_with_gradients(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    r"""$y = \gamma \odot x r$ with $r = 1 / \sqrt{\mathrm{mean}(x^2) + \epsilon}$, of the shape and dtype of x # (..., D).

    With $u$ the gradient of y: $\partial x = r\,(\gamma \odot u) - x\,r^3\,\langle\gamma \odot u, x\rangle / D$ and
    $\partial\gamma = \sum u \odot x\,r$ over all vectors. Source: Zhang and Sennrich 2019, arXiv:1910.07467, section 3.

    >>> rms_norm_with_gradients(torch.full((1, 4), 3.0), torch.ones(4), 0.0).tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    """
    return _RMSNorm.apply(x, weight, epsilon)


class _RMSNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
        exact = torch.promote_types(x.dtype, torch.float32)
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=exact)  # (..., 1)
        scale = length.square_().div_(x.shape[-1]).add_(epsilon).rsqrt_()  # (..., 1)
        ctx.save_for_backward(x, weight, scale)
        return (x * scale).mul_(weight).to(x.dtype)  # (..., D)

    @staticmethod
    def backward(ctx, upstream: Tensor) -> tuple[Tensor, Tensor, None]:
        x, weight, scale = ctx.saved_tensors
        width = x.shape[-1]
        x, scale = x.reshape(-1, width), scale.reshape(-1, 1)  # (N, D), (N, 1)
        gamma = weight.to(scale.dtype)  # (D)
        above = upstream.reshape(-1, width).to(scale.dtype)  # (N, D)
        products = above * x  # (N, D)
        to_weight = (scale.T @ products)[0]  # (D)
        along = scale.pow(3).mul_((products @ gamma)[:, None]).div_(-width)  # (N, 1)
        to_x = (above * gamma).mul_(scale).addcmul_(x, along)  # (N, D)
        return to_x.view(upstream.shape).to(x.dtype), to_weight.to(weight.dtype), None
