"""Tensors that are cut into shares across processes (DTensors), brought together and cut again.

In and out: tensors. A tensor that is in one piece passes through as it is, so that nobody has to ask which kind a model has.
"""

import torch
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


@torch.no_grad()
def load_whole_weights(model: nn.Module, weights: dict[str, Tensor]) -> None:
    """Copies what `whole_weights` gave into a model of the same make, cut as its own are.

    Raises KeyError, naming a tensor, for a model of another make.

    >>> load_whole_weights(gpt, whole_weights(other_gpt))
    """
    own = model.state_dict(keep_vars=True)
    filled = {id(own[name]) for name in weights}  # of tied ones, either name is enough
    missing = [name for name, tensor in own.items() if id(tensor) not in filled]
    other = [name for name, tensor in weights.items() if tensor.shape != own[name].shape]
    if missing or other:
        raise KeyError(f"{(missing + other)[0]} is missing or of another shape")
    for name, tensor in weights.items():
        own[name].copy_(cut_like(tensor.to(own[name].device), own[name]))
