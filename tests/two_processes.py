"""What two processes do together, for tests/test_processes.py; started by `accelerate launch`, writes what each process saw.

accelerate launch --multi_gpu --num_processes 2 tests/two_processes.py FOLDER
"""

import json
import math
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from aigc_toolkit import GPT, GPTConfig, TrainConfig, TrainStep, train
from aigc_toolkit.gpt import to_hugging_face
from aigc_toolkit.training import TrainingDiverged, loop
from aigc_toolkit.training.sharded_tensors import whole_weights

CONFIG = TrainConfig(
    num_steps=6,
    batch_size=4,
    context=8,
    gradient_accumulation=2,
    average_decay=0.5,
    validate_every=3,
    device="cpu",
)


class Letters:
    """Random tokens; the validation split is another stretch of them."""

    tokenizer = None

    def token_ids(self, split: str) -> np.ndarray:
        return np.random.default_rng(["train", "validation"].index(split)).integers(11, size=90).astype(np.int32)


def new_gpt(**changes) -> GPT:
    sizes = dict(vocabulary_size=11, num_layers=2, num_heads=2, width=16, context=8)
    return GPT(GPTConfig.modern(**sizes | changes))


def in_folder(folder: Path, **changes) -> TrainConfig:
    return replace(CONFIG, folder=str(folder), checkpoint_every=3, metrics_path=str(folder / "metrics.jsonl"), **changes)


def forget_the_end(run: Path) -> None:
    """Leaves a run as if it had been killed after step 3."""
    shutil.rmtree(run / "step-00000006")


def numbers(steps: list[TrainStep]) -> list[list]:
    return [[step.step, step.loss, step.validation_loss, step.gradient_norm] for step in steps]


def main(folder: Path) -> None:
    from accelerate import Accelerator

    torch.set_num_threads(1)
    accelerator = Accelerator(cpu=True)
    rank = accelerator.process_index
    found: dict = {"num_processes": accelerator.num_processes}

    def run(name: str, **changes) -> None:
        gpt = new_gpt()
        steps = list(train(gpt, Letters(), in_folder(folder / name, **changes), resume=True, accelerator=accelerator))
        found[name] = numbers(steps)
        torch.save(whole_weights(gpt), folder / f"{name}-{rank}.pt")

    run("two")
    run("sharded", sharded=True)
    run("one_then_two")
    run("one_then_sharded", sharded=True)

    for name, sharded in (("hugging_face_two", False), ("hugging_face_sharded", True)):
        model = to_hugging_face(new_gpt(tie_embeddings=True))
        found[name] = numbers(list(train(model, Letters(), replace(CONFIG, sharded=sharded), accelerator=accelerator)))

    gpt, steps = new_gpt(), []
    if rank == 1:
        gpt.blocks[0].register_forward_pre_hook(lambda *_args: signal.raise_signal(signal.SIGINT) if len(steps) == 1 else None)
    try:
        for step in train(gpt, Letters(), in_folder(folder / "left", gradient_accumulation=1), accelerator=accelerator):
            steps.append(step)
    except KeyboardInterrupt:
        found["left"] = numbers(steps)

    if rank == 1:
        compute = loop.next_token_loss
        loop.next_token_loss = lambda *args: compute(*args) * math.nan
    try:
        next(train(new_gpt(), Letters(), CONFIG, accelerator=accelerator))
    except TrainingDiverged as error:
        found["diverged"] = str(error)
    try:
        train(new_gpt(), Letters(), replace(CONFIG, batch_size=6), accelerator=accelerator)
    except ValueError as error:
        found["refused"] = str(error)
    (folder / f"found-{rank}.json").write_text(json.dumps(found))
    accelerator.wait_for_everyone()
    accelerator.end_training()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
