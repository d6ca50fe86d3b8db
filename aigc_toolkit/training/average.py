"""A moving average of the weights (EMA), kept beside them.

In: a model that is trained. Out: the average of its weights over the steps, put in their place for a while or for good. Written as
an optimizer that moves nothing, so that checkpoints keep it as they keep the others. Does not know what the weights are used for.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class WeightAverage(torch.optim.Optimizer):
    r"""The bias-corrected moving average of the trained weights, $a_t = a_{t-1} + \frac{1 - d}{1 - d^t} (w_t - a_{t-1})$.

    With the correction the first weights count no more than they should; source: Kingma and Ba 2015, "Adam", arXiv:1412.6980,
    section 3. Frozen parameters are left out. Raises ValueError for weights that are not float32: small moves are lost there.

    >>> average = WeightAverage(gpt, decay=0.999)
    >>> average.step()  # after every step of the run
    """

    def __init__(self, model: nn.Module, decay: float):
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        other = {parameter.dtype for parameter in parameters} - {torch.float32}
        if other:
            raise ValueError(
                f"average_decay={decay} with weights in {str(other.pop()).removeprefix('torch.')}: an average needs float32. "
                "Load the model with dtype='float32' (mixed_precision keeps products short), or set average_decay=0."
            )
        super().__init__(parameters, {"decay": decay})

    @torch.no_grad()
    def step(self, closure=None) -> None:
        """Takes the weights of now into the average."""
        (group,) = self.param_groups
        for parameter in group["params"]:
            if not self.state[parameter]:
                self.state[parameter].update(average=torch.zeros_like(parameter), count=0)
            self.state[parameter]["count"] += 1
        first = self.state[group["params"][0]]  # all have the same count
        share = (1 - group["decay"]) / (1 - group["decay"] ** first["count"])
        averages = [self.state[parameter]["average"] for parameter in group["params"]]
        torch._foreach_lerp_(averages, group["params"], share)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Inside, the weights of the model are the averages; afterwards they are what they were.

        >>> with average.in_place():
        ...     evaluate_loss(gpt, ids, context=256)
        1.57
        """
        kept = {parameter: parameter.detach().clone() for parameter in self.state}
        self.put_in_place()
        try:
            yield
        finally:
            _copy(kept)

    def put_in_place(self) -> None:
        """Makes the averages the weights of the model."""
        _copy({parameter: state["average"] for parameter, state in self.state.items()})


@torch.no_grad()
def _copy(values: dict[torch.Tensor, torch.Tensor]) -> None:
    for parameter, value in values.items():
        parameter.copy_(value)
