"""Which optimizer moves which parameter, and how fast at each step.

In: a model (ours or Hugging Face's) and a `TrainConfig`. Out: Muon for the hidden matrices, AdamW for all the rest, and a
schedule that is a plain function of the step. It does not know about data, losses or devices.
"""

from collections.abc import Sequence

import torch
from torch import nn

from .config import TrainConfig
from .muon import BatchedMuon

ADAM_BETAS = (0.9, 0.95)  # decay per step of AdamW's two averages


def make_optimizers(model: nn.Module, config: TrainConfig) -> list[torch.optim.Optimizer]:
    """Muon for the two-dimensional hidden matrices, AdamW (without weight decay) for embeddings, output head, norms, biases.

    Muon moves a matrix by the nearest orthogonal matrix to its averaged gradient: Jordan et al. 2024,
    https://kellerjordan.github.io/posts/muon/ . Its steps are scaled to be as long as AdamW's, whichever way round the matrix is
    stored: Liu et al. 2025, "Muon is Scalable for LLM Training", arXiv:2502.16982, section 2.2. Its iteration runs in bfloat16,
    slow on processors without bfloat16 products.
    Every group carries its peak as "peak_lr", which `set_learning_rates` multiplies. Frozen parameters are left out.
    Raises ValueError when all are frozen.

    >>> [type(optimizer).__name__ for optimizer in make_optimizers(gpt, TrainConfig())]
    ['BatchedMuon', 'AdamW']
    """
    matrices = hidden_matrices(model)
    chosen = {id(parameter) for parameter in matrices}
    rest = [parameter for parameter in model.parameters() if parameter.requires_grad and id(parameter) not in chosen]
    optimizers = []
    if matrices:
        rate, decay = config.learning_rate, config.weight_decay
        muon = BatchedMuon(matrices, lr=rate, momentum=config.momentum, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
        optimizers.append(muon)
    if rest:
        rate = config.adam_learning_rate
        optimizers.append(torch.optim.AdamW(rest, lr=rate, betas=ADAM_BETAS, weight_decay=0.0, fused=True))
    if not optimizers:
        raise ValueError(
            "every parameter of the model is frozen: training needs at least one with requires_grad. "
            "Call requires_grad_(True) on those to train."
        )
    for group in (group for optimizer in optimizers for group in optimizer.param_groups):
        group["peak_lr"] = group["lr"]
    return optimizers


def hidden_matrices(model: nn.Module) -> list[nn.Parameter]:
    """The trainable two-dimensional parameters that are neither an embedding nor the output head, in the model's order.

    The factors of a low-rank adapter are not among them: they learn with AdamW (Hu et al. 2021, "LoRA", arXiv:2106.09685).

    >>> len(hidden_matrices(gpt)) == 7 * gpt.config.num_layers  # q, k, v, o, gate, up, down
    True
    """
    ends = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    ends |= {id(parameter) for parameter in model.get_output_embeddings().parameters()}
    trained = [(name, p) for name, p in model.named_parameters() if p.ndim == 2 and p.requires_grad and id(p) not in ends]
    return [parameter for name, parameter in trained if ".lora_" not in name]  # peft's name for them


def schedule(step: int, config: TrainConfig) -> float:
    """The share of the peak learning rate at `step` (1 is the first): a linear rise, a plateau, a linear fall towards 0.

    Source: Hägele et al. 2024, "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations", arXiv:2405.18392.

    >>> [schedule(step, TrainConfig(num_steps=4, warmup_fraction=0, cooldown_fraction=0.5)) for step in (1, 2, 3, 4)]
    [1.0, 1.0, 1.0, 0.5]
    """
    warmup_steps = config.warmup_fraction * config.num_steps
    cooldown_steps = config.cooldown_fraction * config.num_steps
    rise = step / warmup_steps if warmup_steps else 1.0
    steps_left = config.num_steps - step + 1
    fall = steps_left / cooldown_steps if cooldown_steps else 1.0
    return min(1.0, rise, fall)


def set_learning_rates(optimizers: Sequence[torch.optim.Optimizer], share: float) -> None:
    """Sets every group of every optimizer to `share` of its peak learning rate.

    >>> set_learning_rates(make_optimizers(gpt, TrainConfig()), 0.5)
    """
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = share * group["peak_lr"]
