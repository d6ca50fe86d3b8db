"""Who waits for a model, who comes next, and who is refused."""

import threading
from itertools import islice

import pytest
from shared_texts import GREEDY, PROMPTS, held, until, written

from aigc_toolkit import Scheduler
from aigc_toolkit.generation.batch import Batch


def test_a_place_is_told_and_portions_are_empty_until_it_is_there(lm, monkeypatch):
    go = held(lm, monkeypatch)
    with Scheduler(lm, max_sequences=1) as scheduler:
        first, second, third = (scheduler.stream(prompt, **GREEDY) for prompt in PROMPTS[:3])
        until(lambda: first.place == 0)
        assert (second.place, third.place) == (1, 2)
        assert next(third.portions(lambda: 0.001)) == []
        go.set()
        assert written(third) and third.place == 0
        assert written(first) and written(second)


def test_one_text_too_many_is_refused(lm, monkeypatch):
    go = held(lm, monkeypatch)
    with Scheduler(lm, max_sequences=1, max_waiting=2) as scheduler:
        first = scheduler.stream("Once", **GREEDY)
        until(lambda: first.place == 0)
        waiting = [scheduler.stream("Once", **GREEDY) for _ in range(2)]
        with pytest.raises(Scheduler.Full, match=r"2 texts are waiting to be written; 2 may wait\. Try again"):
            scheduler.stream("Once", **GREEDY)
        go.set()
        assert all(written(each) for each in waiting)


def test_who_has_the_fewest_running_comes_next(lm, monkeypatch):
    go = held(lm, monkeypatch)
    begun, add = [], Batch.add

    def noted_add(batch, start, settings, **options):
        begun.append(start.text)
        return add(batch, start, settings, **options)

    monkeypatch.setattr(Batch, "add", noted_add)
    with Scheduler(lm, max_sequences=2) as scheduler:
        short, long = GREEDY | {"max_new_tokens": 2}, GREEDY | {"max_new_tokens": 30}
        running = [scheduler.stream("long of a", user="a", **long)]
        until(lambda: running[0].place == 0)  # the first step waits, so what follows waits too
        running += [scheduler.stream(text, user=text[-1], **short) for text in ("x of b", "y of a", "z of a", "w of c")]
        go.set()
        assert all(written(each) for each in running)
    assert begun[:3] == ["long of a", "x of b", "w of c"]  # "a" has one running all the while
    assert begun[3:] == ["y of a", "z of a"]


def test_a_text_stopped_while_it_waits_leaves_the_line_at_once(lm, monkeypatch):
    go, stop = held(lm, monkeypatch), threading.Event()
    with Scheduler(lm, max_sequences=1, max_waiting=2) as scheduler:
        first = scheduler.stream("Once", **GREEDY)
        until(lambda: first.place == 0)
        stopped, next_one = scheduler.stream("Once", stop_event=stop, **GREEDY), scheduler.stream("Once", **GREEDY)
        assert (stopped.place, next_one.place) == (1, 2)
        stop.set()
        last = scheduler.stream("Once", **GREEDY)  # there is room for it
        assert (stopped.place, next_one.place, last.place) == (0, 1, 2)
        assert list(stopped) == [] and stopped.stop_reason == "cancelled"
        go.set()
        assert all(written(each) for each in (first, next_one, last))


@pytest.mark.parametrize("read", [list, lambda shared: list(islice(shared.portions(lambda: 0.001), 1000))[-1]])
def test_who_reads_a_text_that_is_stopped_while_it_waits_need_not_wait(lm, monkeypatch, read):
    go, stop = held(lm, monkeypatch), threading.Event()
    with Scheduler(lm, max_sequences=1) as scheduler:
        first = scheduler.stream("Once", **GREEDY)
        until(lambda: first.place == 0)
        stopped = scheduler.stream("Once", stop_event=stop, **GREEDY)
        threading.Timer(0.1, stop.set).start()  # while it is read
        assert read(stopped) == [] and stopped.stop_reason == "cancelled"
        go.set()
        assert written(first)


def test_the_time_of_a_text_begins_with_its_turn(lm, monkeypatch):
    go = held(lm, monkeypatch)
    with Scheduler(lm, max_sequences=1) as scheduler:
        first = scheduler.stream("Once", **GREEDY)
        until(lambda: first.place == 0)
        waiting = scheduler.stream("Once", max_time=60, **GREEDY)
        assert next(waiting.portions(lambda: 0.001)) == [] and waiting.source.wish._began is None
        go.set()
        assert written(waiting) and written(first)
