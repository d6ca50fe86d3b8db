"""Loss on a held-out split: every token predicted once, no sampling, no seed.

In: a `GPT` or a Hugging Face causal model, token ids # (N,). Out: one number, nats per token.
It does not know where the tokens come from or what the loss is used for.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..gpt import GPT
from .processes import Processes


def logits_of(model: nn.Module, ids: Tensor, *, call: nn.Module | None = None) -> Tensor:
    """Logits # (B, T, V) for ids # (B, T), of our `GPT` or of a Hugging Face causal model.

    `call` is what is called instead of `model` where it has been wrapped, compiled for example.

    >>> logits_of(gpt, torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 100])
    """
    call = model if call is None else call
    return call(ids) if isinstance(model, GPT) else call(ids, use_cache=False).logits  # (B, T, V)


@contextmanager
def mode(model: nn.Module, *, training: bool) -> Iterator[None]:
    """Inside, `model` is in training (or eval) mode; afterwards it is in the mode it was in, whatever happened.

    >>> with mode(gpt, training=False):
    ...     gpt.training
    False
    """
    was_training = model.training
    model.train(training)
    try:
        yield
    finally:
        model.train(was_training)


@torch.no_grad()
def evaluate_loss(
    model: nn.Module,
    token_ids: np.ndarray,
    *,
    context: int,
    batch_size: int = 32,
    device: str | torch.device | None = None,
    processes: Processes | None = None,
) -> float:
    """The exact mean loss over the whole split, in nats per token.

    The split is cut into windows of `context` tokens, side by side; each token but the very first is predicted once, from the
    tokens before it in its window; the last, shorter window counts by its length. `batch_size` windows are read
    at once. The model runs in eval mode and is left in the mode it was in; `device` moves it there, None leaves it where it is. Of
    several `processes` each computes a share.
    Raises ValueError for fewer than two tokens.

    >>> evaluate_loss(gpt, corpus.token_ids("validation"), context=256)
    1.57
    """
    if len(token_ids) < 2:
        raise ValueError(f"{len(token_ids)} tokens given: at least 2 are needed to predict one. Give a longer split.")
    if device is not None:
        model.to(device)
    device = next(model.parameters()).device
    ids = torch.from_numpy(np.asarray(token_ids).astype(np.int64))  # (N)
    processes = Processes() if processes is None else processes
    with mode(model, training=False):
        shares = processes.shares_of(_windows(ids, context, batch_size))
        losses = [_sum_of_losses(model, batch.to(device)) * counts for batch, counts in shares]
    return processes.sum(sum(losses)) / (len(token_ids) - 1)


def _windows(ids: Tensor, context: int, batch_size: int) -> list[Tensor]:
    """Batches # (B, T + 1) of windows that overlap by one token, then the rest # (1, R + 1)."""
    num_windows = (len(ids) - 1) // context
    batches = []
    if num_windows:
        full = ids[: num_windows * context + 1].unfold(0, context + 1, context)  # (W, T + 1)
        batches = list(full.split(batch_size))  # (B, T + 1) each
    rest = ids[num_windows * context :]  # (R + 1)
    return batches + ([rest[None]] if len(rest) > 1 else [])


def _sum_of_losses(model: nn.Module, ids: Tensor) -> float:
    logits = logits_of(model, ids[:, :-1])  # (B, T, V)
    losses = F.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none")  # (B T)
    return losses.double().sum().item()
