"""The page without a browser: its words, its store, its addresses, its answers to bad input."""

import threading

import pytest
from gradio_client import Client
from starlette.testclient import TestClient

from aigc_toolkit import attention_view, capture_attention
from aigc_toolkit.demo import build_demo
from aigc_toolkit.demo.page import serve
from aigc_toolkit.demo.store import ResultStore
from aigc_toolkit.demo.texts import MESSAGES, TEXTS, message
from aigc_toolkit.demo.write_tab import Stops, written


def test_both_languages_have_every_word():
    assert TEXTS["en"].keys() == TEXTS["zh"].keys()
    assert all(len(pair) == 2 and all(pair) for pair in MESSAGES.values())


def test_a_message_comes_in_both_languages():
    assert message("surrogate", position=3)["en"].count("3") == 1
    assert "3" in message("surrogate", position=3)["zh"]


@pytest.fixture(scope="module")
def view(lm):
    return attention_view(capture_attention(lm, "Mia lost her lantern."))


def test_the_store_gives_back_what_it_keeps_until_its_budget_is_full(view):
    store = ResultStore(budget_bytes=100)
    first = store.put(view, session="a", num_bytes=60)
    assert store.get(first) is view and store.get("guessed") is None
    second = store.put(view, session="a", num_bytes=60)
    assert store.get(first) is None and store.get(second) is view
    assert len(first) >= 30 and first != second


def test_the_result_used_last_stays_longest(view):
    store = ResultStore(budget_bytes=100)
    first, second = (store.put(view, session="a", num_bytes=40) for _ in range(2))
    store.get(first)
    store.put(view, session="a", num_bytes=40)
    assert store.get(first) is view and store.get(second) is None


def test_a_session_takes_its_results_along(view):
    store = ResultStore()
    mine, other = store.put(view, session="a", num_bytes=1), store.put(view, session="b", num_bytes=1)
    store.drop_session("a")
    assert store.get(mine) is None and store.get(other) is view


def test_stopping_ends_the_text_of_that_session_alone():
    stops = Stops()
    mine, other = stops.start("a"), stops.start("b")
    stops.stop("a")
    assert mine.is_set() and not other.is_set()
    stops.stop("nobody")
    newer = stops.start("b")
    stops.end("b", other)
    assert other.is_set() and not newer.is_set()


def updates(lm, text, **changes):
    settings = dict(temperature=0.0, top_k=0, top_p=1.0, length=12, seed=0) | changes
    return list(written(lm, Stops(), "a", text, **settings))


def test_writing_streams_and_ends_with_the_generation(lm):
    *_, (last, generation) = every = updates(lm, "Once upon")
    assert every[0][0]["steps"] == [] and every[0][1] is None
    assert last["type"] == "append" and last["stop_reason"] == generation.stop_reason
    positions = {step["position"] for update, _ in every[1:] for step in update["steps"]}
    assert len(positions) == len(generation.tokens) == 12


def test_no_token_is_lost_when_many_come_between_two_updates(lm, monkeypatch):
    monkeypatch.setattr("aigc_toolkit.demo.write_tab.SECONDS_BETWEEN_UPDATES", 60)
    every = updates(lm, "Once upon", length=40)
    assert len(every) == 3
    assert [step["position"] for step in every[-1][0]["steps"]] == [step.position for step in every[-1][1].tokens]


def test_a_stopped_text_says_so(lm):
    stops = Stops()
    running = written(lm, stops, "a", "Once", temperature=0.0, top_k=0, top_p=1.0, length=100, seed=0)
    next(running), next(running)
    stops.stop("a")
    *_, (_, generation) = running
    assert generation.stop_reason == "cancelled" and len(generation.tokens) < 100


@pytest.mark.parametrize(
    ("text", "changes", "english"),
    [
        ("word " * 20_000, {}, "tokens; the model reads at most 128"),
        ("half \ud83d", {}, "half of a character at position 5"),
        ("Once", {"temperature": -1.0}, "out of range: temperature is -1"),
        ("Once", {"top_p": 0.0}, "out of range: top_p is 0"),
        ("Once", {"length": 0}, "out of range: max_new_tokens is 0"),
        ("Once", {"temperature": "<b>"}, "out of range"),
    ],
)
def test_bad_input_gets_a_message_in_both_languages(lm, text, changes, english):
    ((update, generation),) = updates(lm, text, **changes)
    assert update["kind"] == "error" and generation is None
    assert english in update["en"] and update["zh"]


@pytest.mark.parametrize("text", ["", "👩‍👩‍👧🎈", "<img src=x onerror=alert(1)>", "a\x00b", "​‮"])
def test_odd_input_is_written_on(lm, text):
    assert updates(lm, text)[-1][1] is not None


@pytest.fixture(scope="module")
def served(lm):
    demo = build_demo(lm)
    serve(demo, prevent_thread_lock=True, quiet=True)
    yield demo
    demo.blocks.close()


def test_programs_can_write_and_look(served):
    client = Client(served.blocks.local_url, verbose=False)
    looked = client.predict("Mia lost her lantern.", api_name="/look")
    assert "/gradio_api/aigc/attention/" in str(looked)
    assert "append" in str(client.predict("Once", 0, 0, 1, 5, 0, api_name="/write"))


def test_the_addresses_serve_the_payload_and_what_its_view_asks_for(served, view):
    address = f"/gradio_api/aigc/attention/{served.store.put(view, session='a', num_bytes=1)}"
    head = {"of": 0, "kind": "decoder", "layer": 1, "head": 3}
    num_tokens = len(view.payload()["attentions"][0]["parts"]["decoder"]["tokens"])
    with TestClient(served.blocks.app) as client:
        assert client.get(address).json() == view.payload()
        rows = client.get(f"{address}/rows", params={**head, "first": 2, "end": 4})
        assert rows.content == view.request("rows", **head, first=2, end=4)
        assert rows.headers["content-type"] == "application/octet-stream" and "private" in rows.headers["cache-control"]
        region = client.get(f"{address}/region", params={**head, "rows": f"0,{num_tokens}", "columns": "0,3", "size": 2})
        assert region.content == view.request("region", **head, rows=[0, num_tokens], columns=[0, 3], size=2)
        tiles = {"of": 0, "kind": "decoder", "layer": 1}
        assert client.get(f"{address}/tiles", params=tiles).content == view.request("tiles", **tiles)
        cell = {**head, "query": 3, "key": 1}
        assert client.get(f"{address}/cell", params=cell).json() == view.request("cell", **cell)
        scores = {"of": 0, "kind": "decoder"}
        assert client.get(f"{address}/scores", params=scores).json() == view.request("scores", **scores)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("rows?of=0&kind=decoder&layer=1&head=4&first=0&end=1", "head is 4. Allowed: 0 to 3. Choose one of these."),
        ("rows?of=0&kind=decoder&layer=-1&head=0&first=0&end=1", "layer is '-1'. Allowed"),
        (
            "rows?of=0&kind=decoder&layer=1&layer=0&head=0&first=0&end=1",
            "'layer' was asked. Arguments are names like layer, once each",
        ),
        ("rows?self=1", "'self' was asked"),
        ("region?of=0&kind=decoder&layer=1&head=0&rows=0,1,2&columns=0,1&size=4", "rows are [0, 1, 2]. Allowed"),
        ("region?of=0&kind=decoder&layer=1&head=0&rows=0,x&columns=0,1&size=4", "rows are [0, 'x']. Allowed"),
        ("payload?of=0&kind=decoder", "The request is 'payload'. Allowed: rows"),
        ("tiles", "tiles was asked with nothing. It takes kind, layer, of."),
    ],
)
def test_the_addresses_refuse_what_is_not_allowed(served, view, asked, message):
    name = served.store.put(view, session="a", num_bytes=1)
    with TestClient(served.blocks.app) as client:
        answer = client.get(f"/gradio_api/aigc/attention/{name}/{asked}")
        assert answer.status_code == 400 and answer.json()["error"].startswith(message)


@pytest.mark.parametrize("place", ["", "/tiles?of=0&kind=decoder&layer=0"])
def test_a_result_that_is_gone_says_so(served, place):
    with TestClient(served.blocks.app) as client:
        answer = client.get(f"/gradio_api/aigc/attention/guessed{place}")
        assert answer.status_code == 404 and "Press Look again" in answer.json()["error"]


def test_a_page_with_a_login_refuses_strangers(lm, view):
    demo = build_demo(lm)
    serve(demo, prevent_thread_lock=True, quiet=True, auth=("teacher", "secret"))
    try:
        name = demo.store.put(view, session="a", num_bytes=1)
        tiles = f"/gradio_api/aigc/attention/{name}/tiles?of=0&kind=decoder&layer=0"
        with TestClient(demo.blocks.app) as client:
            assert client.get(f"/gradio_api/aigc/attention/{name}").status_code == 401
            assert client.get(tiles).status_code == 401
            client.post("/login", data={"username": "teacher", "password": "secret"})
            assert client.get(tiles).status_code == 200
    finally:
        demo.blocks.close()


def test_texts_written_at_once_do_not_mix(lm):
    alone = {text: updates(lm, text)[-1][1].text for text in ("Once upon", "从前有")}
    together = {}

    def run(text):
        together[text] = updates(lm, text)[-1][1].text

    threads = [threading.Thread(target=run, args=(text,)) for text in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone
