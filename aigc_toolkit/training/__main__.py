"""Train as a file says, in one process or in many.

    python -m aigc_toolkit.training --config run.toml
    accelerate launch --num_processes 2 -m aigc_toolkit.training --config run.toml

In: a TOML file (its form is shown in `run_file`). Out: lines of progress, checkpoints, and the finished model where `save` says.
The same command goes on with a run that was stopped. Does not know how a step is taken.
"""

import argparse
import os
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from torch import nn

from ..corpora import Corpus
from .config import TrainConfig
from .interrupts import held
from .loop import TrainStep, train
from .optional import require
from .run_file import RunFile, read_run_file
from .sharded_tensors import load_whole_weights, whole_weights

if TYPE_CHECKING:
    from accelerate import Accelerator

NUM_LINES = 20  # of progress in a run, beside those with a validation loss


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m aigc_toolkit.training", description=__doc__.splitlines()[0])
    parser.add_argument("--config", required=True, help="a TOML file")
    path = parser.parse_args(arguments).config
    try:
        run_file = read_run_file(path)
        accelerator = _accelerator(run_file.training)
        base = run_file.base
        with accelerator.main_process_first() if accelerator else nullcontext():  # the others find its files
            corpus = run_file.make_corpus(base)
        model = run_file.make_model(base, corpus)
        steps = train(model, corpus, run_file.training, resume=True, accelerator=accelerator)
    except (ValueError, FileNotFoundError) as error:
        parser.error(str(error))
    is_main = accelerator is None or accelerator.is_main_process
    try:
        with held() if run_file.training.folder is not None else nullcontext():
            for step in steps:
                if is_main and _is_told(step, run_file.training):
                    print(_line(step), flush=True)
    except KeyboardInterrupt:
        if run_file.training.folder is not None and is_main:
            print("Stopped; the same command goes on from here.", flush=True)
        sys.exit(130)  # as a shell says it of a program that Ctrl-C ended
    if run_file.save is not None:
        _save(run_file, model, corpus, is_main=is_main)
    if accelerator is not None:
        accelerator.wait_for_everyone()
        accelerator.end_training()


def _accelerator(config: TrainConfig) -> "Accelerator | None":
    """Accelerate's view of the processes it started; None where this is the only one."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return None
    require("accelerate", "Training in several processes")
    from accelerate import Accelerator

    return Accelerator(cpu=config.device == "cpu")


def _save(run_file: RunFile, model: nn.Module, corpus: Corpus, *, is_main: bool) -> None:
    """Writes the finished model once; weights cut into shares are brought together in a new model."""
    weights = whole_weights(model)
    if not is_main:
        return
    whole_model = run_file.make_model(run_file.base, corpus)
    load_whole_weights(whole_model, weights)
    print(f"Saved {run_file.finished(whole_model, corpus).save(run_file.save)}", flush=True)


def _is_told(step: TrainStep, config: TrainConfig) -> bool:
    return step.validation_loss is not None or step.step % max(1, config.num_steps // NUM_LINES) == 0


def _line(step: TrainStep) -> str:
    validation = "" if step.validation_loss is None else f"  validation loss {step.validation_loss:.4f}"
    return f"step {step.step:>6}  loss {step.loss:.4f}{validation}  {step.tokens_per_second:,.0f} tokens/s"


if __name__ == "__main__":
    main()
