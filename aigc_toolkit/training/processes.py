"""One process or many that train one model together, through Hugging Face Accelerate.

In: an `Accelerator`, or None for a single process. Out: which share of a batch is this process's, the model to call so that
gradients are averages over all processes, and numbers brought together. Weights are whole in every process (data parallel) or cut
into shares (fully sharded, FSDP). Does not know batches, losses or files.
"""

import math
import os
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from .config import TrainConfig

if TYPE_CHECKING:
    from accelerate import Accelerator


class Processes:
    """The processes of a run: `.num` of them, this one being `.rank` (0 is the main one, which writes the files).

    >>> processes = Processes()
    >>> processes.num, processes.is_main
    (1, True)
    """

    def __init__(self, accelerator: "Accelerator | None" = None):
        self.accelerator = accelerator
        self.num = 1 if accelerator is None else accelerator.num_processes
        self.rank = 0 if accelerator is None else accelerator.process_index

    @property
    def is_main(self) -> bool:
        """Whether this is the process that writes."""
        return self.rank == 0

    def device(self, name: str) -> torch.device:
        """The device this process computes on; `name` is that of a single process."""
        return choose_device(name) if self.num == 1 else self.accelerator.device

    def share_of(self, batch: Tensor) -> Tensor:
        """This process's sequences # (B / processes, T + 1) of a batch # (B, T + 1)."""
        return batch.chunk(self.num)[self.rank]

    def shares_of(self, batches: list[Tensor]) -> list[tuple[Tensor, bool]]:
        """This process's batches, as many as every other's: those that only fill up are False.

        >>> len(Processes().shares_of([ids, ids]))
        2
        """
        numbers = range(self.rank, math.ceil(len(batches) / self.num) * self.num, self.num)
        return [(batches[number % len(batches)], number < len(batches)) for number in numbers]

    def prepare(self, model: nn.Module, config: TrainConfig) -> nn.Module:
        """What to call instead of `model`, whose weights it shares; with `sharded`, those of `model` are cut in place.

        Optimizers are made afterwards.
        """
        call = model
        if self.num > 1 and self._is_sharded(config):
            shard(model, self.accelerator.device)
        elif self.num > 1:
            call = self.accelerator.prepare_model(model)
        return torch.compile(call) if config.compile else call

    def _is_sharded(self, config: TrainConfig) -> bool:
        return config.sharded or os.environ.get("ACCELERATE_USE_FSDP", "false").lower() == "true"  # by `accelerate launch`

    def summing(self, call: nn.Module, *, is_last_part: bool) -> AbstractContextManager:
        """Inside, gradients are brought together after the last part of a batch only."""
        return nullcontext() if self.num == 1 or is_last_part else self.accelerator.no_sync(call)

    def mean(self, number: Tensor) -> Tensor:
        """The mean of a number over all processes."""
        return number if self.num == 1 else self.accelerator.reduce(number, "mean")

    def sum(self, number: float) -> float:
        """The sum of a number over all processes."""
        if self.num == 1:
            return number
        return self.accelerator.reduce(torch.tensor(number, dtype=torch.float64, device=self.accelerator.device), "sum").item()

    def any(self, wish: bool) -> bool:
        """Whether any process wishes so; all of them get the same answer."""
        return self.sum(float(wish)) > 0

    def wait(self) -> None:
        """Until all processes are here."""
        if self.num > 1:
            self.accelerator.wait_for_everyone()


def shard(model: nn.Module, device: torch.device) -> None:
    """Cut every weight of `model` along its first dimension, a share for each process: block by block, then the rest.

    Source: Zhao et al. 2023, "PyTorch FSDP", arXiv:2304.11277; torch's `fully_shard`.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(device.type, (torch.distributed.get_world_size(),))
    lists = [name for name, module in model.named_modules() if isinstance(module, nn.ModuleList)]
    outermost = [name for name in lists if not any(name.startswith(f"{other}.") for other in lists)]
    for block in [block for name in outermost for block in model.get_submodule(name)]:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh, reshard_after_forward=True)  # else a forward without backward leaves weights that get stale


def choose_device(device: str) -> torch.device:
    """The device a name stands for; "auto" is the first GPU, or the CPU where there is none.

    >>> choose_device("cpu")
    device(type='cpu')
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


def autocast(device: torch.device, config: TrainConfig) -> AbstractContextManager:
    """Inside, matrix products run in bfloat16 when `config.mixed_precision` says so.

    >>> with autocast(torch.device("cpu"), TrainConfig(mixed_precision="bfloat16")):
    ...     gpt(ids).dtype
    torch.bfloat16
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=config.mixed_precision == "bfloat16")
