"""Kill training with SIGKILL at random moments, let it go on, and compare its weights with those of a run that was never killed.

    python benchmarks/killed_runs.py --runs 100 --jobs 2

Every run is killed once at a moment drawn evenly from the time an undisturbed run takes, then resumed to its end; one that had
ended by then begins again with another moment. A checkpoint is written after every step, so that many kills fall into the
writing of one. Dropout, accumulated gradients and averaged weights are on. Equal means equal to the last bit.
"""

import argparse
import multiprocessing
import random
import shutil
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from machine import machine
from safetensors.torch import load_file, save_model

from aigc_toolkit import GPT, GPTConfig, TrainConfig, story_corpus, text_corpus, train

NUM_STEPS = 40
NUM_DOCUMENTS = 60
SIZES = dict(num_layers=2, num_heads=2, width=32, context=32, dropout=0.1)
SETTINGS = dict(num_steps=NUM_STEPS, batch_size=4, context=32, gradient_accumulation=2, average_decay=0.9, checkpoint_every=1)


@dataclass(frozen=True)
class Killed:
    """One killed run: whether it ended with the expected weights, the step it went on from, whether it was writing."""

    is_equal: bool
    step: int
    was_writing: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=1, help="runs at once")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    arguments = parser.parse_args()
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["killed_runs"])
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(arguments.jobs) as pool:
        folder = Path(folder)
        finish(processes, folder / "whole")  # also warms up: the first child waits for imports
        expected = load_file(folder / "whole" / "final.safetensors")
        start = time.perf_counter()
        list(pool.map(lambda number: finish(processes, folder / f"timed {number}"), range(arguments.jobs)))
        seconds = time.perf_counter() - start

        def one(number: int) -> Killed:
            moments = random.Random(arguments.seed * 1_000_003 + number)
            return killed_and_resumed(processes, folder / str(number), moments, seconds, expected)

        runs = list(pool.map(one, range(arguments.runs)))
    steps, equal = [run.step for run in runs], sum(run.is_equal for run in runs)
    print(f"{equal} of {len(runs)} killed runs end with the weights of a run that was never killed, to the bit.")
    print(f"They went on from step {min(steps)} to {max(steps)} of {NUM_STEPS}; {sum(r.was_writing for r in runs)} while writing.")
    print(machine())


def killed_and_resumed(processes, run: Path, moments: random.Random, seconds: float, expected: dict) -> Killed:
    """Kill a run at a moment before its end, let it go on, and compare."""
    while not was_killed(processes, run, moments.uniform(0, seconds)):
        shutil.rmtree(run)
    was_writing = any(run.glob(".draft-*"))
    step = max((int(path.name.removeprefix("step-")) for path in run.glob("step-*")), default=0)
    finish(processes, run)
    final = load_file(run / "final.safetensors")
    shutil.rmtree(run)
    return Killed(all(torch.equal(expected[name], final[name]) for name in expected), step, was_writing)


def train_in(run: Path) -> None:
    """Train in this process, going on where the folder says."""
    torch.set_num_threads(1)
    corpus = text_corpus(story_corpus(NUM_DOCUMENTS, seed=0).train, tokenizer="characters")
    gpt = GPT(GPTConfig.modern(vocabulary_size=len(corpus.tokenizer), **SIZES))
    for _ in train(gpt, corpus, TrainConfig(**SETTINGS, folder=str(run)), resume=True):
        pass
    save_model(gpt, str(run / "final.safetensors"))


def finish(processes, run: Path) -> None:
    process = processes.Process(target=train_in, args=(run,))
    process.start()
    process.join()
    assert process.exitcode == 0, f"the run in {run} ended with {process.exitcode}"


def was_killed(processes, run: Path, seconds: float) -> bool:
    """Start a run and kill it after `seconds`; False where it had ended by then."""
    process = processes.Process(target=train_in, args=(run,))
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


if __name__ == "__main__":
    main()
