"""What watching a training costs: the same short run with a shown training view and without, alternating.

In: nothing (`--pairs`, `--steps`). Out: a table: median processor seconds of either, their ratio over the pairs, and,
free of the noise between runs, the share of a shown run's time that was spent outside `train`. Updates go through a real widget and
a comm that serialises every message as a kernel does and drops it. `--metrics` also writes the file.
"""

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import comm
import numpy as np
import torch
from machine import machine

from aigc_toolkit import GPT, GPTConfig, TrainConfig, train, training_view
from aigc_toolkit.training.metrics import recorded


class SerialisingComm(comm.base_comm.BaseComm):
    """Turns what is sent into bytes, as a kernel's session does, and lets it go."""

    num_bytes = 0

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        SerialisingComm.num_bytes += len(json.dumps([data, metadata, keys], default=str).encode())


class RandomCorpus:
    tokenizer = None

    def token_ids(self, split: str) -> np.ndarray:
        return np.random.default_rng(0).integers(512, size=100_000).astype(np.int32)


@dataclass(frozen=True)
class Run:
    seconds: float  # of the processor
    seconds_outside: float  # of these, outside `train`


def run(steps: int, *, shown: bool, metrics: bool) -> Run:
    """`steps` steps of a small GPT on random tokens."""
    torch.manual_seed(0)
    gpt = GPT(GPTConfig.modern(vocabulary_size=512, num_layers=4, num_heads=4, width=128, context=128))
    training = train(gpt, RandomCorpus(), TrainConfig(num_steps=steps + 1, batch_size=4, context=64))
    next(training)  # warm: compiled kernels, allocated memory
    inside = 0.0

    def timed():
        nonlocal inside
        while True:
            start = time.process_time()
            step = next(training, None)
            inside += time.process_time() - start
            if step is None:
                return
            yield step

    with tempfile.TemporaryDirectory() as folder:
        view = training_view(recorded(timed(), Path(folder) / "metrics.jsonl") if metrics else timed())
        if shown:
            view.widget()
        start = time.process_time()
        for _ in view if shown else timed():
            pass
        seconds = time.process_time() - start
    return Run(seconds, seconds - inside)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--metrics", action="store_true", help="the shown run also writes its metrics to a file")
    arguments = parser.parse_args()
    comm.create_comm = SerialisingComm
    with_view, without = [], []
    for pair in range(arguments.pairs):
        for shown in (True, False) if pair % 2 else (False, True):
            (with_view if shown else without).append(run(arguments.steps, shown=shown, metrics=arguments.metrics))
    ratios = sorted(a.seconds / b.seconds for a, b in zip(with_view, without, strict=True))
    shares = sorted(run.seconds_outside / run.seconds for run in with_view)
    print(machine())
    print("| | median (least to most) |\n|---|---|")
    print(f"| {arguments.steps} steps, no view | {spread([run.seconds for run in without], 's')} |")
    print(f"| {arguments.steps} steps, view shown | {spread([run.seconds for run in with_view], 's')} |")
    print(f"| ratio of {len(ratios)} pairs | {spread(ratios)} |")
    print(f"| share of a shown run spent outside train | {spread([100 * share for share in shares], '%')} |")
    print(f"{SerialisingComm.num_bytes / len(with_view) / 1e3:.0f} kB sent per run")


def spread(values: list[float], unit: str = "") -> str:
    return f"{statistics.median(values):.3f} {unit}".rstrip() + f" ({min(values):.3f} to {max(values):.3f})"


if __name__ == "__main__":
    main()
