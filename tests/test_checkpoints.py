"""Checkpoints: a run that was stopped goes on to the bit, whatever was torn, full or changed meanwhile."""

import errno
import json
from pathlib import Path

import pytest
import torch

from aigc_toolkit import GPT, Corpus, GPTConfig, TrainConfig, TrainStep, text_corpus, train
from aigc_toolkit.training import checkpoints
from aigc_toolkit.training.checkpoints import latest_checkpoint, load_checkpoint
from aigc_toolkit.training.optimizers import make_optimizers

SETTINGS = dict(num_steps=9, batch_size=4, context=16, gradient_accumulation=2)


def new_gpt(width: int = 16) -> GPT:
    config = GPTConfig.modern(vocabulary_size=320, context=32, num_layers=2, num_heads=2, width=width, dropout=0.1)
    return GPT(config, seed=3)


def run_of(folder: Path, **changes) -> TrainConfig:
    return TrainConfig(**SETTINGS | {"folder": str(folder), "checkpoint_every": 2} | changes)


def stopped(corpus, folder: Path, *, after: int) -> None:
    """Train for `after` steps and leave."""
    steps = train(new_gpt(), corpus, run_of(folder))
    for _ in range(after):
        next(steps)
    steps.close()


def numbers(steps: list[TrainStep]) -> list[tuple]:
    return [(step.step, step.loss, step.gradient_norm, step.learning_rate) for step in steps]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return text_corpus([f"The number {i} comes after {i - 1}. " * 4 for i in range(1, 60)], vocabulary_size=320)


@pytest.fixture(scope="module")
def whole(corpus) -> tuple[GPT, list[tuple]]:
    """A run that was never stopped: its model and its steps."""
    gpt = new_gpt()
    return gpt, numbers(list(train(gpt, corpus, TrainConfig(**SETTINGS))))


@pytest.mark.parametrize("after", [1, 2, 3, 8, 9])
def test_a_stopped_run_goes_on_to_the_bit(corpus, whole, tmp_path, after):
    stopped(corpus, tmp_path, after=after)
    gpt = new_gpt()
    rest = numbers(list(train(gpt, corpus, run_of(tmp_path), resume=True)))
    expected, steps = whole
    begin = after if after == 9 else after - after % 2  # the last step has a checkpoint of its own
    assert rest == steps[begin:]
    assert all(torch.equal(a, b) for a, b in zip(expected.state_dict().values(), gpt.state_dict().values(), strict=True))


def test_only_the_newest_checkpoints_are_kept(corpus, tmp_path):
    list(train(new_gpt(), corpus, run_of(tmp_path, keep_last=2)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000008", "step-00000009"]


def test_a_torn_checkpoint_of_a_later_step_does_not_displace_a_whole_one(corpus, tmp_path):
    stopped(corpus, tmp_path, after=6)
    for folder in tmp_path.iterdir():
        (folder / "manifest.json").unlink()
    with pytest.warns(UserWarning, match="is not whole and is skipped"):
        steps = train(new_gpt(), corpus, run_of(tmp_path, keep_last=1))
    next(steps), next(steps)
    steps.close()
    with pytest.warns(UserWarning, match="is not whole and is skipped"):
        assert latest_checkpoint(tmp_path).step == 2
    with pytest.warns(UserWarning, match="is not whole and is skipped"):
        list(train(new_gpt(), corpus, run_of(tmp_path, keep_last=1), resume=True))
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000009"]


@pytest.mark.parametrize("file", ["model.safetensors", "optimizers.safetensors", "facts.json"])
@pytest.mark.parametrize("damage", ["truncated", "changed", "gone"])
def test_a_torn_checkpoint_is_skipped_by_name(corpus, tmp_path, file, damage):
    stopped(corpus, tmp_path, after=5)
    newest = tmp_path / "step-00000004"
    data = (newest / file).read_bytes()
    (newest / file).unlink()
    if damage != "gone":
        (newest / file).write_bytes(data[:-1] if damage == "truncated" else data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.warns(UserWarning, match=f"step-00000004' is not whole and is skipped: {file}"):
        assert latest_checkpoint(tmp_path).step == 2


def test_a_checkpoint_without_a_manifest_is_skipped(corpus, tmp_path):
    stopped(corpus, tmp_path, after=3)
    (tmp_path / "step-00000002" / "manifest.json").write_text("{")
    with pytest.warns(UserWarning, match="manifest.json is missing or torn"):
        assert latest_checkpoint(tmp_path) is None


def test_a_full_disk_leaves_the_earlier_checkpoint(corpus, whole, tmp_path, monkeypatch):
    stopped(corpus, tmp_path, after=2)

    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(OSError, match="No space left"):
        list(train(new_gpt(), corpus, run_of(tmp_path), resume=True))
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000002"]
    monkeypatch.undo()
    assert numbers(list(train(new_gpt(), corpus, run_of(tmp_path), resume=True))) == whole[1][2:]


def test_a_folder_with_a_run_is_not_begun_again_by_accident(corpus, tmp_path):
    stopped(corpus, tmp_path, after=2)
    with pytest.raises(ValueError, match="holds a run at step 2.*resume=True"):
        train(new_gpt(), corpus, run_of(tmp_path))


def test_a_run_goes_on_as_it_began(corpus, tmp_path):
    stopped(corpus, tmp_path, after=2)
    with pytest.raises(ValueError, match="began with batch_size=4, seed=0, which this config changes"):
        train(new_gpt(), corpus, run_of(tmp_path, batch_size=8, seed=1), resume=True)
    list(train(new_gpt(), corpus, run_of(tmp_path, checkpoint_every=3, keep_last=1), resume=True))


def test_a_checkpoint_of_another_model_is_refused(corpus, tmp_path):
    stopped(corpus, tmp_path, after=2)
    other = new_gpt(width=32)
    with pytest.raises(ValueError, match="is of another model or optimizer"):
        load_checkpoint(latest_checkpoint(tmp_path), other, make_optimizers(other, TrainConfig()))


def test_checkpoints_need_a_folder():
    with pytest.raises(ValueError, match="checkpoint_every=5 with folder=None"):
        TrainConfig(checkpoint_every=5)


def test_nothing_in_a_checkpoint_can_run_code(corpus, tmp_path):
    stopped(corpus, tmp_path, after=2)
    names = json.loads((tmp_path / "step-00000002" / "manifest.json").read_text())
    assert {Path(name).suffix for name in names} == {".safetensors", ".json"}
