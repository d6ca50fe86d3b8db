"""Texts written on the page: updates that lose nothing, stops, settings, odd and bad input, strategies side by side."""

import threading

import pytest

from aigc_toolkit import Scheduler, generate
from aigc_toolkit.demo.operator_settings import Operator
from aigc_toolkit.demo.pace import pace_of
from aigc_toolkit.demo.problems import explain
from aigc_toolkit.demo.settings import keywords
from aigc_toolkit.demo.stops import Stops
from aigc_toolkit.demo.strategies import STRATEGIES, compared
from aigc_toolkit.demo.writing import written
from aigc_toolkit.generation.batch import Batch
from tests.page_writing import SHORT, updates


def test_a_text_that_gave_way_to_another_says_no_more(scheduler):
    stops = Stops()
    first = written(scheduler, stops, "a", "Once", SHORT | {"max_new_tokens": 110})
    next(first)
    second = written(scheduler, stops, "a", "Once upon", SHORT)
    assert next(second).view["steps"] == [] and list(first) == []
    assert list(second)[-1].finished.stop_reason == "max_new_tokens"


def test_writing_streams_and_ends_with_the_generation(lm, scheduler):
    every = updates(scheduler, "Once upon")
    assert every[0].view["steps"] == [] and every[0].view["can_branch"] and every[0].finished is None
    generation = every[-1].finished
    assert every[-1].view["type"] == "append" and every[-1].view["stop_reason"] == generation.stop_reason
    positions = {step["position"] for update in every[1:] for step in update.view["steps"]}
    assert len(positions) == len(generation.tokens) == 12
    assert generation == generate(lm, "Once upon", temperature=0, max_new_tokens=12)


def test_no_token_is_lost_when_a_portion_is_passed_over(scheduler, monkeypatch):
    monkeypatch.setattr("aigc_toolkit.demo.pace.SECONDS", 0.001)
    every = updates(scheduler, "Once upon", max_new_tokens=60)[1:]
    for skipped in range(len(every) - 1):
        seen: set[int] = set()
        for update in [*every[:skipped], *every[skipped + 1 :]]:
            assert update.view["start"] <= len(seen)  # the view takes what follows what it has
            seen |= {step["position"] for step in update.view["steps"]}
        assert len(seen) == 60


def test_a_page_is_drawn_less_often_when_many_read(scheduler, monkeypatch):
    pace = pace_of(scheduler)
    assert pace() == 0.12
    monkeypatch.setattr(type(scheduler), "num_running", 32)
    assert pace() == pytest.approx(0.48)


def test_a_stopped_text_says_so(scheduler):
    stops = Stops()
    running = written(scheduler, stops, "a", "Once", SHORT | {"max_new_tokens": 110})
    next(running)
    stops.stop("a")
    *_, last = running
    assert last.finished.stop_reason == "cancelled" and len(last.finished.tokens) < 110


def test_a_reader_who_leaves_stops_the_text(scheduler):
    stops = Stops()
    running = written(scheduler, stops, "a", "Once", SHORT | {"max_new_tokens": 110})
    next(running)
    running.close()
    assert not stops.is_running("a", "write")


@pytest.mark.parametrize(
    ("text", "changes", "english"),
    [
        ("word " * 20_000, {}, "tokens; the model reads at most 128"),
        ("half \ud83d", {}, "half of a character at position 5"),
        ("Once", {"temperature": -1.0}, "out of range: temperature is -1"),
        ("Once", {"temperature": 1, "top_p": 0.0}, "out of range: top_p is 0"),
        ("Once", {"max_new_tokens": 0}, "out of range: max_new_tokens is 0"),
        ("Once", {"temperature": "<b>"}, "temperature is '<b>'; a number from 0 to 2 is allowed"),
        ("Once", {"top_k": True}, "top_k is True; a number from 0 to 100 is allowed"),
    ],
)
def test_bad_input_gets_a_message_in_both_languages(scheduler, text, changes, english):
    (update,) = updates(scheduler, text, **changes)
    assert update.finished is None and update.view is None
    assert english in update.problem["en"] and update.problem["zh"]


def test_a_refused_text_leaves_the_one_that_is_being_written_alone(scheduler):
    stops = Stops()
    running = written(scheduler, stops, "a", "Once", SHORT | {"max_new_tokens": 20})
    next(running)
    (refused,) = written(scheduler, stops, "a", "word " * 20_000, SHORT)
    assert refused.view is None and "tokens; the model reads at most 128" in refused.problem["en"]
    *_, last = running
    assert len(last.finished.tokens) == 20


def test_a_full_queue_asks_for_patience(scheduler, monkeypatch):
    monkeypatch.setattr(scheduler, "_max_waiting", 0)
    (update,) = updates(scheduler, "Once")
    assert "Try again in a moment" in update.problem["en"]


@pytest.mark.parametrize("text", ["", "👩‍👩‍👧🎈", "<img src=x onerror=alert(1)>", "a\x00b", "​‮"])
def test_odd_input_is_written_on(scheduler, text):
    assert updates(scheduler, text)[-1].finished is not None


def test_a_length_beyond_the_context_is_the_context(scheduler):
    assert updates(scheduler, "Once", max_new_tokens=400)[-1].finished.stop_reason in ("context_full", "end_of_text")


def test_the_operator_limits_what_is_written(scheduler):
    limits = Operator(max_new_tokens=3, max_characters=100)
    last = list(written(scheduler, Stops(), "a", "Once", SHORT, limits))[-1]
    assert len(last.finished.tokens) == 3
    (refused,) = written(scheduler, Stops(), "a", "Once " * 21, SHORT, limits)
    assert "105 characters; this page takes at most 100" in refused.problem["en"] and "105" in refused.problem["zh"]


def test_settings_that_are_off_are_no_keywords():
    off = {"top_p": 1, "top_k": 0, "min_p": 0, "typical_p": 1, "repetition_penalty": 1, "no_repeat_ngram_size": 0}
    off |= {"num_beams": 1, "max_time": 0, "bad_words": " \n"[1:], "stop": "", "watermark": False}
    assert keywords({"temperature": 0.8, **off}, 400) == {"temperature": 0.8}


def test_settings_become_keywords():
    lines = keywords(
        {"temperature": 1, "bad_words": "dragon\n\nfog", "stop": "The end.", "watermark": True, "max_new_tokens": 9000}, 400
    )
    assert lines == {
        "temperature": 1.0,
        "bad_words": ["dragon", "fog"],
        "stop": ["The end."],
        "watermark": {"seeding_scheme": "lefthash"},
        "max_new_tokens": 400,
    }


def test_nothing_is_drawn_by_chance_with_beams_or_at_temperature_0():
    assert keywords({"temperature": 0.8, "top_k": 5, "num_beams": 4}, 400) == {"temperature": 0.0, "num_beams": 4}
    assert keywords({"temperature": 0, "top_k": 5, "top_p": 0.5, "seed": 3}, 400) == {"temperature": 0.0}


def test_the_page_offers_no_setting_that_is_refused(scheduler):
    for changes in ({"watermark": True}, {"typical_p": 0.5}, {"bad_words": "Once"}, {"num_beams": 2}, {"no_repeat_ngram_size": 2}):
        assert updates(scheduler, "Once", temperature=1, **changes)[-1].finished is not None, changes


def test_strategies_are_written_side_by_side(lm, scheduler):
    names = ["greedy", "beams", "plain"]
    *_, (rows, problem) = compared(scheduler, Stops(), "a", "Once upon", names, length=8, seed=1)
    assert problem is None and [row["name"] for row in rows] == ["greedy", "plain", "beams"]
    for row in rows:
        alone = generate(lm, "Once upon", max_new_tokens=8, seed=1, **STRATEGIES[row["name"]])
        assert row["text"] == alone.text and row["stop"] == alone.stop_reason
        assert 0 <= row["numbers"]["repetition"] <= 1 and 0 < row["numbers"]["distinct_1"] <= 1
        assert row["numbers"]["mean_logprob"] == pytest.approx(sum(step.logprob for step in alone.tokens) / 8)
    ((rows, problem),) = compared(scheduler, Stops(), "a", "word " * 1000, names, length=8, seed=1)
    assert rows == [] and "tokens" in problem["en"]


def test_strategies_of_the_model_before_say_no_more(scheduler):
    stops = Stops()
    running = compared(scheduler, stops, "a", "Once upon", ["greedy", "plain"], length=100, seed=1)
    next(running)
    stops.replace("a")
    assert list(running) == []


def test_a_server_that_does_not_answer_is_named(scheduler):
    assert "did not answer: gone" in explain(scheduler.lm, "Once", ConnectionError("gone"), too_long="too_long_to_write")["en"]


def test_a_model_that_fails_in_the_middle_of_a_text_says_so(lm, monkeypatch):
    step = Batch.step

    def fails_later(batch):
        if getattr(batch, "num_steps", 0) == 3:
            raise RuntimeError("out of memory")
        batch.num_steps = getattr(batch, "num_steps", 0) + 1
        return step(batch)

    monkeypatch.setattr(Batch, "step", fails_later)
    with Scheduler(lm) as scheduler:
        every = updates(scheduler, "Once upon")
    assert every[-1].finished is None and every[-1].problem["en"] == "The model failed at this text: out of memory"
    assert every[-1].view["stop_reason"] == "failed" and every[-1].view["steps"] == []
    assert "处理这段文本时出错" in every[-1].problem["zh"]


def test_texts_written_at_once_do_not_mix(scheduler):
    alone = {text: updates(scheduler, text)[-1].finished.text for text in ("Once upon", "从前有")}
    together = {}

    def run(text):
        together[text] = updates(scheduler, text)[-1].finished.text

    threads = [threading.Thread(target=run, args=(text,)) for text in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone
