"""The view of a generation that streams: the module with a stand-in for anywidget's model."""

import re

from playwright.sync_api import Page, expect

from aigc_toolkit.views import append_message, generation_view
from aigc_toolkit.views.bundle import bundle, style_sheet
from browser.fake_records import FakeGeneration, fake_generation

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


def test_a_view_drawn_before_it_is_on_the_page_gets_its_colours(page: Page) -> None:
    page.evaluate(START, [bundle("generation_view.js"), generation_view(fake_generation("A", WORDS)).payload(), True])
    page.add_style_tag(content=style_sheet())
    page.evaluate("document.body.append(window.host)")
    color = "getComputedStyle(document.querySelector('.aigc-legend i')).backgroundImage"
    expect(page.locator(".aigc-legend i")).to_have_css("background-image", re.compile(r"rgb\(241, 245, 248\)"))
    assert len(set(re.findall(r"rgb\([^)]+\)", page.evaluate(color)))) == 17
