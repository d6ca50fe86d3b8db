"""What programs ask the page for, through gradio's own client, and what an MCP client sees of it."""

import json
import urllib.request
from types import SimpleNamespace

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from aigc_toolkit import capture_attention, chat, generate, score, summarize
from aigc_toolkit.demo import Operator, build_demo, endpoints
from aigc_toolkit.demo.endpoints import _must_be_here
from aigc_toolkit.demo.page import serve

NAMES = {"/write", "/chat", "/summarize", "/score", "/attention", "/heads", "/models"}


@pytest.fixture(scope="module")
def served(lm):
    demo = build_demo(lm, Operator(max_characters=1000, max_new_tokens=50))
    serve(demo, prevent_thread_lock=True, quiet=True)
    yield demo
    demo.blocks.close()


@pytest.fixture(scope="module")
def client(served):
    return Client(served.blocks.local_url, verbose=False)


def test_the_page_has_these_endpoints_and_no_other(client):
    listed = client.view_api(return_format="dict")
    assert set(listed["named_endpoints"]) == NAMES and listed["unnamed_endpoints"] == {}
    for endpoint in listed["named_endpoints"].values():
        assert endpoint["description"] and all(part["parameter_name"] for part in endpoint["parameters"])


def test_a_text_is_written(client, lm):
    made = client.predict("Once upon", max_new_tokens=5, temperature=0, api_name="/write")
    alone = generate(lm, "Once upon", max_new_tokens=5, temperature=0)
    assert made["text"] == alone.text and made["stop_reason"] == alone.stop_reason and made["model"] == lm.name
    assert [token["id"] for token in made["tokens"]] == [step.id for step in alone.tokens]
    assert made["tokens"][0]["logprob"] == pytest.approx(alone.tokens[0].logprob)


def test_a_message_is_answered(client, lm):
    messages = [{"role": "user", "content": "Hello"}]
    assert client.predict(messages, max_new_tokens=5, api_name="/chat")["reply"] == (
        chat(lm, messages, max_new_tokens=5, temperature=0).text.strip()
    )


def test_a_text_is_summed_up(client, lm):
    text = "Mia lost her red lantern."
    made = client.predict(text, max_new_tokens=5, api_name="/summarize")
    assert made["summary"] == summarize(lm, text, max_new_tokens=5).summary and made["method"] == "continued"


def test_a_text_is_scored(client, lm):
    made = client.predict("Mia lost her lantern.", api_name="/score")
    assert made["perplexity"] == pytest.approx(score(lm, "Mia lost her lantern.").perplexity)
    assert made["tokens"][0]["logprob"] is None and made["tokens"][1]["logprob"] < 0


def test_the_attention_of_a_head_is_given(client, lm):
    made = client.predict("Mia lost her lantern.", 1, 3, api_name="/attention")
    attention = capture_attention(lm, "Mia lost her lantern.")
    assert made["tokens"] == list(attention.tokens) and (made["num_layers"], made["num_heads"]) == (2, 4)
    assert made["weights"] == [[pytest.approx(float(weight), abs=1e-6) for weight in row] for row in attention.weights(1, 3)]
    assert made["max_error"] < 1e-4


def test_every_head_is_measured(client):
    made = client.predict("Mia lost her lantern.", api_name="/heads")
    assert [(row["layer"], row["head"]) for row in made["heads"]] == [(layer, head) for layer in range(2) for head in range(4)]
    assert "previous_token" in made["definitions"]


def test_the_models_are_listed(client, lm):
    assert client.predict(api_name="/models") == {"models": [lm.name, "story"], "first": lm.name}


@pytest.mark.parametrize(
    ("endpoint", "given", "message"),
    [
        ("/write", {"prompt": "Once", "temperature": -1}, "temperature is -1"),
        ("/write", {"prompt": "Once" * 300}, "1,200 characters; 1,000 are allowed"),
        ("/write", {"prompt": "Once", "model": "someone/else"}, "is not allowed on this page"),
        ("/chat", {"messages": []}, "There is no message"),
        ("/attention", {"text": "Mia", "layer": 7}, "layer is 7"),
        ("/score", {"text": "x", "model": "★ theirs"}, "no longer kept"),
    ],
)
def test_what_is_wrong_with_a_request_is_told(client, endpoint, given, message):
    with pytest.raises(AppError) as refused:
        client.predict(**given, api_name=endpoint)
    assert message in str(refused.value)


def test_a_text_of_too_many_tokens_is_refused_before_the_model_reads_it(client, monkeypatch):
    monkeypatch.setattr(endpoints, "MOST_TOKENS", 3)
    monkeypatch.setattr(endpoints, "capture_attention", lambda *given: pytest.fail("it was read"))
    with pytest.raises(AppError, match=r"The text has \d+ tokens; 3 are allowed for one answer. Shorten it."):
        client.predict("Mia lost her lantern.", api_name="/attention")


def test_the_description_says_how_many_tokens_are_allowed():
    assert f"at most {endpoints.MOST_TOKENS} tokens" in endpoints._attention(None).__doc__


def test_the_operators_limits_hold_for_programs(client):
    assert len(client.predict("Once", max_new_tokens=400, temperature=0, api_name="/write")["tokens"]) <= 50


def test_an_mcp_client_sees_the_same_tools(lm, monkeypatch):
    monkeypatch.setenv("GRADIO_MCP_SERVER", "True")  # as the README says
    demo = build_demo(lm)
    serve(demo, prevent_thread_lock=True, quiet=True)
    try:
        with urllib.request.urlopen(f"{demo.blocks.local_url}gradio_api/mcp/schema") as answer:
            tools = json.load(answer)
    finally:
        demo.blocks.close()
    assert {tool["name"].split("_", 1)[-1] for tool in tools} >= {name.strip("/") for name in NAMES}
    (write,) = [tool for tool in tools if tool["name"].endswith("write")]
    assert "probability" in write["description"]
    assert "most likely token" in write["inputSchema"]["properties"]["temperature"]["description"]


def test_what_a_server_cannot_give_is_refused():
    with pytest.raises(ValueError, match="'qwen' runs on a server, .* a model that runs here is needed. Name another"):
        _must_be_here(SimpleNamespace(name="qwen", is_here=False))
