"""The view of an attention as a whole: waiting, failing, starting over, its state both ways, a text too long to draw at once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from aigc_toolkit.views import attention_view
from browser.fake_records import FakeAttention
from browser.live import drawn

WORDS = ["Once", " upon", " a", " time", ",", " Mia", " found", "\n", "her", " small", " key", "."]
OpenView = Callable[..., Page]


def status(page: Page):
    return page.locator(".aigc-status")


def weight(page: Page) -> str:
    return page.locator(".aigc-readout dd").last.inner_text()


def choose(page: Page, layer: int, head: int) -> None:
    page.get_by_role("radio", name=f"Layer {layer}, head {head}").click()


def test_a_busy_kernel_is_named_after_a_second_and_no_longer_once_it_answers(open_attention: OpenView) -> None:
    page = open_attention(FakeAttention(WORDS))
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.evaluate("() => { window.held = []; }")
    choose(page, 0, 2)
    page.clock.run_for(900)
    assert not status(page).is_visible()
    page.clock.run_for(200)
    assert "the kernel is busy" in status(page).inner_text()
    page.evaluate("window.release()")
    expect(status(page)).to_be_hidden()


def test_an_error_is_shown_as_text_with_a_retry_that_works(open_attention: OpenView) -> None:
    page = open_attention(FakeAttention(WORDS))
    page.evaluate("() => { window.failure = '<b>gone</b>'; }")
    choose(page, 0, 2)
    expect(status(page)).to_contain_text("This head could not be loaded: <b>gone</b>")
    assert page.locator(".aigc-map").get_attribute("data-stale") == "", "the head before is not shown as this one"
    page.evaluate("() => { window.failure = null; }")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".aigc-map:not([data-stale])")).to_have_count(1)
    expect(status(page)).to_be_hidden()
    page.locator(".aigc-token").nth(6).hover()
    expect(page.locator(".aigc-readout dd").last).to_have_text(f"{FakeAttention(WORDS).weights(0, 2)[6].max():.3f}")


def test_a_late_answer_does_not_replace_the_head_chosen_since(open_attention: OpenView) -> None:
    page = open_attention(FakeAttention(WORDS))
    page.evaluate("() => { window.held = []; }")
    choose(page, 0, 2)
    page.evaluate("() => { window.late = window.held; window.held = null; }")
    choose(page, 1, 1)
    drawn(page)
    expected = f"{FakeAttention(WORDS).weights(1, 1)[11].max():.3f}"
    expect(page.locator(".aigc-readout dd").last).to_have_text(expected)
    picture = "document.querySelector('.aigc-map canvas').toDataURL()"
    before = page.evaluate(picture)
    page.evaluate("() => window.late.forEach(window.model.send)")
    page.wait_for_timeout(300)
    assert (weight(page), page.evaluate(picture)) == (expected, before)


def test_a_new_value_draws_anew_and_none_is_the_empty_state(open_attention: OpenView) -> None:
    page = open_attention(FakeAttention(WORDS))
    page.evaluate("window.setValue(null)")
    expect(page.locator(".aigc")).to_contain_text("The attention of a text appears here")
    assert page.locator(".aigc-tile").count() == 0
    page.evaluate("window.setValue({ ask: true, language: 'zh' })")
    expect(page.locator(".aigc-tile")).to_have_count(16)


def test_a_view_that_cannot_be_had_says_why_and_offers_to_try_again(open_attention: OpenView) -> None:
    page = open_attention(FakeAttention(WORDS))
    page.evaluate("() => { window.failure = 'no such text'; window.setValue({ ask: true, language: 'en' }); }")
    expect(status(page)).to_contain_text("The view could not be loaded: no such text")
    page.evaluate("() => { window.failure = null; }")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".aigc-tile")).to_have_count(16)


def test_a_view_that_was_given_up_comes_when_the_kernel_is_heard_again(open_attention: OpenView) -> None:
    page = open_attention(FakeAttention(WORDS))
    page.evaluate("() => { window.failure = 'no answer'; window.setValue({ ask: true, language: 'en' }); }")
    expect(status(page)).to_contain_text("The view could not be loaded: no answer")
    page.evaluate("() => { window.failure = null; window.model.send({ id: 'long ago', type: 'payload' }); }")
    expect(page.locator(".aigc-tile")).to_have_count(16)


def test_the_state_goes_both_ways(open_attention: OpenView) -> None:
    page = open_attention(FakeAttention(WORDS))
    page.evaluate("window.setState({ layer: 1, head: 3, curve: 'log', reading: 'column', token: 4 })")
    drawn(page)
    assert page.locator(".aigc-tile[aria-checked=true]").get_attribute("aria-label") == "Layer 1, head 3"
    assert page.get_by_label("Logarithm").is_checked() and page.get_by_label("What looks at this token").is_checked()
    assert page.locator(".aigc-token[aria-selected=true]").get_attribute("data-position") == "4"
    page.locator(".aigc-token").nth(2).click()
    page.get_by_label("Linear").check()
    page.wait_for_timeout(300)
    state = page.evaluate("window.told.at(-1)")
    assert (state["token"], state["curve"], state["layer"]) == (2, "linear", 1)
    view = attention_view(FakeAttention(WORDS))
    view.state = state
    assert view.state == state, "what the browser tells is what Python allows"


def test_a_long_text_becomes_elements_only_where_somebody_looks(open_attention: OpenView) -> None:
    tokens = (WORDS * 170)[:2000]
    page = open_attention(FakeAttention(tokens, num_layers=1, num_heads=1, num_key_value_heads=1))
    text = page.locator(".aigc-prose")
    assert text.evaluate("(node) => node.textContent") == "".join(tokens)
    assert 256 <= page.locator(".aigc-token").count() < 1500
    assert page.locator(".aigc-token[aria-selected=true]").get_attribute("data-position") == "1999"
    height = text.evaluate("(node) => node.scrollHeight")
    text.evaluate("(node) => { node.scrollTop = 0; }")
    expect(page.locator(".aigc-token[data-position='5']")).to_be_visible()
    assert text.evaluate("(node) => node.scrollHeight") == height, "nothing jumps"
    page.locator(".aigc-token[data-position='5']").click()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.position") == "6"
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.dataset.position") == "1999"


@pytest.mark.parametrize("width", [375, 700, 900, 1180])
def test_nothing_is_wider_than_its_place(open_attention: OpenView, width: int) -> None:
    page = open_attention(FakeAttention(WORDS * 4), width=width)
    for panel in ["Lines", "Arithmetic", "Map"]:
        page.get_by_label(panel, exact=True).check()
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), panel


def test_colours_follow_the_theme(open_attention: OpenView) -> None:
    page = open_attention(FakeAttention(WORDS), color_scheme="light")
    picture = "document.querySelector('.aigc-map canvas').toDataURL()"
    light = page.evaluate(picture)
    page.emulate_media(color_scheme="dark")
    drawn(page)
    assert page.evaluate(picture) != light
    page.emulate_media(color_scheme="light")
    drawn(page)
    assert page.evaluate(picture) == light
