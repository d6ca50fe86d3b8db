"""Weights times a few vectors, at the speed at which memory gives the weights.

In: the weights of a linear layer. Out: a function of a few rows. On a processor in float32 a product with few rows is bound by
reading the weights, and the general routine reads them with one thread; cut into blocks they are read by all threads at once, two
to four times as quickly (measured by benchmarks/generation.py). Elsewhere it is torch's own linear layer. Does not know what is
computed.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

Product = Callable[[Tensor], Tensor]  # (B, K) -> (B, N)
SMALL_BYTES = 2**21  # below, threads win little and wait long for each other where other programs run
FEWEST_BLOCKS = 4  # more than one even with one thread: the routine for blocks reads more quickly


def product(modules: Sequence[nn.Linear | Conv1D], *, copy: bool) -> Product:
    """The outputs of linear layers that read the same rows, side by side.

    `copy` lays their weights side by side in memory of its own, which is quicker; without it they stay where they are.

    >>> product([nn.Linear(3, 2), nn.Linear(3, 4)], copy=True)(torch.ones(5, 3)).shape
    torch.Size([5, 6])
    """
    if copy or len(modules) == 1:
        return _one_product(modules, copy)
    parts = [_one_product([module], copy) for module in modules]
    return lambda rows: torch.cat([part(rows) for part in parts], dim=-1)


def _one_product(modules: Sequence[nn.Linear | Conv1D], copy: bool) -> Product:
    weight = _weight(modules[0]) if len(modules) == 1 else torch.cat([_weight(module) for module in modules])  # (N, K)
    bias = None
    if any(module.bias is not None for module in modules):
        bias = torch.cat([_bias(module) for module in modules])  # (N,)
    if weight.device.type != "cpu" or weight.dtype != torch.float32 or weight.nbytes < SMALL_BYTES:
        weight = weight.contiguous() if copy else weight
        return lambda rows: F.linear(rows, weight, bias)
    if copy and len(modules) == 1:
        weight = weight.contiguous()
    num_blocks = max(FEWEST_BLOCKS, torch.get_num_threads())
    rest = len(weight) % num_blocks
    if rest:
        whole = blocked_product(weight[:-rest], None if bias is None else bias[:-rest], num_blocks)
        last, last_bias = weight[-rest:], None if bias is None else bias[-rest:]
        return lambda rows: torch.cat([whole(rows), F.linear(rows, last, last_bias)], dim=-1)
    return blocked_product(weight, bias, num_blocks)


def blocked_product(weight: Tensor, bias: Tensor | None, num_blocks: int) -> Product:
    """Rows times `weight` (N, K) transposed plus `bias` (N,), computed in `num_blocks` equal blocks of outputs."""
    num_outputs, num_inputs = weight.shape
    blocks = weight.view(num_blocks, -1, num_inputs)  # (P, N / P, K)
    in_rows = weight.is_contiguous()
    if not in_rows:
        blocks = blocks.transpose(1, 2)  # (P, K, N / P): how Conv1D keeps them
    bias_blocks = (
        None if bias is None else bias.view(num_blocks, 1, -1).transpose(1, 2) if in_rows else bias.view(num_blocks, 1, -1)
    )

    def run(rows: Tensor) -> Tensor:
        num_rows = len(rows)
        if in_rows:
            columns = rows.t().expand(num_blocks, num_inputs, num_rows)
            outputs = torch.bmm(blocks, columns) if bias is None else torch.baddbmm(bias_blocks, blocks, columns)  # (P, N / P, B)
            flat = outputs.view(num_outputs, num_rows)
            return flat.view(1, num_outputs) if num_rows == 1 else flat.t().contiguous()
        spread = rows.expand(num_blocks, num_rows, num_inputs)
        outputs = torch.bmm(spread, blocks) if bias is None else torch.baddbmm(bias_blocks, spread, blocks)  # (P, B, N / P)
        return outputs.transpose(0, 1).reshape(num_rows, num_outputs)

    return run


def _weight(module: nn.Linear | Conv1D) -> Tensor:
    """Weights as (N, K), whatever the module's own layout."""
    return module.weight.detach().t() if isinstance(module, Conv1D) else module.weight.detach()


def _bias(module: nn.Linear | Conv1D) -> Tensor:
    weight = _weight(module)
    return weight.new_zeros(len(weight)) if module.bias is None else module.bias.detach()
