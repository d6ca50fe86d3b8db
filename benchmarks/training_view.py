"""What watching a training costs: the same short run with a shown training view and without, alternating.

In: nothing (`--pairs`, `--steps`). Out: a table: median processor seconds of either, their ratio, and its spread over the pairs.
Updates go through a real widget and a comm that serialises every message as a kernel does and drops it. `--metrics` also writes
the file.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import comm
import numpy as np
import torch
from machine import machine

from aigc_toolkit import GPT, GPTConfig, TrainConfig, train, training_view


class SerialisingComm(comm.base_comm.BaseComm):
    """Turns what is sent into bytes, as a kernel's session does, and lets it go."""

    num_bytes = 0

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        SerialisingComm.num_bytes += len(json.dumps([data, metadata, keys], default=str).encode())


class RandomCorpus:
    tokenizer = None

    def token_ids(self, split: str) -> np.ndarray:
        return np.random.default_rng(0).integers(512, size=100_000).astype(np.int32)


def seconds_of_a_run(steps: int, *, shown: bool, metrics: bool) -> float:
    """Processor seconds of `steps` steps of a small GPT on random tokens."""
    torch.manual_seed(0)
    gpt = GPT(GPTConfig.modern(vocabulary_size=512, num_layers=4, num_heads=4, width=128, context=128))
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "metrics.jsonl") if metrics and shown else None
        training = train(gpt, RandomCorpus(), TrainConfig(num_steps=steps, batch_size=4, context=64, metrics_path=path))
        next(training)  # warm: compiled kernels, allocated memory
        view = training_view(training)
        if shown:
            view._repr_mimebundle_()
        start = time.process_time()
        for _ in view if shown else training:
            pass
        return time.process_time() - start


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
            seconds = seconds_of_a_run(arguments.steps, shown=shown, metrics=arguments.metrics)
            (with_view if shown else without).append(seconds)
    ratios = sorted(a / b for a, b in zip(with_view, without, strict=True))
    print(machine())
    print("| | processor seconds (median) |\n|---|---|")
    print(f"| {arguments.steps} steps, no view | {statistics.median(without):.2f} |")
    print(f"| {arguments.steps} steps, view shown | {statistics.median(with_view):.2f} |")
    spread = f"{statistics.median(ratios):.4f} ({ratios[0]:.4f} to {ratios[-1]:.4f})"
    print(f"| ratio: median of {len(ratios)} pairs (least to most) | {spread} |")
    print(f"{SerialisingComm.num_bytes / len(with_view) / 1e3:.0f} kB sent per run")


if __name__ == "__main__":
    main()
