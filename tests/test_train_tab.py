"""The tab Train without a browser: a training from start to download, what belongs to whom, its address."""

import errno
import io
import json
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path
from unittest.mock import Mock

import gradio as gr
import pytest
from starlette.testclient import TestClient
from transformers import AutoModelForCausalLM, AutoTokenizer

from aigc_toolkit import load_timelapse
from aigc_toolkit.demo import Operator, build_demo, train_process
from aigc_toolkit.demo.page import serve
from aigc_toolkit.demo.train_download import PREFIX
from aigc_toolkit.demo.train_process import Training
from aigc_toolkit.demo.train_queue import TrainQueue
from aigc_toolkit.demo.train_settings import SETTINGS
from aigc_toolkit.demo.train_watch import standing, watched
from tests.small_trainings import RHYME, VALUES, small_job


def handler(demo, name):
    """What the page calls under that name."""
    return next(each.fn for each in demo.blocks.fns.values() if each.name == name)


@pytest.fixture(scope="module")
def finished():
    """A training in a process of its own, watched from its place in line to its end."""
    queue, training = TrainQueue(most_waiting=1), Training(small_job(), [RHYME])
    queue.enter("a", training)
    yield queue, training, list(watched(queue, training))
    queue.leave("a")


def test_a_training_is_watched_to_its_end(finished):
    _, training, updates = finished
    last = updates[-1]
    assert last.problem is None and last.view["columns"]["step"] == [1, 2, 3] and last.view["standing"] == "done"
    assert last.standing["reason"] == "done" and last.standing["loss"] == training.validation_loss
    assert last.standing["download"].endswith(training.secret) and len(training.secret) >= 32
    assert {"starting", "ended"} <= {update.standing["state"] for update in updates}
    json.dumps([update.standing for update in updates], allow_nan=False)


def test_the_download_loads_without_this_package(finished, tmp_path):
    _, training, _ = finished
    zipfile.ZipFile(training.archive()).extractall(tmp_path)
    folder = tmp_path / "my-gpt-1"
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "AutoModelForCausalLM" in text and f"{training.validation_loss:.3f} nats per token" in text
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    ids = tokenizer("A girl", return_tensors="pt").input_ids
    assert model.generate(ids, max_new_tokens=2, do_sample=False).shape[1] == ids.shape[1] + 2
    assert training.model().name == "my-gpt-1"
    assert load_timelapse(folder / "timelapse.safetensors").steps == training.timelapse().payload()["steps"] == [0, 1, 2, 3]


@pytest.fixture
def packable():
    """A training that has ended with a model of one file."""
    training = Training(small_job(), [RHYME])
    (Path(training.job.folder) / "model").mkdir()
    (Path(training.job.folder) / "model" / "config.json").write_text("{}")
    names = ("num_documents", "num_parameters", "vocabulary_size", "num_steps", "num_training_tokens", "num_validation_tokens")
    training.facts, training.validation_loss = dict.fromkeys(names, 1), 1.5
    training.state = "ended"
    training.ended.set()
    yield training
    training.close()


def test_a_training_that_was_killed_while_it_saved_has_no_model(packable):
    assert packable.has_model
    packable.reason, packable.validation_loss = "stopped", None
    said = standing(TrainQueue(most_waiting=1), packable)
    assert not packable.has_model and (said["reason"], said["download"]) == ("nothing", None)


def test_a_model_may_have_no_time_lapse(packable):
    assert packable.has_model and not packable.has_timelapse
    (Path(packable.job.folder) / "model" / "timelapse.safetensors").write_bytes(b"")
    assert packable.has_timelapse


def test_how_it_learned_is_told_to_be_gone(lm):
    demo = build_demo(lm, Operator())
    shown, said = handler(demo, "own")(request=gr.Request(session_hash="a"))
    assert shown is None and "no longer kept" in said["en"] and said["kind"] == "error"


def test_a_zip_that_could_not_be_packed_is_packed_again(packable, monkeypatch):
    def full(base_name, form, *_where):
        Path(f"{base_name}.{form}").write_bytes(b"PK")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "make_archive", full)
    with pytest.raises(OSError, match="No space left"):
        packable.archive()
    monkeypatch.undo()
    names = zipfile.ZipFile(packable.archive()).namelist()
    assert {"my-gpt-1/config.json", "my-gpt-1/README.md"} <= set(names)


def test_a_model_is_not_given_up_while_it_is_packed(packable, monkeypatch):
    closing, copytree = threading.Thread(target=packable.close), shutil.copytree

    def copy(source, target):
        closing.start()
        closing.join(0.2)
        return shutil.copy2(source, target)

    monkeypatch.setattr(shutil, "copytree", lambda *given, **named: copytree(*given, copy_function=copy, **named))
    packable.archive()
    closing.join(30)
    with pytest.raises(FileNotFoundError):
        packable.archive()


def test_a_process_that_dies_or_lasts_too_long_is_told(monkeypatch):
    monkeypatch.setattr(train_process, "GRACE_SECONDS", 0.0)
    training = Training(small_job(seconds=0.01), [RHYME])
    training.run()
    assert "ended without a word" in training.problem["en"] and not training.has_model


def test_a_disk_without_room_is_told_to_the_visitor_and_nothing_stays(lm, monkeypatch, tmp_path):
    def full(*_given, **_named):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    demo = build_demo(lm, Operator())
    train = handler(demo, "train")
    monkeypatch.setattr(Path, "write_text", full)
    *_, said = next(train(gr.Request(session_hash="a"), 1, RHYME, None, *(VALUES[name] for name in SETTINGS)))
    assert "cannot begin a training now (No space left on device)" in str(said)
    assert not list(tmp_path.glob("aigc-training-*")) and demo.trainings.of("a") is None


def test_a_refused_file_leaves_what_was_pasted(lm, tmp_path):
    take_file = handler(build_demo(lm, Operator()), "take_file")
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe" * 900)
    uploaded, said, text = take_file(str(tmp_path / "a.txt"))
    assert uploaded is None and "not UTF-8" in str(said) and text == gr.skip()
    (tmp_path / "b.txt").write_text(RHYME, encoding="utf-8")
    uploaded, said, text = take_file(str(tmp_path / "b.txt"))
    assert uploaded == [RHYME] and "documents: 1" in str(said) and text == ""


def test_the_address_gives_the_zip_to_those_who_know_it(lm, finished, monkeypatch):
    queue, training, _ = finished
    demo = build_demo(lm, Operator(login=("teacher", "secret")))
    monkeypatch.setattr(demo.trainings, "find", queue.find)
    serve(demo, prevent_thread_lock=True, quiet=True)
    try:
        with TestClient(demo.blocks.app) as client:
            assert client.get(f"{PREFIX}/{training.secret}").status_code == 401
            client.post("/login", data={"username": "teacher", "password": "secret"})
            answer = client.get(f"{PREFIX}/{training.secret}")
            assert answer.status_code == 200 and 'filename="my-gpt-1.zip"' in answer.headers["content-disposition"]
            assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
            gone = client.get(f"{PREFIX}/guessed")
            assert gone.status_code == 404 and "Train it again" in gone.text
            monkeypatch.setattr(training, "archive", Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
            full = client.get(f"{PREFIX}/{training.secret}")
            assert full.status_code == 507 and "(No space left on device); it is kept. Try again" in full.text
    finally:
        demo.blocks.close()


def test_an_operator_can_switch_training_off(lm):
    on, off = (str(build_demo(lm, Operator(training=allowed)).blocks.get_config_file()) for allowed in (True, False))
    assert "train-go" in on and "train-go" not in off
    assert "Training is switched off on this page" in off and "关闭了训练" in off
