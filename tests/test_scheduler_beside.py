"""What no batch holds, beams and long texts and those of a server: written beside it, and served and counted like all others."""

import threading
from itertools import islice

import pytest
from openai_server import Server
from scripted_server import DONE, END, PATIENT, A, B, say, scripted
from shared_texts import GREEDY, held, together, until, written

from aigc_toolkit import Scheduler, generate
from aigc_toolkit.generation.batch import Batch
from aigc_toolkit.generation.beams import beam_choices
from aigc_toolkit.remote import RemoteModel

BEAMS = GREEDY | {"num_beams": 2}


def test_what_no_batch_holds_is_written_beside_it(lm, scheduler, monkeypatch):
    beams = GREEDY | {"num_beams": 3}
    texts = together([lambda: written(scheduler.stream("Once", **beams)), lambda: written(scheduler.stream("Once", **GREEDY))])
    assert texts == [generate(lm, "Once", **beams).text, generate(lm, "Once", **GREEDY).text]
    monkeypatch.setattr("aigc_toolkit.generation.scheduler.LONGEST", 8)
    with Scheduler(lm) as small:
        assert written(small.stream("Once upon a time", **GREEDY)) == generate(lm, "Once upon a time", **GREEDY).text


def test_a_failure_beside_the_batch_is_told(scheduler, monkeypatch):
    def failing(stream):
        raise ValueError("no beam")

    monkeypatch.setattr("aigc_toolkit.generation.decoding.TokenStream.__next__", failing)
    with pytest.raises(ValueError, match="no beam"):
        list(scheduler.stream("Once", **GREEDY, num_beams=3))


@pytest.fixture
def go(monkeypatch) -> threading.Event:
    """A text of beams waits with its first token until the event is set."""
    go = threading.Event()

    def waiting_choices(*given):
        assert go.wait(timeout=60)
        yield from beam_choices(*given)

    monkeypatch.setattr("aigc_toolkit.generation.decoding.beam_choices", waiting_choices)
    return go


def begun(scheduler, prompt, **settings):
    """A text that has come to be written."""
    shared = scheduler.stream(prompt, **settings)
    until(lambda: shared.place == 0)
    return shared


@pytest.fixture
def pauses() -> dict[str, threading.Event]:
    """What an answer to a prompt waits for after its first token."""
    return {"long of a": threading.Event(), "short of c": threading.Event()}


@pytest.fixture
def server(pauses):
    def answer(request):
        say(A)(request)
        prompt = request.body["prompt"]
        assert prompt not in pauses or pauses[prompt].wait(timeout=60)
        for event in (B, END):
            request.event({"choices": [event]})
        request.event(DONE)

    with Server(scripted(answer)) as server:
        yield server


@pytest.fixture
def remote(server):
    return RemoteModel(server.address, limits=PATIENT)


def test_a_text_beside_the_batch_counts_as_running(lm, go):
    with Scheduler(lm) as scheduler:
        beside = begun(scheduler, "Once", **BEAMS)
        assert scheduler.num_running == 1
        go.set()
        assert written(beside)
        until(lambda: scheduler.num_running == 0)


def test_whose_text_is_written_beside_the_batch_comes_later_in_it(lm, go, monkeypatch):
    added, add, step = [], Batch.add, held(lm, monkeypatch)

    def noted_add(batch, start, settings, **options):
        added.append(start.text)
        return add(batch, start, settings, **options)

    monkeypatch.setattr(Batch, "add", noted_add)
    with Scheduler(lm, max_sequences=1) as scheduler:
        beside, first = begun(scheduler, "beams of a", user="a", **BEAMS), begun(scheduler, "x of c", user="c", **GREEDY)
        waiting = [scheduler.stream(text, user=text[-1], **GREEDY) for text in ("y of a", "z of b")]
        step.set()
        assert all(written(each) for each in (first, *waiting))
        go.set()
        assert written(beside)
    assert added == ["x of c", "z of b", "y of a"]


def test_texts_of_a_server_count_as_running_and_for_fairness(pauses, remote, server):
    with Scheduler(remote, max_sequences=2) as scheduler:
        running = [begun(scheduler, prompt, user=prompt[-1]) for prompt in pauses]
        assert scheduler.num_running == 2
        waiting = [scheduler.stream(prompt, user=prompt[-1]) for prompt in ("y of a", "z of b")]
        pauses["short of c"].set()
        assert [written(each) for each in waiting] == ["ab", "ab"]
        pauses["long of a"].set()
        assert [written(each) for each in running] == ["ab", "ab"]
        until(lambda: scheduler.num_running == 0)
    prompts = [body["prompt"] for _, body, _ in server.asked if body.get("stream")]
    assert prompts[2:] == ["z of b", "y of a"]  # "a" has one running all the while


def close_while_it_writes(scheduler, go) -> None:
    """Close it, and let its texts go on once it takes no more."""
    closing = threading.Thread(target=scheduler.close)
    closing.start()
    until(lambda: scheduler._closed)
    go.set()
    closing.join()


def check_that_closing_is_told(shared) -> None:
    for read in (lambda: list(islice(shared.portions(lambda: 0.001), 1000)), lambda: next(shared)):
        with pytest.raises(RuntimeError, match="scheduler was closed while this text was being written"):
            read()


def test_who_reads_a_text_beside_the_batch_is_told_of_the_closing(lm, go):
    scheduler = Scheduler(lm)
    beside = begun(scheduler, "Once", **BEAMS)
    close_while_it_writes(scheduler, go)
    check_that_closing_is_told(beside)


def test_a_text_beside_the_batch_that_ends_at_the_closing_is_whole(lm, go):
    scheduler = Scheduler(lm)
    beside = begun(scheduler, "Once", **BEAMS | {"max_new_tokens": 1})
    close_while_it_writes(scheduler, go)
    assert len(list(beside)) == 1 and beside.stop_reason == "max_new_tokens"


def test_who_reads_a_text_of_a_server_is_told_of_the_closing(pauses, remote):
    scheduler = Scheduler(remote)
    shared = scheduler.stream("long of a")
    next(shared)
    close_while_it_writes(scheduler, pauses["long of a"])
    check_that_closing_is_told(shared)
