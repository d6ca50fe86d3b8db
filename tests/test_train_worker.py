"""The process that trains for the tab Train: what it says, odd texts, its time, the time-lapse it leaves."""

import errno
import io
import json
import sys
import threading
from dataclasses import asdict
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest

from aigc_toolkit import Preprocessing, load_model, load_timelapse, text_corpus
from aigc_toolkit.demo import train_worker
from aigc_toolkit.demo.train_worker import Refused, run
from aigc_toolkit.timelapse import TimeLapse
from tests.small_trainings import RHYME, small_job


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


def test_a_time_lapse_there_is_no_room_for_costs_no_model(tmp_path, monkeypatch):
    monkeypatch.setattr(TimeLapse, "save", Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
    assert told(tmp_path)[-1]["reason"] == "done"
    assert load_model(tmp_path / "model", device="cpu") and not (tmp_path / "model" / "timelapse.safetensors").exists()


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
    planned, validations = train_worker._plan(job, corpus)
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
