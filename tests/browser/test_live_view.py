"""Views whose host answers, is busy, fails or streams: the module with a stand-in for anywidget's model."""

import base64
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from aigc_toolkit.views import append_message, attention_view, generation_view
from aigc_toolkit.views.bundle import bundle, style_sheet
from browser.fake_records import FakeAttention, FakeGeneration, fake_generation

WORDS = ["Once", " upon", " a", " time"]
START = """async ([module, value, late]) => {
    const listeners = {};
    window.sent = [];
    window.model = {
        get: () => value,
        on: (event, listener) => (listeners[event] ??= new Set()).add(listener),
        off: (event, listener) => listeners[event].delete(listener),
        send: (message) => window.sent.push(message),
        receive: (content, buffers) => listeners["msg:custom"].forEach((listener) => listener(content, buffers)),
        change: (next) => { value = next; listeners["change:value"].forEach((listener) => listener()); },
    };
    const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
    const view = (await import(url)).default;
    window.host = document.createElement("div");
    if (!late) document.body.append(window.host);
    window.close = view.render({ model: window.model, el: window.host });
}"""
ANSWER = """([data, withBuffer]) => {
    const asked = window.sent.filter((message) => message.type === "head").at(-1);
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const padded = new Uint8Array(bytes.length + 8);
    padded.set(bytes, 8);
    const buffers = withBuffer ? [new DataView(padded.buffer, 8)] : [];
    window.model.receive({ id: asked.id, type: "head", ...(asked.base64 ? { data } : {}) }, buffers);
}"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(locale="en-US")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []


def asked(page: Page) -> list[dict]:
    return page.evaluate("window.sent.filter((message) => message.type === 'head')")


def weight(page: Page) -> str:
    return page.locator(".aigc-readout dd").last.inner_text()


@pytest.mark.parametrize("with_buffer", [True, False])
def test_a_head_comes_as_buffer_or_else_as_base64(page: Page, with_buffer: bool) -> None:
    view = attention_view(FakeAttention(WORDS))
    page.evaluate(START, [bundle("attention_view.js"), view.payload()])
    data = base64.b64encode(view.head_bytes(3, 0)).decode()
    assert [(m["layer"], m["head"], m["base64"]) for m in asked(page)] == [(3, 0, False)]
    page.evaluate(ANSWER, [data, with_buffer])
    if not with_buffer:
        assert asked(page)[-1]["base64"] is True
        page.evaluate(ANSWER, [data, False])
    expect(page.locator(".aigc-readout dd").last).to_have_text(f"{FakeAttention(WORDS).weights(3, 0)[3].max():.3f}")


def test_a_busy_kernel_is_named_after_a_second(page: Page) -> None:
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    view = attention_view(FakeAttention(WORDS))
    page.evaluate(START, [bundle("attention_view.js"), view.payload()])
    status = page.locator("[role=status]")
    page.clock.run_for(900)
    assert not status.is_visible()
    page.clock.run_for(200)
    assert "the kernel is busy" in status.inner_text()
    page.evaluate(ANSWER, [base64.b64encode(view.head_bytes(3, 0)).decode(), True])
    assert not status.is_visible()


def test_an_error_is_shown_with_a_retry(page: Page) -> None:
    view = attention_view(FakeAttention(WORDS))
    page.evaluate(START, [bundle("attention_view.js"), view.payload()])
    page.evaluate("window.model.receive({ id: window.sent[0].id, type: 'error', message: '<b>gone</b>' }, [])")
    assert page.locator("[role=status]").inner_text() == "This head could not be loaded: <b>gone</b> Try again"
    page.get_by_role("button", name="Try again").click()
    page.evaluate(ANSWER, [base64.b64encode(view.head_bytes(3, 0)).decode(), True])
    assert weight(page) != "—"


def test_a_late_answer_does_not_replace_the_head_chosen_since(page: Page) -> None:
    view = attention_view(FakeAttention(WORDS))
    page.evaluate(START, [bundle("attention_view.js"), view.payload()])
    first = asked(page)[0]["id"]
    page.get_by_role("radio", name="Layer 0, head 1").click()
    page.evaluate(ANSWER, [base64.b64encode(view.head_bytes(0, 1)).decode(), True])
    expected = weight(page)
    page.evaluate("(id) => window.model.receive({ id, type: 'error', message: 'late' }, [])", first)
    assert (weight(page), page.locator("[role=status]").is_visible()) == (expected, False)


def test_a_new_value_draws_anew_and_none_is_the_empty_state(page: Page) -> None:
    page.evaluate(START, [bundle("attention_view.js"), None])
    assert "The attention of a text appears here" in page.locator(".aigc").inner_text()
    payload = attention_view(FakeAttention(WORDS)).payload()
    page.evaluate("(value) => window.model.change(value)", payload)
    assert page.locator(".aigc-token").count() == 4
    page.evaluate("(value) => window.model.change(value)", attention_view(FakeAttention(WORDS[:2])).payload())
    assert page.locator(".aigc-token").count() == 2


def test_appended_steps_leave_what_is_drawn_alone(page: Page) -> None:
    whole = fake_generation("Tell:", [*WORDS, "", "", "🦊", " end", ""])
    empty = FakeGeneration("Tell:", (), stop_reason=None)
    page.evaluate(START, [bundle("generation_view.js"), generation_view(empty).payload()])
    assert "writing …" in page.locator(".aigc-head").inner_text()
    send = "(message) => window.model.receive(message, [])"
    page.evaluate(send, append_message(whole.tokens[:3], start=0))
    page.evaluate("window.first = document.querySelector('.aigc-step')")
    page.evaluate(send, append_message(whole.tokens[1:6], start=1))  # overlaps, and ends inside a character
    assert page.locator(".aigc-step").all_text_contents() == WORDS
    page.evaluate(send, append_message(whole.tokens[8:], start=8))  # after a gap: waits for the whole value
    assert page.locator(".aigc-step").count() == 4
    page.evaluate("(value) => window.model.change(value)", generation_view(whole).payload())
    assert page.locator(".aigc-step").all_text_contents() == [*WORDS, "🦊", " end", "∎"]
    assert page.evaluate("window.first.isConnected")
    assert "the model ended the text" in page.locator(".aigc-head").inner_text()


def test_another_prompt_starts_over(page: Page) -> None:
    page.evaluate(START, [bundle("generation_view.js"), generation_view(fake_generation("A", WORDS)).payload()])
    page.evaluate("(v) => window.model.change(v)", generation_view(fake_generation("B", WORDS[:2])).payload())
    assert page.locator(".aigc-story").evaluate("(node) => node.textContent") == "BOnce upon"


@pytest.mark.parametrize("kind", ["attention", "generation"])
def test_a_view_drawn_before_it_is_on_the_page_gets_its_colours(chromium: Browser, kind: str) -> None:
    page = chromium.new_page()
    view = attention_view(FakeAttention(WORDS)) if kind == "attention" else generation_view(fake_generation("A", WORDS))
    page.evaluate(START, [bundle(f"{kind}_view.js"), view.payload(), True])
    if kind == "attention":
        page.evaluate(ANSWER, [base64.b64encode(view.head_bytes(3, 0)).decode(), True])
    page.add_style_tag(content=style_sheet())
    page.evaluate("document.body.append(window.host)")
    color = "getComputedStyle(document.querySelector('.aigc-legend i')).backgroundImage"
    expect(page.locator(".aigc-legend i")).to_have_css("background-image", re.compile(r"rgb\(241, 245, 248\)"))
    assert len(set(re.findall(r"rgb\([^)]+\)", page.evaluate(color)))) == 17
    page.close()
