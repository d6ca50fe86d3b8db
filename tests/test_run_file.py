"""Runs from a TOML file: what it may say, and the command that trains as it says."""

import json
import signal

import pytest
import torch

from aigc_toolkit import load_model
from aigc_toolkit.training import __main__ as command
from aigc_toolkit.training.run_file import read_run_file

MODEL = "[model]\nnum_layers = 1\nnum_heads = 2\nwidth = 16\n"
TRAINING = '[training]\nnum_steps = 4\nbatch_size = 2\ncontext = 8\nvalidate_every = 2\ndevice = "cpu"\n'
TEXT = "The cat sat on the mat. The dog sat on the log. " * 30


def run_file(tmp_path, *, corpus='text = "{text}"\nvocabulary_size = 300\n', model=MODEL, training=TRAINING, extra=""):
    text = tmp_path / "text.txt"
    text.write_text(TEXT, encoding="utf-8")
    path = tmp_path / "run.toml"
    path.write_text(f"{extra}\n[corpus]\n{corpus.format(text=text)}\n{model}{training}", encoding="utf-8")
    return path


def test_the_command_trains_tells_and_saves(tmp_path, capsys):
    path = run_file(tmp_path, extra=f'save = "{tmp_path / "mine"}"')
    command.main(["--config", str(path)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[:4]] == ["1", "2", "3", "4"]
    assert "validation loss" in lines[1]
    lm = load_model(tmp_path / "mine", device="cpu")
    assert lm.model(torch.tensor([lm.tokenizer.encode("The cat")])).logits.isfinite().all()


def test_the_same_command_goes_on(tmp_path, capsys):
    folder = tmp_path / "run"
    kept = f'folder = "{folder}"\ncheckpoint_every = 2\nmetrics_path = "{folder}/metrics.jsonl"\n'
    path = run_file(tmp_path, training=TRAINING + kept)
    command.main(["--config", str(path)])
    expected = (folder / "metrics.jsonl").read_text().splitlines()
    for file in (folder / "step-00000004").iterdir():
        file.unlink()
    (folder / "step-00000004").rmdir()
    capsys.readouterr()
    command.main(["--config", str(path)])
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["3", "4"]
    found = (folder / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["loss"] for line in found] == [json.loads(line)["loss"] for line in expected]


def test_ctrl_c_while_telling_keeps_the_next_step(tmp_path, capsys, monkeypatch):
    kept = f'folder = "{tmp_path / "run"}"\ncheckpoint_every = 100\n'
    path = run_file(tmp_path, training=TRAINING + kept)
    line = command._line
    monkeypatch.setattr(command, "_line", lambda step: signal.raise_signal(signal.SIGINT) or line(step))
    with pytest.raises(SystemExit) as left:
        command.main(["--config", str(path)])
    assert left.value.code == 130
    assert "the same command goes on" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["step-00000002"]


def test_a_model_with_a_name_is_fine_tuned(tmp_path, capsys):
    pytest.importorskip("peft")
    path = run_file(
        tmp_path,
        extra=f'save = "{tmp_path / "tuned"}"',
        corpus='text = "{text}"\n',
        model='[model]\nname = "story"\n[lora]\nrank = 2\n',
    )
    command.main(["--config", str(path)])
    assert "Saved" in capsys.readouterr().out
    tuned, story = load_model(tmp_path / "tuned", device="cpu"), load_model("story", device="cpu")
    assert tuned.num_parameters == story.num_parameters
    assert not torch.equal(tuned.model.model.layers[0].mlp.up_proj.weight, story.model.model.layers[0].mlp.up_proj.weight)
    assert torch.equal(tuned.model.get_input_embeddings().weight, story.model.get_input_embeddings().weight)


def test_stories_and_presets(tmp_path):
    path = run_file(tmp_path, corpus="stories = 8\nvocabulary_size = 300\n", model=MODEL + 'preset = "gpt2"\nmlp_width = 8\n')
    asked = read_run_file(path)
    corpus = asked.make_corpus(None)
    assert len(corpus.train) == 8
    config = asked.make_model(None, corpus).config
    assert (config.positions, config.mlp_width, config.context) == ("learned", 8, 8)
    assert config.vocabulary_size == len(corpus.tokenizer) <= 300


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            dict(extra="sav = 1"),
            "'sav' in the file is unknown; corpus, lora, model, save, training are.* Did you mean 'save'",
        ),
        (dict(corpus="vocabulary_size = 300\n"), r"\[corpus\] has \['vocabulary_size'\]; either text.* or stories.*Give one"),
        (dict(corpus='text = "a"\nlanguages = ["en"]\n'), r"'languages' in \[corpus\] is unknown"),
        (dict(model="[model]\nnum_layers = 1\n"), r"\[model\] lacks num_heads, width; a new model needs its size"),
        (dict(model=MODEL + 'preset = "gpt5"\n'), "preset='gpt5' in .* modern and gpt2 are available"),
        (dict(model=MODEL + "widht = 3\n"), r"'widht' in \[model\] is unknown.*Did you mean 'width'"),
        (dict(model='[model]\nname = "story"\nwidth = 8\n'), r"'width' in \[model\] with a name is unknown; name are allowed"),
        (dict(model=MODEL + "[lora]\nrank = 2\n"), r"\[lora\] with a \[model\] that has no name"),
        (dict(model='[model]\nname = "story"\n[lora]\nranks = 2\n'), r"'ranks' in \[lora\] is unknown"),
        (dict(training="[training]\nsteps = 4\n"), r"'steps' in \[training\] is unknown.*Did you mean"),
        (dict(training="[training]\nnum_steps = 0\n"), "num_steps=0: at least 1 is allowed"),
        (dict(training="[training\n"), "is no TOML .*Mend that place"),
    ],
)
def test_what_a_file_may_not_say(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        read_run_file(run_file(tmp_path, **changes))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*none.toml'; a TOML file.*Check the path"):
        read_run_file(tmp_path / "none.toml")


def test_the_command_says_what_is_wrong(tmp_path, capsys):
    with pytest.raises(SystemExit):
        command.main(["--config", str(tmp_path / "none.toml")])
    assert "There is no file" in capsys.readouterr().err
