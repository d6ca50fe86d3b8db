import copy
import gc
import os
import pickle
import socket
import subprocess
import sys
import threading

import pytest
from transformers.utils.import_utils import is_serve_available

from aigc_toolkit import capture_attention, generation_view
from aigc_toolkit.corpora.chat_format import CHAT_TEMPLATE
from aigc_toolkit.generation import Conversation, chat, generate, stream, summarize
from aigc_toolkit.generation.remote import event_steps
from aigc_toolkit.language_model import LanguageModel, load_model
from aigc_toolkit.remote import Connection, Limits, RemoteError, RemoteModel
from tests.openai_server import Server, model_answers
from tests.small_models import small_model

PATIENT = Limits(first_delay_seconds=0.01, longest_delay_seconds=0.05, silence_seconds=5)
PROMPT = "Mia had a red kite. She"
QUESTION = "Mia had a kite. She put the kite in the drawer.\n\nWhere is the kite now?"
KEY = "sk-very-secret"


@pytest.fixture(scope="module")
def story():
    return load_model("story", device="cpu")


@pytest.fixture(scope="module")
def server(story):
    with Server(model_answers(story)) as running:
        yield running


@pytest.fixture(scope="module")
def remote(server):
    return load_model(server.address)


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv("AIGC_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def scripted(*answers):
    """An answer function: plain probes are answered, streams by `answers` in turn, the last one for all that follow."""
    left = list(answers)

    def answer(request):
        if request.path == "/v1/models":
            return request.reply({"data": [{"id": "m"}]})
        if not request.body.get("stream"):
            return request.reply({"choices": [{"text": "x", "message": {"content": "x"}}]})
        return (left.pop(0) if len(left) > 1 else left[0])(request)

    return answer


def say(*events):
    def answer(request):
        request.begin()
        for event in events:
            request.event({"choices": [event]} if isinstance(event, dict) and "error" not in event else event)

    return answer


A, B, END, DONE = {"text": "a"}, {"text": "b"}, {"text": "", "finish_reason": "stop"}, "data: [DONE]"


def refuse(status, **headers):
    return lambda request: request.reply({"error": {"message": "no, not now"}}, status=status, **headers)


def test_what_a_server_can_do_is_tried_out_once_and_said(server, remote, story):
    assert repr(remote) == (
        f"RemoteModel('story' at {server.address}: completions (5 log-probabilities), chat (5 log-probabilities), echo)"
    )
    assert remote.abilities.completes and remote.abilities.chats and remote.abilities.echoes
    before = len(server.asked)
    generate(remote, PROMPT, max_new_tokens=2)
    assert [path for path, *_ in server.asked[before:]] == ["/v1/completions"]


def test_a_remote_text_has_the_numbers_the_server_gives_and_no_others(remote, story):
    there = generate(remote, PROMPT, max_new_tokens=12, temperature=0)
    here = generate(story, PROMPT, max_new_tokens=12, temperature=0, num_alternatives=5)
    assert (there.prompt, there.text, there.stop_reason) == (here.prompt, here.text, here.stop_reason)
    for one, other in zip(there.tokens, here.tokens, strict=True):
        assert (one.text, one.rank) == (other.text, other.rank) and one.logprob == pytest.approx(other.logprob)
        assert {choice.text for choice in one.alternatives} == {choice.text for choice in other.alternatives}
        assert one.id is None and one.entropy is None
    assert there.prompt_ids == () and [step.position for step in there.tokens] == list(range(12))


def test_settings_reach_the_server(server, remote):
    settings = {"temperature": 0.7, "top_p": 0.9, "top_k": 7, "seed": 3, "stop": "."}
    assert generate(remote, PROMPT, max_new_tokens=9, num_alternatives=2, **settings).tokens
    assert server.asked[-1][1] == {
        "model": "story",
        "stream": True,
        "prompt": PROMPT,
        "max_tokens": 9,
        "logprobs": 2,
    } | settings | {"stop": ["."]}


def test_several_prompts_come_one_after_the_other(remote):
    first, second = generate(remote, [PROMPT, "从前"], max_new_tokens=3, temperature=0)
    assert (first.prompt, second.prompt) == (PROMPT, "从前") and second.text


def test_dialogue_with_a_server(remote, story):
    messages = [{"role": "user", "content": QUESTION}]
    assert chat(remote, messages, temperature=0).text == chat(story, messages, temperature=0).text
    talk = Conversation(remote, temperature=0)
    first = talk.reply(QUESTION)
    talk.reply("Who has the kite?")
    assert talk.messages[1]["content"] == first.text.strip() and len(talk.messages) == 4
    assert QUESTION.split("\n")[0] in talk.prompt_text and talk.num_left_out == 0


def test_summary_by_a_server(remote, story):
    text = "Mia had a red kite. She lost it in the park. Tom found it there and gave it back."
    there, here = summarize(remote, text), summarize(story, text)
    assert there.summary == here.summary and there.method == "asked" and there.origin.lm is remote


def test_a_server_without_chat_is_asked_by_plain_lines(story):
    def answer(request):
        return refuse(404)(request) if "chat" in request.path else model_answers(story)(request)

    with Server(answer) as server:
        remote = RemoteModel(server.address, limits=PATIENT)
        assert "no chat" in repr(remote)
        chat(remote, [{"role": "user", "content": "Hello"}], max_new_tokens=2)
        assert server.asked[-1][1]["prompt"] == "User: Hello\nAssistant:" and server.asked[-1][1]["stop"] == ["\nUser:"]
        assert summarize(remote, "Mia ran.", max_new_tokens=2).method == "continued"


def test_a_server_that_only_chats_does_not_go_on_after_a_text(story):
    def answer(request):
        return model_answers(story)(request) if "chat" in request.path or "models" in request.path else refuse(404)(request)

    with Server(answer) as server:
        remote = RemoteModel(server.address, limits=PATIENT)
        with pytest.raises(ValueError, match="answers messages and does not go on after a text: it has no /completions. Use chat"):
            stream(remote, PROMPT)


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


def test_the_key_travels_and_is_kept_nowhere(monkeypatch, caplog, story):
    caplog.set_level("DEBUG")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    monkeypatch.setenv("AIGC_API_KEY", KEY)
    with Server(scripted(say(A, END, DONE), lambda request: request.reply({"error": f"bad key {KEY}"}, status=401))) as server:
        remote = RemoteModel(server.address, limits=PATIENT)
        generation = generate(remote, PROMPT)
        assert {headers["authorization"] for *_, headers in server.asked} == {f"Bearer {KEY}"}
        with pytest.raises(RemoteError, match="answered 401: bad key …. Set the key in the environment variable AIGC_API_KEY"):
            generate(remote, PROMPT)
        monkeypatch.setenv("AIGC_API_KEY", "")
        with pytest.raises(RemoteError):
            generate(remote, PROMPT)
        assert server.asked[-1][2]["authorization"] == "Bearer sk-other"
    assert KEY not in repr(remote) + repr(vars(remote)) + repr(vars(remote._connection)) + repr(generation) + caplog.text
    assert KEY.encode() not in pickle.dumps(generation)


def test_a_key_that_no_header_can_hold_is_not_shown(monkeypatch):
    monkeypatch.setenv("AIGC_API_KEY", "sk-sécret")
    with pytest.raises(ValueError, match="The key in AIGC_API_KEY holds signs that a header cannot; .* Set it again") as failure:
        Connection("http://127.0.0.1:1", PATIENT).ask("/models")
    assert "cret" not in str(failure.value)


def test_a_redirect_does_not_carry_the_key_elsewhere(monkeypatch):
    monkeypatch.setenv("AIGC_API_KEY", KEY)
    with (
        Server(scripted(say(A))) as elsewhere,
        Server(lambda request: request.reply({}, status=307, Location=elsewhere.address)) as server,
    ):
        with pytest.raises(RemoteError, match="answered 307"):
            RemoteModel(server.address, limits=PATIENT)
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ftp://host/v1", "'ftp://host/v1' is no address of a server; http://host:port/v1 or https://… is allowed. Write"),
        ("http:///v1", "is no address of a server"),
        ("http://me:secret@host/v1", "The address of 'host' holds a name, a password or a query; .*variable AIGC_API_KEY"),
        ("http://host/v1?key=secret", "The address of 'host' holds"),
    ],
)
def test_addresses_that_are_refused(address, message):
    with pytest.raises(ValueError, match=message) as failure:
        load_model(address)
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ({"data": []}, "model is not given, and .* has 0 models: . Pass one of them"),
        ({"data": [{"id": "a"}, {"id": "b"}]}, "has 2 models: a, b. Pass one of them"),
        ({"models": ["a"]}, "/models lists no models in OpenAI's form; .*Check it"),
        ([], "lists no models in OpenAI's form"),
    ],
)
def test_a_server_whose_models_do_not_name_one(listed, message):
    with Server(lambda request: request.reply(listed)) as server, pytest.raises(ValueError, match=message):
        load_model(server.address)


def test_an_answer_that_is_no_json():
    with Server(lambda request: request.reply(b"<html>")) as server, pytest.raises(RemoteError, match="gave no whole JSON .*Check"):
        load_model(server.address)


def test_a_model_the_server_does_not_have(server):
    with pytest.raises(ValueError, match="neither completes nor chats with 'other': .*answered 404: no model other. A server with"):
        load_model(server.address, model="other")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"num_beams": 4, "temperature": 0},
            "num_beams is given, but a server of this protocol has no such setting; temperature, .*Leave",
        ),
        ({"bad_words": ["kite"]}, "bad_words is given, but"),
        ({"num_alternatives": 6}, "num_alternatives is 6; http.* gives 5 for a token. Ask for at most so many"),
        ({"temperature": -1}, "temperature is -1"),
        ({"max_new_tokens": 0}, "max_new_tokens is 0"),
    ],
)
def test_settings_that_no_server_has_are_refused(remote, settings, message):
    with pytest.raises(ValueError, match=message):
        generate(remote, PROMPT, **settings)


def test_what_needs_weights_says_so(remote):
    generation = generate(remote, PROMPT, max_new_tokens=2)
    with pytest.raises(ValueError, match="was written by RemoteModel.*needs a model on this computer. Use the one generate"):
        generation.branch(1, "a")
    with pytest.raises(TypeError, match="lm is a RemoteModel; attention can only be read from weights on this computer"):
        capture_attention(remote, PROMPT)
    with pytest.raises(TypeError, match="The prompt is a tuple; a server reads a text. Pass it as str"):
        stream(remote, (1, 2))


def test_a_view_shows_no_number_that_nobody_measured(remote):
    step = generation_view(generate(remote, PROMPT, max_new_tokens=1, temperature=0)).payload()["steps"][0]
    assert {"logprob", "rank"} <= set(step) and "entropy" not in step
    assert step["id"] in [alternative["id"] for alternative in step["alternatives"]]
    with Server(scripted(say(A, END, DONE))) as server:
        step = generation_view(generate(RemoteModel(server.address, limits=PATIENT), PROMPT)).payload()["steps"][0]
    assert step == {"id": "a", "text": "a", "position": 0, "alternatives": []}


def test_events_of_several_tokens_and_of_loose_bytes():
    numbers = {"tokens": ["a", "b"], "token_logprobs": [-1.0, None], "top_logprobs": [{"c": -0.5, "a": -1.0}, None]}
    first, second = event_steps({"text": "ab", "logprobs": numbers}, 4, 1)
    assert (first.text, first.logprob, first.rank, first.position) == ("a", -1.0, 2, 4)
    assert [choice.text for choice in first.alternatives] == ["c"]
    assert (second.text, second.logprob, second.rank, second.position) == ("b", None, None, 5)
    bytes_of_one = {"content": [{"token": "\\xe4", "logprob": -1}, {"token": "\\xb8\\xad", "logprob": -2, "top_logprobs": None}]}
    steps = event_steps({"delta": {"content": "中"}, "logprobs": bytes_of_one}, 0, 5)
    assert [(step.text, step.logprob) for step in steps] == [("", -1.0), ("中", -2.0)]
    assert (
        event_steps({"delta": {"role": "assistant"}}, 0, 5) == event_steps({"text": "", "logprobs": {"tokens": None}}, 0, 5) == []
    )


@pytest.mark.skipif(not is_serve_available(), reason="transformers serve needs the package openai")
def test_transformers_own_server_in_a_process_of_its_own(tokenizer, tmp_path):
    tokenizer = copy.deepcopy(tokenizer)
    tokenizer.chat_template = CHAT_TEMPLATE
    lm = LanguageModel(small_model("gpt2"), tokenizer, "gpt2")
    folder = str(lm.save(tmp_path / "small"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    address = f"http://127.0.0.1:{port}/v1"
    serve = [sys.executable, "-m", "transformers.cli.transformers", "serve", folder, "--host", "127.0.0.1", "--port", port]
    options = {"env": os.environ | {"OMP_NUM_THREADS": "1"}, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*serve, "--device", "cpu"], **options) as process:
        try:
            starting = Limits(num_tries=600, first_delay_seconds=0.2, longest_delay_seconds=0.2)
            Connection(address.removesuffix("/v1"), starting).ask("/health")
            remote = load_model(address, model=folder)
            there = generate(remote, "Mia lost her", max_new_tokens=8, temperature=0)
            answer = chat(remote, [{"role": "user", "content": "Mia?"}], max_new_tokens=4, temperature=0)
        finally:
            process.terminate()
    assert there.text == generate(lm, "Mia lost her", max_new_tokens=8, temperature=0).text
    assert answer.text == chat(lm, [{"role": "user", "content": "Mia?"}], max_new_tokens=4, temperature=0).text
    assert repr(remote).endswith("completions (no log-probabilities), chat (no log-probabilities), no echo)")
    assert {step.logprob for step in there.tokens} == {None} and answer.stop_reason == "max_new_tokens"
