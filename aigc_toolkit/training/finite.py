"""Stopping a run that has gone wrong before it moves a single weight.

In: a model, its loss and its gradients at a step. Out: nothing, or `TrainingDiverged` that names the step and the module.
It does not know how the loss came about or what the caller does next.
"""

import torch
from torch import Tensor, nn

from .evaluation import logits_of


class TrainingDiverged(ArithmeticError):
    """A loss or gradient was not finite; the parameters are those of before the step.

    `.step` is the step (1 is the first), `.module` the dotted name of the first module where it shows.
    """

    def __init__(self, what: str, *, step: int, module: str):
        super().__init__(
            f"{what} at step {step}, first in module {module}; the weights were not moved. Finite numbers are needed to go on: "
            f"lower learning_rate and adam_learning_rate, lengthen warmup_fraction, or look at the batch of this step."
        )
        self.step = step
        self.module = module


def check_loss(model: nn.Module, loss: Tensor, ids: Tensor, step: int) -> None:
    """Raises `TrainingDiverged` when `loss` is not finite, naming the first module whose output for `ids` is not.

    >>> check_loss(gpt, torch.tensor(1.0), ids, step=1)
    """
    if not torch.isfinite(loss):
        raise TrainingDiverged(f"the loss is {loss.item()}", step=step, module=first_bad_module(model, ids))


def check_gradients(model: nn.Module, norm: Tensor, step: int) -> None:
    """Raises `TrainingDiverged` when `norm`, the norm of all gradients, is not finite, naming the first bad parameter's module.

    >>> check_gradients(gpt, torch.tensor(1.0), step=1)
    """
    if torch.isfinite(norm):
        return
    bad = [name for name, p in model.named_parameters() if p.grad is not None and not torch.isfinite(p.grad).all()]
    module = bad[0].rpartition(".")[0] if bad else "(all together: their sum of squares overflows)"
    raise TrainingDiverged(f"the gradient norm is {norm.item()}", step=step, module=module)


@torch.no_grad()
def first_bad_module(model: nn.Module, ids: Tensor) -> str:
    """The dotted name of the first module, in the order they run, whose output for `ids` is not finite.

    >>> first_bad_module(gpt_with_a_nan_in_its_second_mlp, ids)
    'blocks.1.mlp.up'
    """
    found: list[str] = []

    def watch(name: str):
        def hook(_module, _inputs, output):
            if isinstance(output, Tensor) and not torch.isfinite(output).all():
                found.append(name)

        return hook

    handles = [module.register_forward_hook(watch(name)) for name, module in model.named_modules() if name]
    try:
        logits_of(model, ids)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else "(the loss itself)"
