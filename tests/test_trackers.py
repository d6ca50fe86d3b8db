"""Compiled models, and trackers that get every number."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from small_runs import CONFIG, Letters, copies, losses, new_gpt

from aigc_toolkit import train
from aigc_toolkit.training import find_learning_rate


def test_a_compiled_model_learns_the_same(monkeypatch):
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    gpt, expected = new_gpt(), new_gpt()
    compiled = losses(train(gpt, Letters(), replace(CONFIG, compile=True, validate_every=3)))
    plain = losses(train(expected, Letters(), replace(CONFIG, validate_every=3)))
    assert [step[1] for step in compiled] == pytest.approx([step[1] for step in plain], abs=1e-5)
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(copies(gpt), copies(expected), strict=True))


def test_tensorboard_gets_every_number(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    steps = list(train(new_gpt(), Letters(), replace(CONFIG, tracker="tensorboard", folder=str(tmp_path), validate_every=3)))
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [event.value for event in events.Scalars("loss")] == pytest.approx([step.loss for step in steps])
    assert [event.step for event in events.Scalars("validation_loss")] == [3, 6]


def test_trackio_gets_every_number(tmp_path, monkeypatch):
    trackio = pytest.importorskip("trackio")
    found = []

    class FakeRun:
        log = staticmethod(lambda numbers, step: found.append((step, numbers["loss"])))
        finish = staticmethod(lambda: found.append("finished"))

    monkeypatch.setattr(trackio, "init", lambda **arguments: FakeRun())
    steps = list(train(new_gpt(), Letters(), replace(CONFIG, tracker="trackio", folder=str(tmp_path / "mine"))))
    assert found == [*((step.step, step.loss) for step in steps), "finished"]


def test_a_range_test_writes_nothing(tmp_path):
    kept = dict(folder=str(tmp_path), checkpoint_every=2, keep_best=True, validate_every=2, patience=1, max_rewinds=1)
    config = replace(CONFIG, **kept, tracker="tensorboard", metrics_path=str(tmp_path / "m.jsonl"))
    find_learning_rate(new_gpt(), Letters(), config, num_steps=10)
    assert list(tmp_path.iterdir()) == []
