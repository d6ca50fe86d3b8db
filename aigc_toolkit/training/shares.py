"""Tensors that are cut into shares across processes (DTensors), brought together and cut again.

In and out: tensors. A tensor that is in one piece passes through as it is, so that nobody has to ask which kind a model has.
"""

from torch import Tensor, nn
from torch.distributed.tensor import DTensor, distribute_tensor


def whole(tensor: Tensor) -> Tensor:
    """The tensor in one piece; with shares, every process has to call.

    >>> whole(torch.ones(2)).tolist()
    [1.0, 1.0]
    """
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def cut_like(tensor: Tensor, other: Tensor) -> Tensor:
    """A tensor that is in one piece, cut as `other` is.

    >>> cut_like(torch.ones(2), torch.zeros(2)).tolist()
    [1.0, 1.0]
    """
    return distribute_tensor(tensor, other.device_mesh, other.placements) if isinstance(other, DTensor) else tensor


def whole_weights(model: nn.Module) -> dict[str, Tensor]:
    """All that `model.state_dict()` holds, in one piece, tied weights once; with shares, every process has to call.

    >>> whole_weights(gpt)["norm.weight"].shape
    torch.Size([32])
    """
    once = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        once.setdefault(id(tensor), (name, tensor))
    return {name: whole(tensor.detach()).contiguous() for name, tensor in once.values()}
