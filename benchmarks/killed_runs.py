"""Kill training with SIGKILL at random moments, let it go on, and compare its weights with those of a run that was never killed.

    python benchmarks/killed_runs.py --runs 100

Every run is killed once at a moment drawn evenly from the time an undisturbed run takes, then resumed to its end. A checkpoint is
written at every second step, so that many kills fall into the writing of one. Equal means equal to the last bit.
"""

import argparse
import multiprocessing
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path

import torch
from machine import machine
from safetensors.torch import load_file, save_model

from aigc_toolkit import GPT, GPTConfig, TrainConfig, story_corpus, train

NUM_STEPS = 100
CORPUS = dict(num_documents=60, seed=0)
SIZES = dict(num_layers=2, num_heads=2, width=64, context=64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["killed_runs"])
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        finish(processes, folder / "whole")  # once to warm up: the first child waits for imports
        shutil.rmtree(folder / "whole")
        start = time.perf_counter()
        finish(processes, folder / "whole")
        seconds = time.perf_counter() - start
        expected = load_file(folder / "whole" / "final.safetensors")
        equal, half_written, resumed_at = 0, 0, []
        for number in range(arguments.runs):
            run = folder / str(number)
            kill_after(processes, run, moments.uniform(0, seconds))
            half_written += any(run.glob(".draft-*"))
            resumed_at.append(max((int(path.name.removeprefix("step-")) for path in run.glob("step-*")), default=0))
            finish(processes, run)
            final = load_file(run / "final.safetensors")
            equal += all(torch.equal(expected[name], final[name]) for name in expected)
            shutil.rmtree(run)
    print(f"{equal} of {arguments.runs} killed runs end with the weights of a run that was never killed, to the bit.")
    print(f"They went on from step {min(resumed_at)} to {max(resumed_at)} of {NUM_STEPS}; {half_written} while writing.")
    print(machine())


def train_in(run: Path) -> None:
    """Train in this process, going on where the folder says."""
    torch.set_num_threads(1)
    corpus = story_corpus(**CORPUS)
    gpt = GPT(GPTConfig.modern(vocabulary_size=len(corpus.tokenizer), **SIZES))
    config = TrainConfig(num_steps=NUM_STEPS, batch_size=4, context=64, folder=str(run), checkpoint_every=2)
    for _ in train(gpt, corpus, config, resume=True):
        pass
    save_model(gpt, str(run / "final.safetensors"))


def finish(processes, run: Path) -> None:
    process = processes.Process(target=train_in, args=(run,))
    process.start()
    process.join()
    assert process.exitcode == 0, f"the run in {run} ended with {process.exitcode}"


def kill_after(processes, run: Path, seconds: float) -> None:
    process = processes.Process(target=train_in, args=(run,))
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)


if __name__ == "__main__":
    main()
