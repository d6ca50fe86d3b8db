"""Where a view's weights come from, in a real browser: Python's messages, a server's addresses; and what goes wrong there."""

import base64
import json
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, Route

from aigc_toolkit.views import attention_view
from aigc_toolkit.views.bundle import STATIC, bundle
from aigc_toolkit.views.state import merged_state
from browser.fake_records import FakeAttention

WORDS = ["Once", " upon", " a", " time"]
ROWS = {"of": 0, "kind": "decoder", "layer": 1, "head": 2, "first": 0, "end": 4}
ADDRESS = "http://page.test/gradio_api/aigc/view/name"
PROBE = """import { byteCache } from "./byte_cache.js";
import { loadPayload, openSource } from "./source.js";
import { checkedState } from "./state_check.js";
import { decodedHash, encodedHash } from "./state_link.js";
export default { byteCache, loadPayload, openSource, checkedState, decodedHash, encodedHash };
"""
START = """async ([module, value]) => {
    const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
    Object.assign(window, (await import(url)).default);
    const listeners = {};
    window.sent = [];
    window.answers = {};
    window.model = {
        get: () => value,
        on: (event, listener) => (listeners[event] ??= new Set()).add(listener),
        off: (event, listener) => listeners[event].delete(listener),
        send: (message) => window.sent.push(message),
        receive: (event, ...given) => listeners[event].forEach((listener) => listener(...given)),
        listening: () => Object.values(listeners).reduce((sum, each) => sum + each.size, 0),
    };
    window.keep = (name, promise) => promise.then(
        (answer) => { window.answers[name] = ArrayBuffer.isView(answer) ? Array.from(answer) : answer; },
        (error) => { window.answers[name] = `failed: ${error.message}`; },
    );
}"""
ANSWER = """([id, data, withBuffer]) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const padded = new Uint8Array(bytes.length + 8);
    padded.set(bytes, 8);
    if (withBuffer) window.model.receive("msg:custom", { id, type: "rows" }, [new DataView(padded.buffer, 8)]);
    else window.model.receive("msg:custom", { id, type: "rows", ...(withBuffer === null ? { data } : {}) }, []);
}"""


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("static")
    for path in STATIC.glob("*.js"):
        (folder / path.name).symlink_to(path)
    (folder / "probe.js").write_text(PROBE)
    return bundle("probe.js", folder=folder)


@pytest.fixture
def view():
    return attention_view(FakeAttention(WORDS))


def opened(page: Page, probe: str, payload: dict) -> None:
    page.evaluate(START, [probe, payload])
    page.evaluate("window.source = openSource(window.model, window.model.get())")


def keep(page: Page, name: str, asked: dict, call: str = "rows") -> None:
    page.evaluate(f"([name, asked]) => {{ window.keep(name, window.source.{call}(asked)); }}", [name, asked])


def answers(page: Page) -> dict:
    page.evaluate("() => new Promise((done) => setTimeout(done))")
    return page.evaluate("window.answers")


def weights(view) -> list[float]:
    return view._attentions[0].weights(1, 2).astype(np.float16).astype(float).ravel().tolist()


@pytest.mark.parametrize("with_buffer", [True, False])
def test_an_answer_comes_as_buffer_or_else_as_base64(page, probe, view, with_buffer) -> None:
    opened(page, probe, view.payload())
    keep(page, "rows", ROWS)
    (message,) = page.evaluate("window.sent")
    reply, (data,) = view.answer(message)
    assert reply == {"id": message["id"], "type": "rows"} and message["base64"] is False
    page.evaluate(ANSWER, [message["id"], base64.b64encode(data).decode(), with_buffer])
    if not with_buffer:
        assert answers(page) == {}
        again = page.evaluate("window.sent")[1]
        reply, buffers = view.answer(again)
        assert again["base64"] is True and again["id"] != message["id"] and buffers == []
        page.evaluate("(reply) => window.model.receive('msg:custom', reply, [])", reply)
    assert answers(page)["rows"] == weights(view)


def test_what_was_asked_is_asked_once_and_failures_again(page, probe, view) -> None:
    opened(page, probe, view.payload())
    keep(page, "first", ROWS)
    page.evaluate("window.model.receive('msg:custom', { id: window.sent[0].id, type: 'error', message: '<b>no</b>' }, [])")
    assert answers(page) == {"first": "failed: <b>no</b>"}
    keep(page, "second", ROWS)
    keep(page, "third", ROWS)
    messages = page.evaluate("window.sent")
    assert len(messages) == 2
    page.evaluate("(id) => window.model.receive('msg:custom', { id, type: 'error', message: 'late' }, [])", messages[0]["id"])
    page.evaluate(ANSWER, [messages[1]["id"], base64.b64encode(view.request("rows", **ROWS)).decode(), True])
    assert answers(page)["second"] == answers(page)["third"] == weights(view)


def test_json_comes_as_it_is(page, probe, view) -> None:
    opened(page, probe, view.payload())
    keep(page, "scores", {"of": 0, "kind": "decoder"}, "scores")
    reply, buffers = view.answer(page.evaluate("window.sent")[0])
    page.evaluate("(reply) => window.model.receive('msg:custom', reply, [])", reply)
    assert buffers == [] and answers(page)["scores"] == view.request("scores", of=0, kind="decoder")


def test_an_answer_of_a_wrong_size_is_refused(page, probe, view) -> None:
    opened(page, probe, view.payload())
    keep(page, "rows", ROWS)
    message = page.evaluate("window.sent")[0]
    page.evaluate(ANSWER, [message["id"], base64.b64encode(b"1234").decode(), True])
    assert answers(page)["rows"] == "failed: 2 numbers came, 16 were expected"


def test_a_silent_kernel_is_given_up_after_twenty_seconds(page, probe, view) -> None:
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    opened(page, probe, view.payload())
    keep(page, "rows", ROWS)
    keep(page, "tiles", {"of": 0, "kind": "decoder", "layer": 0}, "tiles")
    page.clock.run_for(15_000)
    page.evaluate("window.model.receive('msg:custom', { type: 'other' }, [])")  # a sign of life
    page.clock.run_for(15_000)
    assert page.evaluate("window.answers") == {}
    page.clock.run_for(6_000)
    expected = "failed: no answer for 20 seconds: the kernel is busy or gone. If it is gone, run the cell again"
    assert page.evaluate("window.answers") == {"rows": expected, "tiles": expected}


def test_a_kernel_that_goes_is_noticed_at_once(page, probe, view) -> None:
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    opened(page, probe, view.payload())
    keep(page, "before", ROWS)
    page.evaluate("window.model.receive('comm_live_update')")
    expected = "failed: the kernel was stopped or restarted. Run the cell again"
    page.clock.run_for(10)
    assert page.evaluate("window.answers") == {"before": expected}
    keep(page, "after", ROWS)
    page.clock.run_for(3_000)
    assert page.evaluate("window.answers.after") == expected


def test_a_closed_source_listens_to_nobody(page, probe, view) -> None:
    opened(page, probe, view.payload())
    keep(page, "rows", ROWS)
    assert page.evaluate("window.model.listening()") > 0
    page.evaluate("window.source.close()")
    assert page.evaluate("window.model.listening()") == 0
    assert answers(page)["rows"] == "failed: the view was closed"


def test_a_payload_is_asked_of_python(page, probe, view) -> None:
    page.evaluate(START, [probe, {"ask": True, "language": "zh"}])
    page.evaluate("() => { window.keep('payload', loadPayload(window.model)); }")
    reply, _ = view.answer(page.evaluate("window.sent")[0])
    page.evaluate("(reply) => window.model.receive('msg:custom', reply, [])", reply)
    assert answers(page)["payload"] == json.loads(json.dumps(view.payload()))


def served(page: Page, view, *, fail: Callable[[Route], None] | None = None) -> list[str]:
    """Answer the page's addresses as the demo does, or as `fail` says; the list fills with what was asked."""
    asked: list[str] = []

    def handle(route: Route) -> None:
        url = route.request.url
        asked.append(url.removeprefix(ADDRESS))
        if url == "http://page.test/":
            route.fulfill(body="<!doctype html>", content_type="text/html")
        elif fail:
            fail(route)
        elif url == ADDRESS:
            route.fulfill(json=view.payload())
        else:
            route.fulfill(body=view.request("rows", **ROWS), content_type="application/octet-stream")

    page.route("**/*", handle)
    page.goto("http://page.test/")
    return asked


def test_a_page_gets_payload_and_rows_by_address(page, probe, view) -> None:
    asked = served(page, view)
    state = {"layer": 2, "head": 99, "zoom": [0, 9, 0, 4], "curve": "log"}
    page.evaluate(START, [probe, {"ask": True, "address": ADDRESS, "state": state}])
    payload = page.evaluate("loadPayload(window.model)")
    expected = view.payload()
    assert payload == {**expected, "address": ADDRESS, "state": {**expected["state"], "layer": 2, "curve": "log"}}
    page.evaluate("(payload) => { window.source = openSource(window.model, payload); }", payload)
    assert page.evaluate("(asked) => window.source.rows(asked).then((rows) => Array.from(rows))", ROWS) == weights(view)
    assert asked[1:] == ["", "/rows?of=0&kind=decoder&layer=1&head=2&first=0&end=4"]
    assert page.evaluate("window.source.waitsForPython") is False


@pytest.mark.parametrize(
    ("fail", "message"),
    [
        (lambda route: route.abort(), "the connection is broken"),
        (lambda route: route.fulfill(status=404, json={"error": "Gone. Press Look again."}), "Gone. Press Look again."),
        (lambda route: route.fulfill(status=502, body="<html>"), "the server answered 502"),
    ],
)
def test_what_the_server_refuses_is_said(page, probe, view, fail, message) -> None:
    served(page, view, fail=fail)
    opened(page, probe, {**view.payload(), "address": ADDRESS})
    keep(page, "rows", ROWS)
    page.wait_for_function("window.answers.rows")
    assert answers(page)["rows"] == f"failed: {message}"


def test_the_cache_keeps_what_was_used_last_within_its_budget(page, probe, view) -> None:
    page.evaluate(START, [probe, None])
    asked = page.evaluate("""async () => {
        const asked = [];
        const cache = byteCache(3000);
        const get = (name) => cache.get(name, async () => { asked.push(name); return new Uint8Array(1000); });
        for (const name of ["a", "b", "a", "c", "a", "b"]) await get(name);
        return asked;
    }""")
    assert asked == ["a", "b", "c", "b"], "with c there is no room for b, which was used longest ago"


def test_a_link_brings_back_what_it_holds(page, probe) -> None:
    page.evaluate(START, [probe, None])
    value = {"text": "从前 🦊 <img>", "state": {"zoom": [0, 1, 2, 3], "least": None}}
    assert page.evaluate("(value) => decodedHash('look', encodedHash('look', value))", value) == value
    hashes = ["", "#", "#view=", "#view=%", "#view=bm8", "#look=e30", "#view=e30<b>"]
    assert page.evaluate("(hashes) => hashes.map((hash) => decodedHash('view', hash))", hashes) == [None] * 7


def test_states_from_strangers_become_ones_that_python_allows(page, probe) -> None:
    words = [str(number) for number in range(9)]
    payload = attention_view(FakeAttention(words), compare=FakeAttention(words, num_layers=2, num_heads=3)).payload()
    random = np.random.default_rng(0)
    odd = json.loads(
        '[null, -1, 0, 1, 2, 3, 5, 9, 1.5, "row", "log", true, false, [], [0, 3], [0, 3, 2, 9], [3, 3, 0, 1], {}, "difference"]'
    )
    candidates = [
        {name: odd[random.integers(len(odd))] for name in [*payload["state"], "more"] if random.random() < 0.7} for _ in range(400)
    ]
    page.evaluate(START, [probe, None])
    checked = page.evaluate("([payload, list]) => list.map((one) => checkedState(payload, one))", [payload, candidates])
    for state in checked:
        assert merged_state(payload, payload["state"], state, lambda measure=state["measure"]: [measure]) == state
    assert len({json.dumps(state) for state in checked}) > 100, "what is allowed is taken"
    assert (
        page.evaluate("(payload) => [null, 3, 'x', []].map((one) => checkedState(payload, one))", payload) == [payload["state"]] * 4
    )
