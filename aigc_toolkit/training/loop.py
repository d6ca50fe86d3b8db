"""The training loop: batch, loss, gradients, check, move; one record per step.

In: a model (our `GPT` or a Hugging Face causal model), a corpus, a `TrainConfig`. Out: an iterator of `TrainStep`.
The model is trained in place. The loop prints and draws nothing, and writes nothing but checkpoints: whoever iterates it does.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from ..gpt import GPT
from .batches import document_starts, make_batch
from .checkpoints import Checkpoint, latest_checkpoint, load_checkpoint, save_checkpoint
from .config import TrainConfig
from .evaluation import evaluate_loss, logits_of, mode
from .finite import check_gradients, check_loss
from .losses import next_token_loss
from .optimizers import make_optimizers, schedule, set_learning_rates
from .samples import draw_sample

if TYPE_CHECKING:
    from ..corpora import Corpus

MAY_CHANGE = ("folder", "checkpoint_every", "keep_last", "validate_every", "sample_every", "device")  # when a run goes on


@dataclass(frozen=True)
class TrainStep:
    """What one optimizer step did. Losses are in nats per token."""

    step: int  # 1 is the first
    loss: float  # mean over the sequences of this step, before the step
    validation_loss: float | None  # over the whole validation split, after the step; None when not measured
    learning_rate: float  # of the hidden matrices at this step
    tokens_per_second: float  # of this step, without validation and sample
    gradient_norm: float  # over all parameters, before clipping
    sample: str | None  # prompt and continuation, after the step; None when not drawn


def train(model: nn.Module, corpus: "Corpus", config: TrainConfig, *, resume: bool = False) -> Iterator[TrainStep]:
    """Trains `model` on `corpus` in place and yields a `TrainStep` after each of `config.num_steps` steps.

    `corpus` has `token_ids("train" | "validation")` # (N,) and a `tokenizer` (for samples and document starts). The same model,
    corpus and config give the same losses (same machine, same number of threads). Between steps the model is in the mode it came
    in. The last step always validates when `validate_every` is set.
    `resume` goes on from the newest whole checkpoint in `config.folder` (from the start where there is none) and gives, to the bit,
    the steps and weights of a run that was never stopped.
    Raises ValueError, at the call, when config, model and corpus contradict each other, or the folder holds another run;
    `TrainingDiverged`, before the optimizers move, when a loss or gradient is not finite.

    >>> for step in train(gpt, corpus, TrainConfig(num_steps=2)):
    ...     print(step.step, round(step.loss, 2))
    1 8.03
    2 7.61
    """
    token_ids = corpus.token_ids("train")  # (N)
    check_fit(model, token_ids, config)
    return _steps(model, corpus, token_ids, config, _checkpoint(config, resume))


def _steps(
    model: nn.Module, corpus: "Corpus", token_ids: np.ndarray, config: TrainConfig, checkpoint: Checkpoint | None
) -> Iterator[TrainStep]:
    device = choose_device(config.device)
    model.to(device)
    optimizers = make_optimizers(model, config)
    if checkpoint is not None:
        load_checkpoint(checkpoint, model, optimizers)
    starts = None
    if config.start_at_documents:
        starts = document_starts(token_ids, corpus.tokenizer.eos_token_id, context=config.context)  # (S)
    for step in range(1 if checkpoint is None else checkpoint.step + 1, config.num_steps + 1):
        start = time.perf_counter()
        share = schedule(step, config)
        set_learning_rates(optimizers, share)
        batch = make_batch(
            token_ids, batch_size=config.batch_size, context=config.context, seed=config.seed, step=step, starts=starts
        ).to(device)  # (B, T + 1)
        loss, gradient_norm = _take_step(model, optimizers, batch, step, config)
        seconds = time.perf_counter() - start
        if _is_due(step, config.checkpoint_every, config):
            save_checkpoint(config.folder, step, model, optimizers, facts=asdict(config), keep_last=config.keep_last)
        yield TrainStep(
            step=step,
            loss=loss,
            validation_loss=_validate(model, corpus, config) if _is_due(step, config.validate_every, config) else None,
            learning_rate=share * config.learning_rate,
            tokens_per_second=config.batch_size * config.context / seconds,
            gradient_norm=gradient_norm,
            sample=_sample(model, corpus, step, config) if _is_due(step, config.sample_every, config) else None,
        )


def _take_step(
    model: nn.Module, optimizers: list[torch.optim.Optimizer], batch: Tensor, step: int, config: TrainConfig
) -> tuple[float, float]:
    """Moves the parameters once; the loss and gradient norm of the batch, both before the move."""
    total = 0.0
    with mode(model, training=True), torch.random.fork_rng():  # dropout draws from torch's global state: leave that as it was
        torch.manual_seed(config.seed * 1_000_003 + step)
        for part in batch.chunk(config.gradient_accumulation):  # (B / parts, T + 1)
            with autocast(batch.device, config):
                logits = logits_of(model, part[:, :-1])  # (B, T, V)
            loss = next_token_loss(logits.flatten(0, 1), part[:, 1:].flatten())
            check_loss(model, loss, part[:, :-1], step)
            (loss / config.gradient_accumulation).backward()
            total += loss.item() / config.gradient_accumulation
    parameters = [parameter for parameter in model.parameters() if parameter.grad is not None]
    norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in parameters])
    check_gradients(model, norm, step)
    if config.gradient_clip:
        torch.nn.utils.clip_grads_with_norm_(parameters, config.gradient_clip, norm)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return total, norm.item()


def _checkpoint(config: TrainConfig, resume: bool) -> Checkpoint | None:
    """Where a run goes on, or None. Raises ValueError where its folder holds another run, or one that is not to be resumed."""
    checkpoint = None if config.folder is None else latest_checkpoint(config.folder)
    if checkpoint is None:
        return None
    if not resume:
        raise ValueError(
            f"folder={config.folder!r} holds a run at step {checkpoint.step}; an empty folder is needed, or the will to go on. "
            "Pass resume=True, or choose another folder."
        )
    own, began = asdict(config), checkpoint.facts
    other = [name for name in own if name not in MAY_CHANGE and own[name] != began.get(name)]
    if other:
        was = ", ".join(f"{name}={began.get(name)!r}" for name in other)
        raise ValueError(
            f"The run in folder={config.folder!r} began with {was}, which this config changes; a run goes on as it began. "
            "Give these values, or choose another folder."
        )
    return checkpoint


def check_fit(model: nn.Module, token_ids: np.ndarray, config: TrainConfig) -> None:
    """Raises ValueError when model, training tokens and config contradict each other, naming what does.

    >>> check_fit(gpt, np.arange(100), TrainConfig(context=8))
    """
    longest = _longest_sequence(model)
    if longest is not None and config.context > longest:
        raise ValueError(
            f"context={config.context} in TrainConfig with a model that reads at most {longest} tokens: lower context, or train "
            f"a model with a larger one."
        )
    make_batch(token_ids, batch_size=1, context=config.context, seed=0, step=0)  # raises when there are too few tokens
    vocabulary_size = model.get_output_embeddings().weight.shape[0]
    if int(token_ids.max()) >= vocabulary_size:
        raise ValueError(
            f"token id {int(token_ids.max())} in the corpus with a model of {vocabulary_size} tokens: ids below that are allowed. "
            f"Give the model the vocabulary size of the corpus's tokenizer."
        )


def _longest_sequence(model: nn.Module) -> int | None:
    if isinstance(model, GPT):
        return model.config.context
    return getattr(model.config, "max_position_embeddings", None)  # Bloom, Mamba and others have no limit


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


def _is_due(step: int, every: int, config: TrainConfig) -> bool:
    return every > 0 and (step % every == 0 or step == config.num_steps)


def _validate(model: nn.Module, corpus: "Corpus", config: TrainConfig) -> float:
    device = next(model.parameters()).device
    with autocast(device, config):
        return evaluate_loss(model, corpus.token_ids("validation"), context=config.context, batch_size=config.batch_size)


def _sample(model: nn.Module, corpus: "Corpus", step: int, config: TrainConfig) -> str:
    return draw_sample(
        model,
        corpus.tokenizer,
        prompt=config.sample_prompt,
        num_tokens=config.sample_tokens,
        context=config.context,
        seed=config.seed + step,
    )
