"""What only parts of training need is asked for by name: who lacks it reads which command installs it."""

import copy
from dataclasses import replace

import pytest
from small_runs import CONFIG, Letters, new_gpt

from aigc_toolkit import train, tune
from aigc_toolkit.training import __main__ as command
from aigc_toolkit.training import add_lora, optional


@pytest.fixture
def nothing_optional(monkeypatch):
    monkeypatch.setattr(optional, "find_spec", lambda _name: None)


def message(purpose: str, package: str) -> str:
    return rf"{purpose} needs {package}, which is not installed; training without it is possible. Run `pip install {package}`"


def test_a_search_without_optuna(nothing_optional, tmp_path):
    with pytest.raises(ValueError, match=message(r"A search for settings \(tune\)", "optuna")):
        tune(new_gpt, Letters(), replace(CONFIG, validate_every=2), {"learning_rate": [1e-3]}, storage=tmp_path / "trials")


def test_adapters_without_peft(nothing_optional, lm):
    with pytest.raises(ValueError, match=message(r"A model with low-rank adapters \(add_lora\)", "peft")):
        add_lora(copy.deepcopy(lm.model))


@pytest.mark.parametrize("tracker", ["tensorboard", "trackio"])
def test_a_tracker_that_is_not_there_is_refused_at_the_call(nothing_optional, tmp_path, tracker):
    with pytest.raises(ValueError, match=message(f"tracker='{tracker}'", tracker)):
        train(new_gpt(), Letters(), replace(CONFIG, tracker=tracker, folder=str(tmp_path)))


def test_many_processes_without_accelerate(nothing_optional, monkeypatch, tmp_path, capsys):
    file = tmp_path / "run.toml"
    file.write_text('[corpus]\nstories = 10\n[model]\nname = "story"\n', encoding="utf-8")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(SystemExit):
        command.main(["--config", str(file)])
    assert "Training in several processes needs accelerate" in capsys.readouterr().err


def test_what_is_there_is_not_complained_of():
    optional.require("torch", "Training")
