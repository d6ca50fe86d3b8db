"""Muon with matrices of one shape orthogonalised together: the steps of torch's own, in fewer and larger products.

In: two-dimensional parameters with gradients. Out: the same parameters, moved. A small model has many small matrices, and a
product of small matrices keeps a processor's cores waiting. Does not know which parameters it should be given.
"""

from collections import defaultdict

import torch
from torch import Tensor

from .sharded_tensors import cut_like, whole


class BatchedMuon(torch.optim.Muon):
    """`torch.optim.Muon`, with its settings and its state; equal up to the rounding of bfloat16 (tested).

    Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/ . Raises ValueError for parameters that are not matrices.

    >>> BatchedMuon([torch.nn.Parameter(torch.ones(2, 3))], lr=0.01).step()
    """

    @torch.no_grad()
    def step(self, closure=None) -> Tensor | None:
        """Move every parameter that has a gradient by its momentum, orthogonalised."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            alike: dict[tuple, list[tuple[Tensor, Tensor]]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    alike[(*parameter.shape, parameter.device)].append((parameter, self._momentum(parameter, group)))
            for pairs in alike.values():
                parameters, updates = zip(*pairs, strict=True)
                self._move(parameters, orthogonal(torch.stack([whole(update) for update in updates]), group), group)
        return loss

    def _momentum(self, parameter: Tensor, group: dict) -> Tensor:
        """The averaged gradient (A, B) of a parameter, after this step's."""
        state = self.state[parameter]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(parameter.grad)
        average = state["momentum_buffer"].lerp_(parameter.grad, 1 - group["momentum"])
        return parameter.grad.lerp(average, group["momentum"]) if group["nesterov"] else average

    def _move(self, parameters: tuple[Tensor, ...], updates: Tensor, group: dict) -> None:
        rate = torch.optim._muon._adjust_lr(group["lr"], group["adjust_lr_fn"], parameters[0].shape)
        torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
        moves = [cut_like(u, p) for u, p in zip(updates.to(parameters[0].dtype).unbind(), parameters, strict=True)]
        torch._foreach_add_(parameters, moves, alpha=-rate)


def orthogonal(matrices: Tensor, group: dict) -> Tensor:
    """Nearly the nearest matrices with orthogonal rows or columns, bfloat16 # (N, A, B): Newton-Schulz iteration.

    >>> orthogonal(torch.eye(2)[None], torch.optim.Muon([torch.ones(2, 2)]).param_groups[0]).shape
    torch.Size([1, 2, 2])
    """
    a, b, c = group["ns_coefficients"]
    is_tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.bfloat16()  # (N, A, B)
    x = x.mT if is_tall else x
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=group["eps"])  # spectral norm at most 1
    for _ in range(group["ns_steps"]):
        gram = x @ x.mT  # (N, A, A)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)  # (N, A, B)
    return x.mT if is_tall else x
