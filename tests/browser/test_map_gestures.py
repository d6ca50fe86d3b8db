"""Wheel, drag and keys on the map: where they lead is the state, and the state brings the picture back."""

import pytest
from playwright.sync_api import Page, expect

from aigc_toolkit.views import attention_view
from browser.fake_records import FakeAttention
from browser.live import drawn
from browser.map_page import HEAD, LAYER, LONG, WORDS, LongAttention, Open, box, number, read, wheel


@pytest.fixture(scope="module")
def long() -> LongAttention:
    return LongAttention(LONG, num_layers=4, num_heads=1, num_key_value_heads=1)


def test_zooming_goes_into_the_state_and_the_state_brings_the_picture_back(open_attention: Open, long: LongAttention) -> None:
    page = open_attention(long)
    wheel(page, (0.3, 0.7), 12)
    page.mouse.move(0, 0)
    state = page.evaluate("window.told.at(-1)")
    view = attention_view(long)
    view.state = state  # Python takes it as it is
    assert view.state["zoom"] == state["zoom"] is not None
    other = open_attention(view, state=state)
    zoomed = "document.querySelector('.aigc-map canvas').toDataURL()"
    page.evaluate("(zoom) => window.setState({ zoom: null })", None)
    drawn(page)
    page.evaluate("(zoom) => window.setState({ zoom })", state["zoom"])
    drawn(page)
    other.mouse.move(0, 0)
    drawn(other)
    assert page.evaluate(zoomed) == other.evaluate(zoomed)


def test_keys_move_the_cross_hair_pin_zoom_and_pan(open_attention: Open) -> None:
    page = open_attention(FakeAttention(WORDS * 3))
    page.locator(".aigc-token").nth(20).click()
    page.locator(".aigc-map").focus()
    start = read(page)
    for key in ["ArrowUp", "ArrowUp", *["ArrowLeft"] * 4]:
        page.keyboard.press(key)
    query, key, weight = read(page)
    assert (query, key) == (18, max(0, start[1] - 4)) and start[0] == 20
    expected = FakeAttention(WORDS * 3).weights(LAYER, HEAD)[query, key]
    assert number(weight) == pytest.approx(float(expected), abs=6e-4)
    page.keyboard.press("Enter")
    expect_state(page, cell=[query, key], token=query)
    for _ in range(3):
        page.keyboard.press("+")
    page.wait_for_timeout(400)
    zoom = page.evaluate("window.state.zoom")
    assert zoom[0] <= query < zoom[1] and zoom[2] <= key < zoom[3] and zoom[1] - zoom[0] < 12
    page.keyboard.press("Shift+ArrowUp")
    page.wait_for_timeout(400)
    assert page.evaluate("window.state.zoom")[0] < zoom[0]
    page.keyboard.press("0")
    page.keyboard.press("Escape")
    expect_state(page, zoom=None, cell=None)


def expect_state(page: Page, **expected) -> None:
    page.wait_for_timeout(400)
    state = page.evaluate("window.told.at(-1)")
    assert {name: state[name] for name in expected} == expected


def test_the_map_is_dragged_and_the_corner_shows_where(open_attention: Open, long: LongAttention) -> None:
    page = open_attention(long)
    assert not page.locator(".aigc-overview").is_visible()
    wheel(page, (0.2, 0.8), 10)
    assert page.locator(".aigc-overview").is_visible()
    before = page.evaluate("window.state.zoom")
    edges = box(page)
    page.mouse.move(edges["x"] + 300, edges["y"] + 300)
    page.mouse.down()
    page.mouse.move(edges["x"] + 250, edges["y"] + 340, steps=4)
    page.mouse.up()
    page.wait_for_timeout(400)
    after = page.evaluate("window.state.zoom")
    assert after[0] < before[0] and after[2] > before[2] and after[1] - after[0] == pytest.approx(before[1] - before[0], abs=1)
    assert page.evaluate("window.state.cell") is None, "dragging pins nothing"
    page.get_by_role("button", name="Whole map (0)").click()
    expect_state(page, zoom=None)


def test_a_scroll_of_the_page_is_not_turned_into_a_zoom(open_attention: Open) -> None:
    page = open_attention(FakeAttention(WORDS * 3), height=420)
    page.evaluate("document.body.style.paddingBottom = '900px'")
    page.mouse.move(200, 60)
    page.mouse.wheel(0, 100)
    edges = box(page)
    page.mouse.move(edges["x"] + 200, edges["y"] + 150)
    page.mouse.wheel(0, 100)
    page.wait_for_timeout(300)
    assert page.evaluate("[window.scrollY > 150, window.state.zoom]") == [True, None]
    page.wait_for_timeout(500)
    page.mouse.wheel(0, -100)  # a gesture of its own, on the map
    page.wait_for_timeout(300)
    assert page.evaluate("window.state.zoom") is not None


def test_help_lists_the_keys_and_closes_with_escape(open_attention: Open) -> None:
    page = open_attention(FakeAttention(WORDS))
    button = page.get_by_role("button", name="Keys and gestures")
    button.click()
    expect(page.locator(".aigc-keys")).to_be_visible()
    assert "pin the cell" in page.locator(".aigc-keys").inner_text()
    page.keyboard.press("Escape")
    expect(page.locator(".aigc-keys")).to_be_hidden()
    assert page.evaluate("window.state.cell") is None
