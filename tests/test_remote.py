"""A model on a server: what it writes has the numbers the server gives and no others, and what it lacks is said."""

import copy
import os
import socket
import subprocess
import sys

import pytest
from openai_server import Server, model_answers
from scripted_server import DONE, END, PATIENT, PROMPT, A, refuse, say, scripted
from small_models import small_model
from transformers.utils.import_utils import is_serve_available

from aigc_toolkit import capture_attention, generation_view
from aigc_toolkit.corpora.chat_format import CHAT_TEMPLATE
from aigc_toolkit.generation import Conversation, chat, generate, stream, summarize
from aigc_toolkit.generation.remote import event_steps
from aigc_toolkit.language_model import LanguageModel, load_model
from aigc_toolkit.remote import Connection, Limits, RemoteModel

QUESTION = "Mia had a kite. She put the kite in the drawer.\n\nWhere is the kite now?"


@pytest.fixture(scope="module")
def server(story_lm):
    with Server(model_answers(story_lm)) as running:
        yield running


@pytest.fixture(scope="module")
def remote(server):
    return load_model(server.address)


def test_what_a_server_can_do_is_tried_out_once_and_said(server, remote, story_lm):
    assert repr(remote) == (
        f"RemoteModel('story' at {server.address}: completions (5 log-probabilities), chat (5 log-probabilities), echo)"
    )
    assert remote.abilities.completes and remote.abilities.chats and remote.abilities.echoes
    before = len(server.asked)
    generate(remote, PROMPT, max_new_tokens=2)
    assert [path for path, *_ in server.asked[before:]] == ["/v1/completions"]


def test_a_remote_text_has_the_numbers_the_server_gives_and_no_others(remote, story_lm):
    there = generate(remote, PROMPT, max_new_tokens=12, temperature=0)
    here = generate(story_lm, PROMPT, max_new_tokens=12, temperature=0, num_alternatives=5)
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


def test_dialogue_with_a_server(remote, story_lm):
    messages = [{"role": "user", "content": QUESTION}]
    assert chat(remote, messages, temperature=0).text == chat(story_lm, messages, temperature=0).text
    talk = Conversation(remote, temperature=0)
    first = talk.reply(QUESTION)
    talk.reply("Who has the kite?")
    assert talk.messages[1]["content"] == first.text.strip() and len(talk.messages) == 4
    assert QUESTION.split("\n")[0] in talk.prompt_text and talk.num_left_out == 0


def test_summary_by_a_server(remote, story_lm):
    text = "Mia had a red kite. She lost it in the park. Tom found it there and gave it back."
    there, here = summarize(remote, text), summarize(story_lm, text)
    assert there.summary == here.summary and there.method == "asked" and there.origin.lm is remote


def test_a_server_without_chat_is_asked_by_plain_lines(story_lm):
    def answer(request):
        return refuse(404)(request) if "chat" in request.path else model_answers(story_lm)(request)

    with Server(answer) as server:
        remote = RemoteModel(server.address, limits=PATIENT)
        assert "no chat" in repr(remote)
        chat(remote, [{"role": "user", "content": "Hello"}], max_new_tokens=2)
        assert server.asked[-1][1]["prompt"] == "User: Hello\nAssistant:" and server.asked[-1][1]["stop"] == ["\nUser:"]
        assert summarize(remote, "Mia ran.", max_new_tokens=2).method == "continued"


def test_a_server_that_only_chats_does_not_go_on_after_a_text(story_lm):
    def answer(request):
        return model_answers(story_lm)(request) if "chat" in request.path or "models" in request.path else refuse(404)(request)

    with Server(answer) as server:
        remote = RemoteModel(server.address, limits=PATIENT)
        with pytest.raises(ValueError, match="answers messages and does not go on after a text: it has no /completions. Use chat"):
            stream(remote, PROMPT)


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
