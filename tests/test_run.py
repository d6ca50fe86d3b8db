"""Long runs: averages, early ends, the best weights, going back, folders and files."""

import errno
import json
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from small_runs import CONFIG, Letters, copies, losses, new_gpt, same

from aigc_toolkit import TrainConfig, evaluate_loss, train
from aigc_toolkit.training import TrainingDiverged, checkpoints, loop
from aigc_toolkit.training.average import WeightAverage
from aigc_toolkit.training.checkpoints import checkpoint_at, latest_checkpoint


def break_losses(monkeypatch, *calls: int) -> None:
    """The losses that are computed as number `calls` (1 is the first) are not finite."""
    compute, count = loop.next_token_loss, iter(range(1, 1000))
    monkeypatch.setattr(loop, "next_token_loss", lambda *args: compute(*args) * (math.nan if next(count) in calls else 1.0))


# Averages


def test_the_average_is_the_formula():
    layer = torch.nn.Linear(1, 1, bias=False)
    average = WeightAverage(layer, decay=0.9)
    values = [1.0, 5.0, -2.0]
    for value in values:
        torch.nn.init.constant_(layer.weight, value)
        average.step()
    weights = [0.9 ** (len(values) - i) for i in range(1, len(values) + 1)]
    expected = sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)
    with average.in_place():
        assert layer.weight.item() == pytest.approx(expected)
    assert layer.weight.item() == -2.0
    average.put_in_place()
    assert layer.weight.item() == pytest.approx(expected)


def test_the_averages_are_validated_and_left_in_the_model():
    plain, averaged = new_gpt(), new_gpt()
    raw = losses(train(plain, Letters(), CONFIG))
    steps = list(train(averaged, Letters(), replace(CONFIG, average_decay=0.9, validate_every=6)))
    assert [step.loss for step in steps] == [entry[1] for entry in raw]  # training itself is the same
    assert not same(copies(plain), copies(averaged))
    found = evaluate_loss(averaged, Letters().token_ids("validation"), context=8)
    assert steps[-1].validation_loss == pytest.approx(found, abs=1e-6)


def test_an_average_needs_float32():
    with pytest.raises(ValueError, match="average_decay=0.9 with weights in bfloat16: an average needs float32.*dtype='float32'"):
        next(train(new_gpt().bfloat16(), Letters(), replace(CONFIG, average_decay=0.9)))


# Early ends and the best weights


def worsening(folder: Path, **changes) -> TrainConfig:
    """A run that learns by heart, so that validation gets worse."""
    settings = dict(num_steps=60, learning_rate=0.05, adam_learning_rate=0.05, validate_every=2, patience=3, keep_best=True)
    return replace(CONFIG, **settings | {"folder": str(folder), "checkpoint_every": 4, "keep_last": 1} | changes)


@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_a_run_ends_early_with_its_best_weights(tmp_path, decay):
    gpt = new_gpt()
    steps = list(train(gpt, Letters(), worsening(tmp_path, average_decay=decay)))
    validated = {step.step: step.validation_loss for step in steps if step.validation_loss is not None}
    best = min(validated, key=validated.get)
    assert steps[-1].step == best + 6 < 60  # three validations later
    assert evaluate_loss(gpt, Letters().token_ids("validation"), context=8) == pytest.approx(validated[best], abs=1e-6)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"step-{best:08d}", f"step-{best + 6:08d}"]
    again = new_gpt()
    assert list(train(again, Letters(), worsening(tmp_path, average_decay=decay), resume=True)) == []
    assert same(copies(gpt), copies(again))


def test_an_early_end_and_the_best_survive_a_stop(tmp_path):
    gpt, again = new_gpt(), new_gpt()
    whole = losses(train(gpt, Letters(), worsening(tmp_path / "whole", average_decay=0.5)))
    stopped = train(new_gpt(), Letters(), worsening(tmp_path / "stopped", average_decay=0.5))
    for _ in range(len(whole) - 1):
        next(stopped)
    stopped.close()
    rest = losses(train(again, Letters(), worsening(tmp_path / "stopped", average_decay=0.5), resume=True))
    assert 0 < len(rest) < len(whole)
    assert rest == whole[-len(rest) :]
    assert same(copies(gpt), copies(again))


def test_a_best_checkpoint_that_is_gone_leaves_the_last_weights(tmp_path):
    steps = train(new_gpt(), Letters(), worsening(tmp_path))
    last = max(step.step for step in steps)
    best = checkpoint_at(tmp_path, last - 6)
    (best.folder / "model.safetensors").unlink()
    gpt = new_gpt()
    with pytest.warns(UserWarning, match="is not whole and is skipped: model.safetensors"):
        assert list(train(gpt, Letters(), worsening(tmp_path), resume=True)) == []
    stored = load_file(latest_checkpoint(tmp_path).folder / "model.safetensors")
    assert torch.equal(stored["norm.weight"], gpt.norm.weight)
    assert checkpoint_at(tmp_path, 1) is None


# Going back


def test_a_run_goes_back_and_on_with_other_batches(tmp_path, monkeypatch):
    config = replace(CONFIG, folder=str(tmp_path), checkpoint_every=3, max_rewinds=1, metrics_path=str(tmp_path / "m.jsonl"))
    plain = losses(train(new_gpt(), Letters(), CONFIG))
    break_losses(monkeypatch, 5)
    with pytest.warns(UserWarning, match="the loss is nan at step 5.*goes on from its checkpoint of step 3, with other batches"):
        steps = losses(train(new_gpt(), Letters(), config))
    assert steps[:4] == plain[:4]
    assert [step[0] for step in steps] == [1, 2, 3, 4, 4, 5, 6]
    assert steps[4][1] != plain[3][1]
    assert [json.loads(line)["step"] for line in (tmp_path / "m.jsonl").read_text().splitlines()] == [1, 2, 3, 4, 5, 6]
    assert latest_checkpoint(tmp_path).facts["progress"]["num_rewinds"] == 1


def test_a_run_goes_back_to_its_beginning_but_not_for_ever(tmp_path, monkeypatch):
    config = replace(CONFIG, folder=str(tmp_path), checkpoint_every=3, max_rewinds=2)
    break_losses(monkeypatch, 2, 4, 6)
    with (
        pytest.warns(UserWarning, match="goes on from its checkpoint of step 0"),
        pytest.raises(TrainingDiverged, match="the loss is nan at step 2"),
    ):
        list(train(new_gpt(), Letters(), config))


def test_what_a_refused_step_leaves_is_not_learnt():
    gpt, expected = new_gpt(), new_gpt()
    for parameter in gpt.parameters():
        parameter.grad = torch.full_like(parameter, math.nan)
    assert losses(train(gpt, Letters(), CONFIG)) == losses(train(expected, Letters(), CONFIG))


# Files


def test_a_folder_that_cannot_be_written_is_refused_before_the_first_step(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    config = replace(CONFIG, folder=str(tmp_path / "file" / "run"), checkpoint_every=2)
    with pytest.raises(ValueError, match=r"run' cannot be written \(Not a directory\).*Choose another folder"):
        train(new_gpt(), Letters(), config)


def test_a_folder_that_becomes_read_only_loses_nothing(tmp_path, monkeypatch):
    config = replace(CONFIG, folder=str(tmp_path), checkpoint_every=2)
    plain, seen = losses(train(new_gpt(), Letters(), CONFIG)), []

    def read_only(_self, *_args, **_kwargs):
        raise OSError(errno.EROFS, "Read-only file system")

    with pytest.raises(OSError, match="Read-only file system"):
        for step in train(new_gpt(), Letters(), config):
            seen.append(step)
            if step.step == 3:
                monkeypatch.setattr(Path, "mkdir", read_only)
    monkeypatch.undo()
    assert losses(seen) == plain[:3]
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000002"]
    assert losses(train(new_gpt(), Letters(), config, resume=True)) == plain[2:]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ValueError, match="cannot be written"):
        train(new_gpt(), Letters(), replace(CONFIG, folder=str(tmp_path), checkpoint_every=2))


@pytest.mark.parametrize("after", [1, 3])  # before and after the first checkpoint
def test_a_run_that_goes_on_takes_back_the_lines_it_takes_again(tmp_path, after):
    config = replace(CONFIG, folder=str(tmp_path / "run"), checkpoint_every=2, metrics_path=str(tmp_path / "m.jsonl"))
    steps = train(new_gpt(), Letters(), config)
    for _ in range(after):
        next(steps)
    steps.close()
    list(train(new_gpt(), Letters(), config, resume=True))
    assert [json.loads(line)["step"] for line in (tmp_path / "m.jsonl").read_text().splitlines()] == [1, 2, 3, 4, 5, 6]


def test_a_run_from_before_a_setting_existed_goes_on(tmp_path):
    config = replace(CONFIG, folder=str(tmp_path), checkpoint_every=2)
    steps = train(new_gpt(), Letters(), config)
    next(steps), next(steps)
    steps.close()
    facts = tmp_path / "step-00000002" / "facts.json"
    content = json.loads(facts.read_text())
    del content["facts"]["average_decay"], content["facts"]["progress"]
    facts.write_text(json.dumps(content))
    (facts.parent / "manifest.json").unlink()
    checkpoints._seal(facts.parent)
    assert len(list(train(new_gpt(), Letters(), config, resume=True))) == 4
