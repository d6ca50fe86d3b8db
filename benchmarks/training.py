"""Training a small GPT on a text, against the recipes people use: nanoGPT's for a CPU in plain torch, and Hugging Face Trainer.

    python benchmarks/training.py --text tinyshakespeare.txt

All train in one run, in turns, on the first 90 % of the characters; losses are over the whole of the rest (windows of the training
context side by side, each character but the first predicted once), beside nanoGPT's estimator with a fixed seed. Seconds are
of training alone: the clock stands still while a loss is measured. The peers compute in float32, as nanoGPT does on a CPU; ours
has its matrix products in bfloat16 where that is quicker. `--minutes 30` trains one larger model for that long instead.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from machine import machine
from training_measures import GOAL, Point, Run, Task, Watch, read_splits
from training_peers import hugging_face_trainer, plain_gpt
from training_recipes import in_larger_batches, long_run, our_gpt, our_gpt_to_the_goal, quicker_precision, to_the_goal
from training_table import line, table

BASELINE = "nanoGPT's recipe, plain torch"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, required=True, help="a UTF-8 text file")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trainer-seeds", type=int, default=3, help="fewer for Hugging Face Trainer, to save time")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the steps, one seed: whether it runs")
    parser.add_argument("--minutes", type=float, help="train one larger model for so long, and no peers")
    parser.add_argument("--save", type=Path, help="a file for all numbers, JSON")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    train, validation, vocabulary_size = read_splits(arguments.text)
    task = Task(train, validation, vocabulary_size, num_steps=100 if arguments.quick else 2000)
    print(f"{machine()}; {arguments.threads} threads. {len(train):,} characters to train on, {len(validation):,} held out.")
    print("Ours in bfloat16 products." if quicker_precision() == "bfloat16" else "Ours in float32: bfloat16 is slower here.")
    if arguments.minutes:
        points = long_run(task, minutes=arguments.minutes, tell=teller("long run"))
        results = {"points": [asdict(point) for point in points]}
    else:
        seeds = 1 if arguments.quick else arguments.seeds
        runs = all_runs(task, seeds=seeds, trainer_seeds=min(seeds, arguments.trainer_seeds))
        print(table(runs, baseline=BASELINE))
        results = {"runs": [asdict(run) for run in runs]}
    if arguments.save:
        arguments.save.write_text(json.dumps({"machine": machine(), "threads": arguments.threads, **results}, indent=1))


@dataclass(frozen=True)
class Way:
    """One way to train, on which task, measured after which shares of its steps, with how many seeds."""

    name: str
    train: Callable[[Task, int, Watch], None]
    task: Task
    shares: tuple[float, ...]
    seeds: int


def all_runs(task: Task, *, seeds: int, trainer_seeds: int) -> list[Run]:
    """Every way with every seed, the ways taking turns; every point is printed as it is measured."""
    ways = (
        Way(BASELINE, plain_gpt, task, (0.25, 0.5, 0.75, 0.9, 1), seeds),
        Way("Hugging Face Trainer, GPT2LMHeadModel", hugging_face_trainer, task, (0.5, 1), trainer_seeds),
        Way("ours, as many characters", our_gpt, in_larger_batches(task), (0.1, 0.25, 0.5, 0.75, 1), seeds),
        Way(f"ours, to {GOAL}", our_gpt_to_the_goal, to_the_goal(task), (0.9, 1), seeds),
    )
    runs = []
    for seed in range(1, seeds + 1):
        for way in (way for way in ways if seed <= way.seeds):
            measured = [round(share * way.task.num_steps) for share in way.shares]
            watch = Watch(way.task, measured, tell=teller(f"seed {seed}, {way.name}"))
            way.train(way.task, seed, watch)
            runs.append(Run(way.name, seed, watch.num_parameters, watch.tokens_per_second, watch.points))
    return runs


def teller(name: str) -> Callable[[Point], None]:
    """Prints the points of a run under its name."""
    return lambda point: print(f"{name}: {line(point)}", flush=True)


if __name__ == "__main__":
    main()
