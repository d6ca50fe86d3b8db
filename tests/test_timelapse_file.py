"""A time-lapse as a file: whole or not there, small, gone on with, made from checkpoints, refused in words."""

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import SENTENCES
from safetensors.numpy import load_file, save_file
from small_timelapses import CONFIG, PROMPTS, Sentences, new_gpt, recorded
from transformers import PreTrainedTokenizerFast

from aigc_toolkit import (
    GPT,
    GPTConfig,
    TrainConfig,
    TrainStep,
    load_timelapse,
    record_timelapse,
    train,
)
from aigc_toolkit.timelapse import TimeLapse, timelapse_from_checkpoints


def test_saved_and_loaded_it_is_the_same(trained: tuple[GPT, TimeLapse], tmp_path: Path) -> None:
    timelapse = trained[1]
    again = load_timelapse(timelapse.save(tmp_path / "new" / "run.safetensors"))
    assert repr(again) == repr(timelapse) == "TimeLapse('gpt', 3 snapshots from step 0 to 5, 2 prompts, 2 layers x 2 heads)"
    assert again.subject == timelapse.subject
    assert (again.rulers, again.marks) == (timelapse.rulers, {3: "half"})
    assert again.samples(prompt=1) == timelapse.samples(prompt=1)
    assert again.training.portion() == timelapse.training.portion()
    assert again.head_scores().equals(timelapse.head_scores())
    for step in timelapse.steps:
        assert again.next_tokens(step, position=1).equals(timelapse.next_tokens(step, position=1))
        assert np.array_equal(again.attention(step).weights(1, 1), timelapse.attention(step).weights(1, 1))
    assert list(again) == [], "there is nothing to train"


def test_25_snapshots_of_the_built_in_size_take_less_than_10_megabytes(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    config = GPTConfig.modern(
        vocabulary_size=len(tokenizer),
        num_layers=5,
        num_heads=6,
        num_key_value_heads=3,
        width=192,
        head_dim=32,
        mlp_width=512,
        context=512,
    )
    gpt = GPT(config, seed=0)
    steps = (TrainStep(step, 2.0, None, 0.01, 1000.0, 1.0, None) for step in range(1, 25))
    prompts = [(SENTENCES[0] * 3), (SENTENCES[1] * 3)]
    timelapse = record_timelapse(steps, gpt, tokenizer=tokenizer, prompts=prompts, at=range(25), sample_tokens=1).run()
    assert len(timelapse.steps) == 25
    assert sum(len(timelapse.attention(0, prompt=number).tokens) for number in (0, 1)) >= 100
    assert timelapse.save(tmp_path / "run.safetensors").stat().st_size < 10_000_000


def test_a_run_that_is_killed_keeps_its_snapshots_and_goes_on(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    whole = recorded(tokenizer, new_gpt(tokenizer), at=range(6)).run()
    path, gpt = tmp_path / "run.safetensors", new_gpt(tokenizer)
    config = TrainConfig(**{**CONFIG.__dict__, "folder": str(tmp_path / "run"), "checkpoint_every": 2})
    killed = recorded(tokenizer, gpt, config=config, at=range(6), path=path)
    for step in killed:
        if step.step == 3:
            break
    assert load_timelapse(path).steps == [0, 1, 2, 3]
    gone_on = recorded(tokenizer, new_gpt(tokenizer), config=config, resume=True, at=range(6), path=path).run()
    assert gone_on.steps == load_timelapse(path).steps == whole.steps == [0, 1, 2, 3, 4, 5]
    assert gone_on.training.columns["loss"] == whole.training.columns["loss"]
    for step in whole.steps:
        assert np.array_equal(gone_on.attention(step).weights(1, 0), whole.attention(step).weights(1, 0))
    over = recorded(tokenizer, new_gpt(tokenizer), config=config, resume=True, path=path)
    assert over.run().steps == whole.steps, "a run that is over is what its file says"


def test_what_was_lost_since_the_last_snapshot_is_in_the_metrics(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    whole = recorded(tokenizer, new_gpt(tokenizer), at=[0, 1, 5]).run()
    run = {"folder": str(tmp_path / "run"), "checkpoint_every": 2, "metrics_path": str(tmp_path / "metrics.jsonl")}
    config = TrainConfig(**{**CONFIG.__dict__, **run})
    kept = {"at": [0, 1, 5], "path": tmp_path / "run.safetensors", "metrics": config.metrics_path}
    for step in recorded(tokenizer, new_gpt(tokenizer), config=config, **kept):
        if step.step == 3:
            break
    gone_on = recorded(tokenizer, new_gpt(tokenizer), config=config, resume=True, **kept).run()
    over = recorded(tokenizer, new_gpt(tokenizer), config=config, resume=True, **kept).run()
    for timelapse in (gone_on, over):
        assert timelapse.steps == [0, 1, 5] and timelapse.training.columns["step"] == [1, 2, 3, 4, 5]
        assert timelapse.training.columns["loss"] == whole.training.columns["loss"]
        seconds = timelapse.training.columns["seconds"]
        assert seconds == sorted(seconds) and seconds[0] == 0.0
    Path(config.metrics_path).unlink()
    with pytest.raises(FileNotFoundError, match="There is no file"):
        recorded(tokenizer, new_gpt(tokenizer), config=replace(config, metrics_path=None), resume=True, **kept).run()


def test_a_run_goes_on_with_the_prompts_it_began_with(tokenizer: PreTrainedTokenizerFast, trained: tuple, tmp_path: Path) -> None:
    path = trained[1].save(tmp_path / "run.safetensors")
    later = iter([TrainStep(6, 2.0, None, 0.01, 1000.0, 1.0, None)])
    other = record_timelapse(later, new_gpt(tokenizer), tokenizer=tokenizer, prompts=["Tom found"], path=path, sample_tokens=1)
    with pytest.raises(ValueError, match=r"has snapshots of the prompts \['Mia.*a run goes on with the prompts it began with"):
        other.run()


def test_checkpoints_become_a_time_lapse(
    tokenizer: PreTrainedTokenizerFast, trained: tuple[GPT, TimeLapse], tmp_path: Path
) -> None:
    config = TrainConfig(
        **{
            **CONFIG.__dict__,
            "folder": str(tmp_path),
            "checkpoint_every": 1,
            "keep_last": 9,
            "metrics_path": str(tmp_path / "metrics.jsonl"),
        }
    )
    list(train(new_gpt(tokenizer), Sentences(tokenizer), config))
    settings = {"tokenizer": tokenizer, "prompts": PROMPTS, "sample_tokens": 4}
    found = timelapse_from_checkpoints(tmp_path, lambda: new_gpt(tokenizer), metrics=config.metrics_path, **settings)
    assert found.steps == [0, 1, 2, 3, 4, 5]
    assert found.training.columns["loss"] == trained[1].training.columns["loss"]
    for step in (0, 2, 5):
        assert np.array_equal(found.attention(step).weights(1, 1), trained[1].attention(step).weights(1, 1))
    files = {step: tmp_path / f"step-{step:08d}" / "model.safetensors" for step in (4, 2)}
    assert timelapse_from_checkpoints(files, lambda: new_gpt(tokenizer), **settings).steps == [2, 4]
    (tmp_path / "step-00000003" / "model.safetensors").write_bytes(b"torn")
    with pytest.warns(UserWarning, match="step-00000003.*is not whole and is skipped"):
        assert timelapse_from_checkpoints(tmp_path, lambda: new_gpt(tokenizer), **settings).steps == [0, 1, 2, 4, 5]


def test_checkpoints_that_are_not_there_or_of_another_model(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    settings = {"tokenizer": tokenizer, "prompts": PROMPTS}
    with pytest.raises(FileNotFoundError, match="holds no whole checkpoint; a run writes them with"):
        timelapse_from_checkpoints(tmp_path, lambda: new_gpt(tokenizer), **settings)
    save_file({"embedding.weight": np.zeros((3, 3), dtype=np.float32)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"other.safetensors' are of another model .*Make it as it was when the run began"):
        timelapse_from_checkpoints({7: tmp_path / "other.safetensors"}, lambda: new_gpt(tokenizer), **settings)


def test_files_that_are_none(trained: tuple[GPT, TimeLapse], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="a saved time-lapse is needed, or the name of a built-in model"):
        load_timelapse(tmp_path / "none.safetensors")
    with pytest.raises(ValueError, match="is a folder; a file name is needed"):
        trained[1].save(tmp_path)
    with pytest.raises(ValueError, match="There is no snapshot yet; a file needs at least one"):
        TimeLapse().save(tmp_path / "empty.safetensors")
    path = trained[1].save(tmp_path / "run.safetensors")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="cannot be read .*; a whole file written by TimeLapse.save is needed"):
        load_timelapse(path)
    path.write_bytes(whole)
    arrays = load_file(path)
    save_file(arrays, path, metadata={"format": "other"})
    with pytest.raises(ValueError, match="is a safetensors file of something else"):
        load_timelapse(path)
    save_file(arrays, path, metadata={"format": "aigc_toolkit timelapse", "version": "9", "facts": json.dumps({})})
    with pytest.raises(ValueError, match="has version 9 of the format; version 1 can be read"):
        load_timelapse(path)
    assert list(tmp_path.glob(".*")) == [], "nothing half-written is left"


def test_a_file_is_written_without_a_warning(trained: tuple[GPT, TimeLapse], tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_timelapse(trained[1].save(tmp_path / "run.safetensors"))
