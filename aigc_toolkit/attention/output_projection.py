"""Hear which matrix takes an attention's output into the residual stream, while the model runs.

In: a recording and a forward pass. Out: W_O W_O^T of each head on the recording's sites. The projection is recognised by the memory
of what it receives, not by a name, and nothing of the model is kept: a head's W_O W_O^T is small and stays true when the model is
changed later. Where something stands between (a gate, a norm), nothing is heard.
"""

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

if TYPE_CHECKING:
    from .recorder import Recording


class ProjectionMode(TorchFunctionMode):
    """Inside the block, the linear map that receives a recorded attention's output is given to the recording."""

    def __init__(self, record: "Recording"):
        super().__init__()
        self._record = record

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if self._record.unprojected is not None and not kwargs:
            if function is F.linear:
                self._hear(args[0], args[1].T)
            elif function is torch.addmm:  # transformers' Conv1D
                self._hear(args[1], args[2])
        return function(*args, **(kwargs or {}))

    def _hear(self, inputs: torch.Tensor, weight: torch.Tensor) -> None:
        output = self._record.unprojected  # (B, Q, H, Dv)
        num_inputs = output.shape[-2] * output.shape[-1]
        if inputs.data_ptr() == output.data_ptr() and inputs.numel() == output.numel() and weight.shape[0] == num_inputs:
            self._record.project(weight)


def output_gram(weight: torch.Tensor, num_heads: int) -> torch.Tensor:
    """W_O W_O^T of each head, float32 (H, Dv, Dv), from `weight` (H * Dv, D): all that the length of v W_O needs."""
    of_heads = weight.detach().float().reshape(num_heads, -1, weight.shape[1])  # (H, Dv, D)
    return of_heads @ of_heads.transpose(1, 2)  # (H, Dv, Dv)
