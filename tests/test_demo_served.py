"""The page as it is served: its own addresses, what they refuse, its login, and the page around a model on a server."""

import threading

import pytest
from starlette.testclient import TestClient

from aigc_toolkit import Scheduler, attention_view, capture_attention, load_model
from aigc_toolkit.demo import Operator, build_demo, writing
from aigc_toolkit.demo.dialogue import answered, asked
from aigc_toolkit.demo.page import serve
from aigc_toolkit.demo.stops import Stops
from aigc_toolkit.demo.writing import written
from tests.openai_server import Server, model_answers


@pytest.fixture(scope="module")
def view(lm):
    return attention_view(capture_attention(lm, "Mia lost her lantern."))


@pytest.fixture(scope="module")
def remote():
    with pytest.MonkeyPatch.context() as patch, Server(model_answers(load_model("story", device="cpu"))) as server:
        patch.delenv("AIGC_API_KEY", raising=False)
        patch.delenv("OPENAI_API_KEY", raising=False)
        yield load_model(server.address)


def test_a_model_on_a_server_writes_and_answers_on_the_page(remote):
    with Scheduler(remote, max_sequences=2) as scheduler:
        last = list(written(scheduler, Stops(), "a", "Once upon a time", {"temperature": 0, "max_new_tokens": 5}))[-1]
        assert last.finished.text and not writing.whole(last.finished)["can_branch"]
        talk = list(
            answered(scheduler, Stops(), "a", asked((), "Hello"), system="", settings={"temperature": 0, "max_new_tokens": 5})
        )
        assert talk[-1].turns[-1].role == "assistant" and talk[-1].problem is None


def test_a_page_around_a_server_shows_no_tab_for_attention(remote):
    config = build_demo(remote).blocks.get_config_file()
    shown = {part["props"]["id"]: part["props"]["visible"] for part in config["components"] if part["type"] == "tabitem"}
    assert remote.address in str(config) and not shown["look"] and shown["write"] and shown["chat"]


def test_the_operator_decides_where_and_for_whom_the_page_is_served(lm):
    demo = build_demo(lm, Operator(host="127.0.0.2", login=("teacher", "secret"), max_threads=9))
    serve(demo, prevent_thread_lock=True, quiet=True)
    try:
        assert demo.blocks.local_url.startswith("http://127.0.0.2:")
        with TestClient(demo.blocks.app) as client:
            assert client.get("/config").status_code == 401
            client.post("/login", data={"username": "teacher", "password": "secret"})
            assert client.get("/config").status_code == 200
    finally:
        demo.blocks.close()


def test_a_token_is_written_before_the_first_visitor_comes(lm, monkeypatch):
    demo, written_by = build_demo(lm), []
    monkeypatch.setattr(Scheduler, "stream", lambda self, prompt, **settings: written_by.append((self, settings)) or ())
    serve(demo, prevent_thread_lock=True, quiet=True)
    demo.blocks.close()
    for thread in threading.enumerate():
        if thread.name == "first text":
            thread.join()
    scheduler = demo.models.first.scheduler
    assert [given for by, given in written_by if by is scheduler] == [{"max_new_tokens": 1, "num_alternatives": 0}]


@pytest.fixture(scope="module")
def served(lm):
    demo = build_demo(lm)
    serve(demo, prevent_thread_lock=True, quiet=True)
    yield demo
    demo.blocks.close()


def test_the_addresses_serve_the_payload_and_what_its_view_asks_for(served, view):
    address = f"/gradio_api/aigc/view/{served.store.put(view, session='a', num_bytes=1)}"
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
        answer = client.get(f"/gradio_api/aigc/view/{name}/{asked}")
        assert answer.status_code == 400 and answer.json()["error"].startswith(message)


@pytest.mark.parametrize("place", ["", "/tiles?of=0&kind=decoder&layer=0"])
def test_a_result_that_is_gone_says_so(served, place):
    with TestClient(served.blocks.app) as client:
        answer = client.get(f"/gradio_api/aigc/view/guessed{place}")
        assert answer.status_code == 404 and "Press the button it came from again" in answer.json()["error"]


def test_a_page_with_a_login_refuses_strangers(lm, view):
    demo = build_demo(lm)
    serve(demo, prevent_thread_lock=True, quiet=True, auth=("teacher", "secret"))
    try:
        name = demo.store.put(view, session="a", num_bytes=1)
        tiles = f"/gradio_api/aigc/view/{name}/tiles?of=0&kind=decoder&layer=0"
        with TestClient(demo.blocks.app) as client:
            assert client.get(f"/gradio_api/aigc/view/{name}").status_code == 401
            assert client.get(tiles).status_code == 401
            client.post("/login", data={"username": "teacher", "password": "secret"})
            assert client.get(tiles).status_code == 200
    finally:
        demo.blocks.close()
