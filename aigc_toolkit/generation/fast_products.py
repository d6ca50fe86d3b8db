"""Weights times a few vectors, at the speed at which memory gives the weights.

In: the weights of a linear layer. Out: a function of a few rows. On a processor in float32 a product with one row is bound by
reading the weights, and the general routine reads them with one thread; cut into blocks they are read by all threads at once, two
to four times as quickly. Several rows go through weights in oneDNN's own order, twice as quickly as through the general routine
(both measured by benchmarks/generation.py). Elsewhere it is torch's own linear layer. Does not know what is computed.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

Product = Callable[[Tensor], Tensor]  # (B, K) -> (B, N)
SMALL_BYTES = 2**21  # below, threads win little and wait long for each other where other programs run
PACKED_BYTES = 2**18  # below, a product takes less time than the call
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
    weight = weight.contiguous() if copy else weight

    def general(rows: Tensor) -> Tensor:
        return F.linear(rows, weight, bias)

    if weight.device.type != "cpu" or weight.dtype != torch.float32:
        return general
    one = several = general
    if weight.nbytes >= SMALL_BYTES:
        one = _one_row_product(weight, bias)
    if copy and weight.nbytes >= PACKED_BYTES and torch.backends.mkldnn.is_available():
        several = _packed_product(weight, bias)
    return lambda rows: one(rows) if len(rows) == 1 else several(rows)


def _packed_product(weight: Tensor, bias: Tensor | None) -> Product:
    """For several rows, with a copy in the order in which oneDNN reads it, as torch.compile keeps constant weights.

    The copy is made at the first use: who writes one text at a time needs none.
    """
    kept: list[Tensor] = []

    def run(rows: Tensor) -> Tensor:
        if not kept:
            kept.append(torch.ops.mkldnn._reorder_linear_weight(weight.contiguous()))
        return torch.ops.mkldnn._linear_pointwise(rows, kept[0], bias, "none", [], "")

    return run


def _one_row_product(weight: Tensor, bias: Tensor | None) -> Product:
    num_blocks = max(FEWEST_BLOCKS, torch.get_num_threads())
    rest = len(weight) % num_blocks
    if rest:
        whole = blocked_product(weight[:-rest], None if bias is None else bias[:-rest], num_blocks)
        last, last_bias = weight[-rest:], None if bias is None else bias[-rest:]
        return lambda rows: torch.cat([whole(rows), F.linear(rows, last, last_bias)], dim=-1)
    return blocked_product(weight, bias, num_blocks)


def blocked_product(weight: Tensor, bias: Tensor | None, num_blocks: int) -> Product:
    """One row (1, K) times `weight` (N, K) transposed plus `bias` (N,), computed in `num_blocks` equal blocks of outputs."""
    num_outputs, num_inputs = weight.shape
    blocks = weight.view(num_blocks, -1, num_inputs)  # (P, N / P, K)
    in_rows = weight.is_contiguous()
    if not in_rows:
        blocks = blocks.transpose(1, 2)  # (P, K, N / P): how Conv1D keeps them
    bias_blocks = None if bias is None else bias.view(num_blocks, *((-1, 1) if in_rows else (1, -1)))

    def run(row: Tensor) -> Tensor:
        if in_rows:
            left, right = blocks, row.t().expand(num_blocks, num_inputs, 1)
        else:
            left, right = row.expand(num_blocks, 1, num_inputs), blocks
        outputs = torch.bmm(left, right) if bias is None else torch.baddbmm(bias_blocks, left, right)
        return outputs.view(1, num_outputs)

    return run


def _weight(module: nn.Linear | Conv1D) -> Tensor:
    """Weights as (N, K), whatever the module's own layout."""
    return module.weight.detach().t() if isinstance(module, Conv1D) else module.weight.detach()


def _bias(module: nn.Linear | Conv1D) -> Tensor:
    weight = _weight(module)
    return weight.new_zeros(len(weight)) if module.bias is None else module.bias.detach()
