"""The tab Train without a browser: what its process does with odd texts, its queue, what belongs to whom, its address."""

import errno
import io
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import gradio as gr
import numpy as np
import pytest
from starlette.testclient import TestClient
from transformers import AutoModelForCausalLM, AutoTokenizer

from aigc_toolkit import Preprocessing, load_model, load_timelapse, text_corpus
from aigc_toolkit.demo import Operator, build_demo, train_process, train_queue, train_worker
from aigc_toolkit.demo.page import serve
from aigc_toolkit.demo.train_download import PREFIX
from aigc_toolkit.demo.train_process import Training
from aigc_toolkit.demo.train_queue import TrainQueue
from aigc_toolkit.demo.train_settings import SETTINGS, Refusal
from aigc_toolkit.demo.train_watch import standing, watched
from aigc_toolkit.demo.train_worker import Refused, run
from tests.small_trainings import RHYME, VALUES, small_job


def told(tmp_path, text=RHYME, stopped=None, **changes):
    """What the process says of a training that runs here."""
    (tmp_path / "documents.jsonl").write_text(json.dumps({"text": text}) + "\n", encoding="utf-8")
    said = []
    run(small_job(text, folder=str(tmp_path), **changes), said.append, stopped or threading.Event())
    return said


def test_a_training_tells_what_it_does_and_leaves_a_model(tmp_path):
    said = told(tmp_path)
    assert [each["type"] for each in said] == ["doing", "doing", "facts", "step", "step", "step", "doing", "end"]
    facts, last, end = said[2], said[5]["step"], said[7]
    assert facts["num_steps"] == 3 and list(facts["rulers"]) == ["uniform", "unigram", "bigram", "5-gram", "gzip"]
    assert last["validation_loss"] == pytest.approx(end["validation_loss"]) and last["sample"].startswith("A")
    assert end["reason"] == "done"
    lm = load_model(tmp_path / "model", device="cpu")
    assert lm.num_parameters == facts["num_parameters"] and not lm.tokenizer.chat_template


def test_a_training_leaves_a_time_lapse_of_a_text_it_never_trained_on(tmp_path):
    told(tmp_path)
    timelapse = load_timelapse(tmp_path / "model" / "timelapse.safetensors")
    corpus = text_corpus(
        tmp_path / "documents.jsonl", tokenizer="bpe", vocabulary_size=small_job().vocabulary_size, preprocessing=Preprocessing()
    )
    assert timelapse.steps == [0, 1, 2, 3] and timelapse.subject.model_name == "my-gpt-1" and "gzip" in timelapse.rulers
    assert [corpus.validation[0].startswith(prompt) for prompt in timelapse.prompts] == [True]
    assert 16 <= len(timelapse.attention(3).tokens) <= 32  # half of the context


@pytest.mark.parametrize(
    "text",
    [
        "a " * 750,
        "从前有一个小女孩，她把红灯笼丢在了森林里。" * 60,
        "👩‍👩‍👧🎈 ﷽ \u202e " * 200,
        "line\r\nline\r\n" * 120,
        "a\x00b c\ud83dd " * 200,
        "<|endoftext|><img src=x onerror=alert(1)> " * 60,
    ],
)
@pytest.mark.parametrize("tokenizer", ["bpe", "characters"])
def test_odd_texts_are_learnt(tmp_path, text, tokenizer):
    *_, end = told(tmp_path, text, tokenizer=tokenizer, num_steps=1, context=8)
    assert end["reason"] == "done" and end["validation_loss"] < 20


def test_a_stopped_training_keeps_what_it_has_learnt(tmp_path):
    stopped = threading.Event()
    stopped.set()
    said = told(tmp_path, stopped=stopped)
    assert [each["type"] for each in said].count("step") == 1 and said[-1]["reason"] == "stopped"
    assert load_timelapse(tmp_path / "model" / "timelapse.safetensors").steps == [0, 1]
    assert load_model(tmp_path / "model", device="cpu")


def test_a_training_ends_when_its_time_is_up(tmp_path):
    said = told(tmp_path, seconds=0.0, num_steps=50)
    assert [each["type"] for each in said].count("step") == 1 and said[-1]["reason"] == "time"


def test_the_time_decides_how_many_steps_are_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(train_worker, "MOST_STEPS", 7)
    assert told(tmp_path, num_steps=0, seconds=3600.0)[2]["num_steps"] == 7
    assert told(tmp_path, num_steps=0, seconds=0.0)[2]["num_steps"] == train_worker.NUM_TRIED


@pytest.mark.parametrize("short", ["half a word", "no word at all"])
def test_texts_of_one_token_have_a_time_lapse_too(tmp_path, short):
    lines = ["hello world how are you " * 100, "."] if short == "half a word" else ["a"] * 1500
    (tmp_path / "documents.jsonl").write_text("".join(json.dumps({"text": line}) + "\n" for line in lines), encoding="utf-8")
    corpus = text_corpus(tmp_path / "documents.jsonl", tokenizer="bpe", vocabulary_size=300)
    assert len(corpus.tokenizer(train_worker._watched(corpus, 8))["input_ids"]) >= 2


@pytest.mark.parametrize(("seconds", "num_validations"), [(3600.0, 12), (8.0, 2), (1.0, 1)])
def test_validations_are_counted_in_the_time(monkeypatch, seconds, num_validations):
    job, speed = small_job(num_steps=0, seconds=seconds), 1000.0  # tokens per second
    corpus = SimpleNamespace(tokenizer=range(300), token_ids=lambda split: np.zeros(2400, dtype=np.int32))
    monkeypatch.setattr(train_worker, "train", lambda *given: [SimpleNamespace(tokens_per_second=speed)] * train_worker.NUM_TRIED)
    planned, validations = train_worker._num_steps(job, corpus)
    assert validations == num_validations
    spent = planned * job.batch_size * job.context / speed + validations * 2400 / (3 * speed)
    least = train_worker.NUM_TRIED * job.batch_size * job.context / speed
    assert spent <= max(0.8 * seconds, least + 0.8) and (planned == train_worker.NUM_TRIED or spent > 0.8 * seconds - least)


def test_stories_keep_their_chat_template(tmp_path):
    said = told(tmp_path, language="en", num_documents=20, vocabulary_size=300, num_steps=1)
    assert said[2]["num_documents"] == 20 and load_model(tmp_path / "model", device="cpu").tokenizer.chat_template


@pytest.mark.parametrize(
    ("text", "changes", "message"),
    [
        ("\x00\x01" * 1000, {}, "train_refused"),
        ("word " * 10, {}, "train_too_few_tokens"),
        ("".join(map(chr, range(0x4E00, 0x4E00 + 9000))), {"tokenizer": "characters"}, "train_refused"),
    ],
)
def test_what_cannot_be_learnt_is_named(tmp_path, text, changes, message):
    with pytest.raises(Refused) as refused:
        told(tmp_path, text, **changes)
    assert refused.value.message == message and refused.value.values


def test_the_process_says_why_it_gives_up(tmp_path, monkeypatch):
    (tmp_path / "job.json").write_text(json.dumps(asdict(small_job(folder=str(tmp_path)))), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["train_worker", str(tmp_path / "job.json")])
    monkeypatch.setattr(train_worker.os, "nice", lambda more: None)
    for failure, message in ((Refused("train_refused", reason="x"), "train_refused"), (ArithmeticError("x"), "train_diverged")):
        lines = io.StringIO()
        monkeypatch.setattr(train_worker, "_private_lines", lambda lines=lines: lines)
        monkeypatch.setattr(train_worker, "run", lambda *given, failure=failure: (_ for _ in ()).throw(failure))
        train_worker.main()
        assert json.loads(lines.getvalue()) == {"type": "refused", "message": message, "values": {"reason": "x"}}


def handler(demo, name):
    """What the page calls under that name."""
    return next(each.fn for each in demo.blocks.fns.values() if each.name == name)


class Slow(Training):
    """A training without a process, that runs until it is told to end."""

    def __init__(self):
        super().__init__(small_job(), [RHYME])
        self.may_end = threading.Event()

    def run(self):
        if not self._is_stopped:
            self.state = "training"
            self.may_end.wait(60)
        self.state = "ended"
        self.ended.set()

    def stop(self):
        super().stop()
        self.may_end.set()


def is_running(training, seconds=30.0):
    for _ in range(int(100 * seconds)):
        if training.state == "training":
            return True
        training.ended.wait(0.01)
    return False


@pytest.fixture
def trainings():
    queue = TrainQueue(most_waiting=2)
    yield queue
    for session in "abcd":
        queue.leave(session)


def test_one_training_runs_and_the_others_stand_in_line(trainings):
    first, second, third, fourth = Slow(), Slow(), Slow(), Slow()
    trainings.enter("a", first)
    assert is_running(first)
    trainings.enter("b", second)
    trainings.enter("c", third)
    assert [trainings.place(each) for each in (first, second, third)] == [0, 1, 2]
    with pytest.raises(Refusal, match="2 trainings wait already; no more than 2 may. Try again in a few minutes"):
        trainings.enter("d", fourth)
    assert trainings.of("d") is None and second.state == "waiting"
    trainings.leave("b")
    assert trainings.place(third) == 1 and second.ended.is_set()
    trainings.stop("a")
    assert is_running(third) and trainings.of("a") is first and trainings.of("b") is None


def test_a_visitor_who_waits_can_give_up_the_place(trainings):
    first, second = Slow(), Slow()
    trainings.enter("a", first)
    assert is_running(first)
    trainings.enter("b", second)
    *_, update = [trainings.stop("b"), *watched(trainings, second)]
    assert update.standing["state"] == "ended" and update.standing["place"] == 0 and update.standing["download"] is None
    trainings.stop("nobody")


def test_a_new_training_takes_the_place_of_the_visitors_last(trainings):
    first, second = Slow(), Slow()
    trainings.enter("a", first)
    trainings.enter("a", second)
    assert first.ended.wait(30) and trainings.of("a") is second
    assert trainings.find(second.secret) is second and trainings.find(first.secret) is None and trainings.find("guessed") is None


def test_the_oldest_finished_trainings_make_room(trainings, monkeypatch):
    monkeypatch.setattr(train_queue, "MOST_KEPT", 1)
    made = [Slow() for _ in range(3)]
    for session, training in zip("abc", made, strict=True):
        training.may_end.set()
        trainings.enter(session, training)
        assert training.ended.wait(30)
    assert trainings.of("a") is None and trainings.of("c") is made[2]
    assert not made[0].has_model


@pytest.mark.parametrize("line", [b"no JSON\n", b'{"type": "facts"}\n', b'["a list"]\n'])
def test_a_process_that_says_what_nobody_understands_does_not_stop_the_line(trainings, monkeypatch, capfd, line):
    broken, whole = Training(small_job(), [RHYME]), Slow()
    script = f"import sys, time; sys.stdout.buffer.write({line!r}); sys.stdout.flush(); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    monkeypatch.setattr(broken, "_start", lambda: process)
    trainings.enter("a", broken)
    trainings.enter("b", whole)
    assert broken.ended.wait(30) and "ended without a word" in broken.problem["en"]
    assert process.returncode is not None and process.stdin.closed and process.stdout.closed
    assert is_running(whole) and "Error" in capfd.readouterr().err


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


def test_a_training_can_be_stopped_before_its_first_step_and_leaves_nothing():
    queue, training = TrainQueue(most_waiting=1), Training(small_job(), [RHYME])
    queue.enter("a", training)
    queue.stop("a")
    *_, last = watched(queue, training)
    assert last.standing["reason"] == "nothing" and last.problem is None and last.view is None
    folder = training.job.folder
    queue.leave("a")
    assert not train_process.Path(folder).exists()
    for gone in (training.model, training.timelapse):
        with pytest.raises(FileNotFoundError):
            gone()


def test_a_process_that_dies_or_lasts_too_long_is_told(monkeypatch):
    monkeypatch.setattr(train_process, "GRACE_SECONDS", 0.0)
    training = Training(small_job(seconds=0.01), [RHYME])
    training.run()
    assert "ended without a word" in training.problem["en"] and not training.has_model


def test_a_training_that_cannot_start_does_not_stop_the_line(trainings, monkeypatch, capfd):
    broken, whole = Training(small_job(), [RHYME]), Slow()
    monkeypatch.setattr(broken, "_start", lambda: (_ for _ in ()).throw(OSError("No space left on device")))
    trainings.enter("a", broken)
    trainings.enter("b", whole)
    assert broken.ended.wait(30) and "ended without a word" in broken.problem["en"]
    assert is_running(whole) and "No space left" in capfd.readouterr().err


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
