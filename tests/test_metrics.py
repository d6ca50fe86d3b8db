"""The metrics of a run on disk: every step one line, flushed, continued, and never half a line."""

import json
from dataclasses import replace

import numpy as np
import pytest

from aigc_toolkit.gpt import GPT, GPTConfig
from aigc_toolkit.training import MetricsFile, TrainConfig, TrainStep, train

STEP = TrainStep(1, 2.5, None, 0.01, 1000.0, 0.7, "Es war einmal 一")


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_step_is_one_flushed_line_with_its_time(tmp_path):
    path = tmp_path / "run" / "metrics.jsonl"
    metrics = MetricsFile(path)
    metrics.append(STEP)
    (entry,) = lines(path)  # before the file is closed
    metrics.close()
    assert entry.pop("time") > 1.7e9
    assert TrainStep(**entry) == STEP


def test_a_run_that_goes_on_cuts_off_half_a_line(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with MetricsFile(path) as metrics:
        metrics.append(STEP)
    with path.open("a") as file:
        file.write('{"step": 2, "lo')
    with MetricsFile(path) as metrics:
        metrics.append(STEP)
    assert [entry["step"] for entry in lines(path)] == [1, 1]


def test_later_steps_at_the_end_are_dropped_and_nothing_else(tmp_path):
    with MetricsFile(tmp_path / "metrics.jsonl") as metrics:
        for step in (1, 2, 3, 1, 2, 3):  # two runs in one file
            metrics.append(replace(STEP, step=step))
        metrics.drop_after(1)
        metrics.append(replace(STEP, step=2, loss=1.5))
    assert [(entry["step"], entry["loss"]) for entry in lines(tmp_path / "metrics.jsonl")] == [
        *((step, 2.5) for step in (1, 2, 3, 1)),
        (2, 1.5),
    ]


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"is a folder; metrics are written to one file\. Give for example"):
        MetricsFile(tmp_path)


class Letters:
    tokenizer = None

    def token_ids(self, split: str) -> np.ndarray:
        return np.arange(200, dtype=np.int32) % 11


def test_training_writes_what_it_yields(tmp_path):
    gpt = GPT(GPTConfig.modern(vocabulary_size=11, num_layers=1, num_heads=2, width=16, context=16))
    config = TrainConfig(num_steps=3, batch_size=2, context=8, metrics_path=str(tmp_path / "metrics.jsonl"), device="cpu")
    steps = list(train(gpt, Letters(), config))
    found = lines(tmp_path / "metrics.jsonl")
    list(train(gpt, Letters(), config))
    assert [entry["step"] for entry in lines(tmp_path / "metrics.jsonl")] == [1, 2, 3, 1, 2, 3]  # another run, after the first
    assert [TrainStep(**{name: value for name, value in entry.items() if name != "time"}) for entry in found] == steps
