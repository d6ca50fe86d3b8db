"""The training loop: batch, loss, gradients, check, move; one record per step.

In: a model (our `GPT` or a Hugging Face causal model), a corpus, a `TrainConfig`. Out: an iterator of `TrainStep`.
The model is trained in place. The loop prints and draws nothing: whoever iterates it does. What it may write are checkpoints, and
the files of `metrics` and `trackers`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from .batches import Batch, Batches
from .compatibility import check_fit
from .config import TrainConfig
from .corpus_mark import corpus_marks
from .evaluation import evaluate_loss, logits_of, mode
from .finite import TrainingDiverged, check_gradients, check_loss
from .interrupts import Interrupt, held
from .losses import next_token_loss
from .metrics import MetricsFile
from .optimizers import schedule, set_learning_rates
from .processes import Processes, autocast
from .run import Run, checkpoint_to_resume
from .samples import draw_sample
from .sharded_tensors import whole
from .trackers import Tracker, check_tracker, make_tracker

if TYPE_CHECKING:
    from accelerate import Accelerator

    from ..corpora import Corpus


@dataclass(frozen=True)
class TrainStep:
    """What one optimizer step did. Losses are in nats per token.

    >>> step = next(train(gpt, corpus, TrainConfig(num_steps=2)))
    >>> step.step, step.validation_loss
    (1, None)
    """

    step: int  # 1 is the first
    loss: float  # mean over the tokens of this step (weighed, where answers count for more), before the step
    validation_loss: float | None  # over the whole validation split, after the step; None when not measured
    learning_rate: float  # of the hidden matrices at this step
    tokens_per_second: float  # of this step, without validation and sample
    gradient_norm: float  # nats per unit of weight, over all parameters, before clipping
    sample: str | None  # prompt and continuation, after the step; None when not drawn


def train(
    model: nn.Module,
    corpus: "Corpus",
    config: TrainConfig,
    *,
    resume: bool = False,
    accelerator: "Accelerator | None" = None,
) -> Iterator[TrainStep]:
    """Trains `model` on `corpus` in place and yields a `TrainStep` after each of `config.num_steps` steps.

    `corpus` has `token_ids("train" | "validation")` # (N,) and a `tokenizer` (for samples, document starts and answers). The same
    model, corpus and config give the same losses (same machine, same number of threads). Between steps the model is in the mode it
    came in. The last step always validates when `validate_every` is set; with it the model gets the averaged or best weights asked
    for. `resume` goes on from the newest whole checkpoint in `config.folder` (from the start where there is none) and gives, to
    the bit, the steps and weights of a run that was never stopped; other settings, another model or corpus are refused. Ctrl-C
    during a step of a run with a folder lets it come to its end and be kept in a checkpoint, then leaves; a second one leaves at
    once.
    With an `accelerator` of several processes each calls `train` with the same arguments and computes its share of every batch;
    the first writes all files.
    Raises ValueError, at the call, when config, model and corpus contradict each other, or the folder holds another run;
    `TrainingDiverged`, before the optimizers move, when a loss or gradient is not finite and `max_rewinds` is used up.

    >>> for step in train(gpt, corpus, TrainConfig(num_steps=2)):
    ...     print(step.step, round(step.loss, 2))
    1 8.03
    2 7.61
    """
    token_ids = corpus.token_ids("train")  # (N)
    processes = Processes(accelerator)
    check_fit(model, token_ids, config, num_processes=processes.num)
    check_tracker(config)
    batches = Batches(token_ids, corpus.tokenizer, config)
    marks = {} if config.folder is None else corpus_marks(corpus, config)
    checkpoint = checkpoint_to_resume(model, config, marks=marks, resume=resume)
    return _steps(lambda: Run(model, config, processes, checkpoint, marks=marks), corpus, batches, resume=resume)


def _steps(make_run: Callable[[], Run], corpus: "Corpus", batches: Batches, *, resume: bool) -> Iterator[TrainStep]:
    run = make_run()  # moves the model to its device: not before the first step is asked for
    config = run.config
    if run.is_over:
        run.finish()
    with ExitStack() as files:
        metrics, tracker = _open(files, run, resume)
        while not run.is_over:
            with held() if config.folder is not None else nullcontext(Interrupt()) as interrupt:
                try:
                    record = _next_step(run, corpus, batches)
                except TrainingDiverged as error:
                    run.go_back(error)
                    if metrics is not None:
                        metrics.drop_after(run.step)
                    continue
                for file in (metrics, tracker):
                    if file is not None:
                        file.append(record)
                _keep(run, wants_to_leave=run.processes.any(interrupt.came))
            yield record


def _open(files: ExitStack, run: Run, resume: bool) -> tuple[MetricsFile | None, Tracker | None]:
    """What every step is written to, by the main process."""
    if not run.processes.is_main:
        return None, None
    metrics = None
    if run.config.metrics_path is not None:
        metrics = files.enter_context(MetricsFile(run.config.metrics_path))
        if resume and run.config.folder is not None:
            metrics.drop_after(run.step)
    tracker = make_tracker(run.config, run.step + 1)
    if tracker is not None:
        files.enter_context(closing(tracker))
    return metrics, tracker


def _next_step(run: Run, corpus: "Corpus", batches: Batches) -> TrainStep:
    """Takes the next step of a run, with what is due after it."""
    config, step = run.config, run.step + 1
    start = time.perf_counter()
    share = schedule(step, config)
    set_learning_rates(run.optimizers, share)
    batch = batches.at(step, seed=run.seed)
    loss, gradient_norm = _take_step(run, batch, step)
    run.moved(step)
    seconds = time.perf_counter() - start
    validation_loss = None
    if _is_due(run, config.validate_every):
        validation_loss = _validate(run, corpus)
        run.validated(validation_loss)
    return TrainStep(
        step=step,
        loss=loss,
        validation_loss=validation_loss,
        learning_rate=share * config.learning_rate,
        tokens_per_second=config.batch_size * config.context / seconds,
        gradient_norm=gradient_norm,
        sample=_sample(run, corpus) if _is_due(run, config.sample_every) else None,
    )


def _take_step(run: Run, batch: Batch, step: int) -> tuple[float, float]:
    """Moves the parameters once; the loss and gradient norm of the batch, both before the move."""
    model, config, processes = run.model, run.config, run.processes
    model.zero_grad(set_to_none=True)  # of a step that was refused
    device = next(model.parameters()).device
    parts = processes.share_of(batch.ids).to(device).chunk(config.gradient_accumulation)  # (B / processes / parts, T + 1) each
    weights = [None] * len(parts)
    if batch.weights is not None:
        weights = processes.share_of(batch.weights).to(device).chunk(len(parts))  # (B / processes / parts, T) each
    losses = []
    with mode(model, training=True), torch.random.fork_rng():  # dropout draws from torch's global state: leave that as it was
        torch.manual_seed(config.seed * 1_000_003 + step + 999_983 * processes.rank)
        for number, (part, part_weights) in enumerate(zip(parts, weights, strict=True), 1):
            with processes.summing(run.call, is_last_part=number == len(parts)):
                with autocast(device, config):
                    logits = logits_of(model, part[:, :-1], call=run.call)  # (B, T, V)
                loss = next_token_loss(logits.flatten(0, 1), part[:, 1:].flatten(), part_weights)
                (loss / len(parts)).backward()
            losses.append(loss.detach())
        total = processes.mean(torch.stack(losses).mean())
        if not torch.isfinite(total):
            bad = next((part for part, loss in zip(parts, losses, strict=True) if not torch.isfinite(loss)), parts[0])
            check_loss(model, total, bad[:, :-1], step)
    parameters = [parameter for parameter in model.parameters() if parameter.grad is not None]
    norm = whole(torch.nn.utils.get_total_norm([parameter.grad for parameter in parameters]))
    check_gradients(model, norm, step)
    if config.gradient_clip:
        torch.nn.utils.clip_grads_with_norm_(parameters, config.gradient_clip, norm)
    for optimizer in run.optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return total.item(), norm.item()


def _keep(run: Run, *, wants_to_leave: bool) -> None:
    """Writes the checkpoint that is due after a step, after the last gives the model its final weights, and leaves if asked."""
    if _is_due(run, run.config.checkpoint_every) or wants_to_leave:
        run.save()
    if run.is_over:
        run.finish()
    if wants_to_leave:
        raise KeyboardInterrupt


def _is_due(run: Run, every: int) -> bool:
    """After this step: at every so many, and at the last."""
    return every > 0 and (run.step % every == 0 or run.is_over)


def _validate(run: Run, corpus: "Corpus") -> float:
    config, ids = run.config, corpus.token_ids("validation")  # (N)
    with run.judged() as model, autocast(next(model.parameters()).device, config):
        return evaluate_loss(model, ids, context=config.context, batch_size=config.batch_size, processes=run.processes)


def _sample(run: Run, corpus: "Corpus") -> str:
    config = run.config
    with run.judged() as model:
        return draw_sample(
            model,
            corpus.tokenizer,
            prompt=config.sample_prompt,
            num_tokens=config.sample_tokens,
            context=config.context,
            seed=config.seed + run.step,
        )
