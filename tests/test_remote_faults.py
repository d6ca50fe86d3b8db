"""A server that is slow, silent, broken or gone: what had come is kept, what passes is tried again, the rest is said."""

import gc
import threading

import pytest
from openai_server import Server
from scripted_server import DONE, END, PATIENT, PROMPT, A, B, refuse, say, scripted

from aigc_toolkit.generation import generate, stream
from aigc_toolkit.language_model import load_model
from aigc_toolkit.remote import Limits, RemoteError, RemoteModel


def test_steps_come_while_the_server_writes():
    def waits(request):
        say(A)(request)
        server.open.wait(5)
        say_more(request)

    def say_more(request):
        for event in (B, END):
            request.event({"choices": [event]})
        request.event(DONE)

    with Server(scripted(waits)) as server:
        steps = stream(RemoteModel(server.address, limits=PATIENT), PROMPT)
        assert next(steps).text == "a" and steps.stop_reason is None and not server.open.is_set()
        server.open.set()
        assert [step.text for step in steps] == ["b"] and steps.stop_reason == "end_of_text"


def endless(request):
    """Waits for nobody, then writes until the client is gone."""
    say(A)(request)
    while True:
        request.event(": still here")
        threading.Event().wait(0.02)


def silent(server_of):
    def answer(request):
        say(A)(request)
        server_of().open.wait(10)
        request.event({"choices": [B]})

    return answer


def test_a_stop_event_leaves_a_server_that_is_silent():
    with Server(scripted(silent(lambda: server))) as server:
        stop = threading.Event()
        steps = stream(RemoteModel(server.address, limits=PATIENT), PROMPT, stop_event=stop)
        next(steps)
        stop.set()
        assert list(steps) == [] and steps.stop_reason == "cancelled" and steps.generation().text == "a"


@pytest.mark.parametrize("how", ["stop", "close", "forget"])
def test_a_server_sees_that_nobody_listens_any_more(how):
    with Server(scripted(endless)) as server:
        stop = threading.Event()
        steps = stream(RemoteModel(server.address, limits=PATIENT), PROMPT, stop_event=stop)
        next(steps)
        if how == "stop":
            stop.set()
            assert list(steps) == []
        elif how == "close":
            steps.close()
        else:
            del steps
            gc.collect()
        assert server.left.wait(5)


def test_the_time_limit_holds_for_a_server_that_is_silent():
    with Server(scripted(silent(lambda: server))) as server:
        generation = generate(RemoteModel(server.address, limits=PATIENT), PROMPT, max_time=0.2)
    assert generation.stop_reason == "max_time" and generation.text == "a"


def test_malformed_lines_are_passed_over():
    lines = say(
        "data: {broken",
        A,
        ": a comment",
        "event: noise",
        "data: [1, 2]",
        "data: null",
        'data: {"choices": []}',
        'data: {"choices": [3]}',
        'data: {"usage": {"total_tokens": 2}}',
        {"text": None},
        B,
        END,
        DONE,
    )
    with Server(scripted(lines)) as server:
        generation = generate(RemoteModel(server.address, limits=PATIENT), PROMPT)
    assert generation.text == "ab" and generation.stop_reason == "end_of_text"
    assert [(step.logprob, step.rank, step.alternatives) for step in generation.tokens] == [(None, None, ())] * 2


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (say(A), "ended in the middle of an answer. Ask again"),
        (say(A, {"error": {"message": "out of memory"}}), "failed in the middle of an answer: out of memory."),
        (silent(lambda: Waiting), "said nothing for 0.3 seconds in the middle of an answer. Ask again, or give it more time"),
        (lambda request: request.reply({"choices": []}), "/completions does not stream: it gave 'application/json'"),
    ],
    ids=["dropped", "failed", "slow", "no stream"],
)
def test_an_answer_that_breaks_off_raises_and_keeps_what_had_come(answer, message):
    limits = Limits(silence_seconds=0.3, first_delay_seconds=0.01)
    with Server(scripted(answer)) as server:
        steps = stream(RemoteModel(server.address, limits=limits), PROMPT)
        with pytest.raises(RemoteError, match=message):
            list(steps)
        with pytest.raises(RemoteError, match=message):
            next(steps)
        assert steps.generation().stop_reason is None and steps.generation().text in ("a", "")


class Waiting:
    """A server that nothing opens."""

    open = threading.Event()


def test_passing_faults_are_tried_again():
    whole = say(A, END, DONE)
    answers = (refuse(500), refuse(429, Retry_After="0.01"), refuse(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), whole)
    with Server(scripted(*answers)) as server:
        remote = RemoteModel(server.address, limits=PATIENT)
        before = len(server.asked)
        assert generate(remote, PROMPT).text == "a" and len(server.asked) == before + 4


def test_the_wait_a_server_asks_for_is_kept_and_can_be_broken_off():
    with Server(scripted(refuse(429, Retry_After="20"))) as server:
        limits = Limits(longest_delay_seconds=20)
        stop = threading.Event()
        steps = stream(RemoteModel(server.address, limits=limits), PROMPT, stop_event=stop)
        threading.Timer(0.2, stop.set).start()
        assert list(steps) == [] and steps.stop_reason == "cancelled"
        assert sum(body.get("stream", False) for _, body, _ in server.asked) == 1


@pytest.mark.parametrize(("status", "num_tries"), [(500, 4), (429, 4), (400, 1), (404, 1)])
def test_what_a_server_says_is_passed_on_when_it_stays_so(status, num_tries):
    with Server(scripted(refuse(status))) as server:
        remote = RemoteModel(server.address, limits=PATIENT)
        with pytest.raises(RemoteError, match=f"/completions answered {status}: no, not now.") as failure:
            generate(remote, PROMPT)
        assert failure.value.status == status
        assert sum(body.get("stream", False) for _, body, _ in server.asked) == num_tries


def test_a_server_that_is_not_there():
    with Server(scripted(say(A))) as gone:
        pass
    with pytest.raises(RemoteError, match=r"cannot be reached \(ConnectError: .*a running server is needed. Check the address"):
        RemoteModel(gone.address, "m", limits=PATIENT)


def test_an_answer_that_is_no_json():
    with Server(lambda request: request.reply(b"<html>")) as server, pytest.raises(RemoteError, match="gave no whole JSON .*Check"):
        load_model(server.address)
