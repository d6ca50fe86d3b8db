"""The map: every pixel is the weight the read-out names, every label stands at its token, however far one has zoomed in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from small_models import small_model

from aigc_toolkit import capture_attention
from aigc_toolkit.language_model import LanguageModel
from aigc_toolkit.views import AttentionView, attention_view
from browser.fake_records import FakeAttention
from browser.live import drawn, open_live

WORDS = ["Once", " upon", " a", " time", ",", " Mia", " found", "\n", "her", " small", " key", "."]
LONG = [f"w{number}" for number in range(1300)]
TEXT = "Tom found the lantern under an old oak tree. He gave it back to her."
LAYER, HEAD = 3, 0
OpenMap = Callable[..., Page]
UNDER = """([x, y]) => {
    const canvas = document.querySelector(".aigc-map canvas");
    const box = canvas.getBoundingClientRect();
    const ratio = canvas.width / box.width;
    const at = [Math.floor((x - box.left) * ratio), Math.floor((y - box.top) * ratio)];
    return Array.from(canvas.getContext("2d").getImageData(...at, 1, 1).data);
}"""
COLOR = """([weight, most, curve]) => {
    const { bytes } = window.probe.readScale(document.querySelector(".aigc"));
    const at = 3 * window.probe.index(window.probe.place(weight, most, curve));
    return [...bytes.slice(at, at + 3), 255];
}"""


class LongAttention(FakeAttention):
    """Weights of a long text, made once."""

    kept: dict[tuple[int, int], np.ndarray] = {}

    def weights(self, layer, head, rows=None, columns=None):
        if (layer, head) not in self.kept:
            self.kept[layer, head] = super().weights(layer, head)
        return self.kept[layer, head][rows or slice(None)][:, columns or slice(None)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("map")


@pytest.fixture
def open_map(chromium: Browser, folder: Path) -> Iterator[OpenMap]:
    """`open_map(attention, state={…}, width=…)`: a live view; what it logs as an error fails the test."""
    pages, errors = [], []

    def opened(attention, *, state: dict | None = None, **look) -> Page:
        view = attention if isinstance(attention, AttentionView) else attention_view(attention)
        view.state = state or {}
        page = open_live(chromium, view, folder, **look)
        page.on("pageerror", lambda error: errors.append(str(error)))
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.close()
    assert errors == []


@pytest.fixture(scope="module")
def long() -> LongAttention:
    return LongAttention(LONG, num_layers=4, num_heads=1, num_key_value_heads=1)


def box(page: Page) -> dict[str, float]:
    return page.locator(".aigc-map canvas").first.bounding_box()


def read(page: Page) -> tuple[int, int, str]:
    """(query, key, weight as shown) of the read-out, once it is the one of the pointed cell."""
    page.wait_for_timeout(120)
    query, key, weight = page.locator(".aigc-readout dd").all_inner_texts()
    return int(query.split()[-1]), int(key.split()[-1]), weight


def number(shown: str) -> float:
    return float(shown.removeprefix("< ").replace("−", "-"))


def wheel(page: Page, share: tuple[float, float], steps: int) -> None:
    """Turn the wheel over a place of the plot, given as shares of what is right of and below the rulers."""
    edges = box(page)
    page.mouse.move(edges["x"] + 88 + share[0] * (edges["width"] - 90), edges["y"] + 72 + share[1] * (edges["height"] - 74))
    for _ in range(abs(steps)):
        page.mouse.wheel(0, -150 if steps > 0 else 150)
        page.wait_for_timeout(30)
    drawn(page)


@pytest.mark.parametrize("curve", ["linear", "root", "log"])
def test_every_cell_has_the_colour_of_its_weight_and_hidden_ones_have_none(open_map: OpenMap, curve: str) -> None:
    page = open_map(FakeAttention(WORDS), state={"curve": curve})
    weights = FakeAttention(WORDS).weights(LAYER, HEAD).astype(np.float16).astype(np.float64)
    edges, cell = box(page), (box(page)["width"] - 90) / len(WORDS)
    for query in range(len(WORDS)):
        for key in range(len(WORDS)):
            at = [edges["x"] + 88 + (key + 0.4) * cell, edges["y"] + 72 + (query + 0.4) * cell]
            color = page.evaluate(UNDER, at)
            if key > query:
                assert color[3] == 0, (query, key)
            else:
                expected = page.evaluate(COLOR, [weights[query, key], weights.max(), curve])
                assert np.abs(np.subtract(color, expected)).max() <= 2, (query, key)


@pytest.mark.parametrize(("share", "steps"), [((0.3, 0.7), 14), ((0.05, 0.95), 22)])
def test_a_long_head_zoomed_in_shows_the_weight_under_the_pointer(
    open_map: OpenMap, long: LongAttention, share: tuple[float, float], steps: int
) -> None:
    page = open_map(long)
    wheel(page, share, steps)
    weights = long.weights(LAYER, HEAD).astype(np.float16).astype(np.float64)
    edges = box(page)
    zoom = page.evaluate("window.state.zoom")
    assert zoom[1] - zoom[0] < 300
    for x, y in [(0.21, 0.33), (0.5, 0.52), (0.83, 0.91), (0.4, 0.71)]:
        at = [edges["x"] + 88 + x * (edges["width"] - 90), edges["y"] + 72 + y * (edges["height"] - 74)]
        page.mouse.move(*at)
        query, key, shown = read(page)
        assert zoom[0] - 1 <= query < zoom[1] + 1 and zoom[2] - 1 <= key < zoom[3] + 1
        assert number(shown) == pytest.approx(weights[query, key], abs=6e-4)
        expected = page.evaluate(COLOR, [weights[query, key], weights.max(), "root"])
        page.mouse.move(0, 0)
        assert np.abs(np.subtract(page.evaluate(UNDER, at), expected)).max() <= 2, (query, key)


def test_no_peak_of_a_long_head_is_hidden_when_it_is_seen_whole(open_map: OpenMap, long: LongAttention) -> None:
    page = open_map(long)
    weights = long.weights(LAYER, HEAD)
    page.mouse.move(0, 0)
    edges = box(page)
    cell = (edges["width"] - 90) / len(LONG)
    order = np.argsort(-weights, axis=None)[:40]
    for query, key in zip(*np.unravel_index(order, weights.shape), strict=True):
        if query > 1290:  # under the cross-hair's row
            continue
        place = (edges["x"] + 88 + (key + 0.5) * cell, edges["y"] + 72 + (query + 0.5) * cell)
        around = [page.evaluate(UNDER, [place[0] + dx, place[1] + dy]) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        least = page.evaluate(COLOR, [float(weights[query, key]), float(weights.max()), "root"])
        assert min(sum(color[:3]) for color in around if color[3]) <= sum(least[:3]) + 6, (query, key)


@pytest.mark.parametrize(("tokens", "zoom"), [(WORDS, None), (WORDS, [2, 9, 1, 8]), (LONG, None), (LONG, [700, 760, 300, 360])])
def test_every_label_stands_at_its_token(open_map: OpenMap, long: LongAttention, tokens: list[str], zoom: list[int] | None) -> None:
    attention = long if tokens is LONG else FakeAttention(WORDS)
    page = open_map(attention, state={"zoom": zoom})
    page.evaluate("() => { window.labels.length = 0; window.setState({ zoom: window.state.zoom, curve: 'linear' }); }")
    drawn(page)
    labels = page.evaluate("""() => {
        const canvas = document.querySelector(".aigc-map canvas");
        const box = canvas.getBoundingClientRect();
        const ratio = canvas.width / box.width;
        return window.labels.filter((label) => label.canvas === canvas)
            .map(({ text, x, y, isUpright }) => [text, box.left + x / ratio, box.top + y / ratio, isUpright]);
    }""")
    edges = box(page)
    across = {text: x for text, x, _, is_upright in labels if is_upright}
    down = {text: y for text, _, y, is_upright in labels if not is_upright}
    assert len(across) >= 5 and len(down) >= 5
    shown = [token.replace("\n", "⏎").strip() for token in tokens]
    for labelled, axis in ((across, 1), (down, 0)):
        for text, place in list(labelled.items())[::3]:
            at = (place, edges["y"] + edges["height"] - 8) if axis else (edges["x"] + 92, place)
            page.mouse.move(*at)
            position = read(page)[axis]
            name, *numbers = text.split(" ")
            assert name == shown[position] or (name.endswith("…") and shown[position].startswith(name[:-1]))
            assert not numbers or int(numbers[0]) == position


def test_zooming_goes_into_the_state_and_the_state_brings_the_picture_back(open_map: OpenMap, long: LongAttention) -> None:
    page = open_map(long)
    wheel(page, (0.3, 0.7), 12)
    page.mouse.move(0, 0)
    state = page.evaluate("window.told.at(-1)")
    view = attention_view(long)
    view.state = state  # Python takes it as it is
    assert view.state["zoom"] == state["zoom"] is not None
    other = open_map(view, state=state)
    zoomed = "document.querySelector('.aigc-map canvas').toDataURL()"
    page.evaluate("(zoom) => window.setState({ zoom: null })", None)
    drawn(page)
    page.evaluate("(zoom) => window.setState({ zoom })", state["zoom"])
    drawn(page)
    other.mouse.move(0, 0)
    drawn(other)
    assert page.evaluate(zoomed) == other.evaluate(zoomed)


def test_keys_move_the_cross_hair_pin_zoom_and_pan(open_map: OpenMap) -> None:
    page = open_map(FakeAttention(WORDS * 3))
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


def test_the_map_is_dragged_and_the_corner_shows_where(open_map: OpenMap, long: LongAttention) -> None:
    page = open_map(long)
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


def test_a_scroll_of_the_page_is_not_turned_into_a_zoom(open_map: OpenMap) -> None:
    page = open_map(FakeAttention(WORDS * 3), height=420)
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


def test_leaving_out_the_first_token_scales_to_the_rest(open_map: OpenMap) -> None:
    page = open_map(FakeAttention(WORDS))
    weights = FakeAttention(WORDS).weights(LAYER, HEAD)
    assert float(page.locator(".aigc-legend-bar span").last.inner_text()) == pytest.approx(weights.max(), rel=0.05)
    page.get_by_label("Leave out the first token").check()
    drawn(page)
    top = float(page.locator(".aigc-legend-bar span").last.inner_text())
    assert top == pytest.approx(weights[:, 1:].max(), rel=0.05) and top < weights.max()
    edges, cell = box(page), (box(page)["width"] - 90) / len(WORDS)
    assert page.evaluate(UNDER, [edges["x"] + 88 + 0.4 * cell, edges["y"] + 72 + 5.4 * cell])[3] == 0


def test_a_window_is_drawn_with_its_length_and_what_lies_before_it_is_empty(open_map: OpenMap, tokenizer) -> None:
    lm = LanguageModel(small_model("mistral"), tokenizer, "mistral")
    attention = capture_attention(lm, TEXT)
    page = open_map(attention)
    assert "window of 4" in page.evaluate("window.labels.map(({ text }) => text)")
    count = len(attention.tokens)
    edges = box(page)
    cell = (edges["width"] - 90) / count
    page.mouse.move(edges["x"] + 88 + 2.5 * cell, edges["y"] + 72 + 10.5 * cell)
    page.wait_for_timeout(150)
    assert page.locator(".aigc-readout dd").last.inner_text() == "outside the window"
    page.mouse.move(0, 0)
    for key, is_seen in [(5, False), (6, False), (7, True), (10, True), (11, False)]:
        alpha = page.evaluate(UNDER, [edges["x"] + 88 + (key + 0.4) * cell, edges["y"] + 72 + 10.4 * cell])[3]
        assert (alpha == 255) == is_seen, key


def test_a_learned_sink_is_a_column_of_its_own(open_map: OpenMap, tokenizer) -> None:
    attention = capture_attention(LanguageModel(small_model("gpt_oss"), tokenizer, "gpt_oss"), TEXT)
    page = open_map(attention)
    assert "learned sink" in page.evaluate("window.labels.map(({ text }) => text)")
    edges = box(page)
    cell = (edges["height"] - 74) / len(attention.tokens)
    page.mouse.move(edges["x"] + edges["width"] - 8, edges["y"] + 72 + 9.5 * cell)
    page.wait_for_timeout(200)
    query, key, weight = page.locator(".aigc-readout dd").all_inner_texts()
    state = page.evaluate("window.state")
    expected = attention.weights(state["layer"], state["head"])[9, -1]
    assert (query.split()[-1], key) == ("9", "learned sink")
    assert number(weight) == pytest.approx(float(expected), abs=6e-4)


def test_help_lists_the_keys_and_closes_with_escape(open_map: OpenMap) -> None:
    page = open_map(FakeAttention(WORDS))
    button = page.get_by_role("button", name="Keys and gestures")
    button.click()
    expect(page.locator(".aigc-keys")).to_be_visible()
    assert "pin the cell" in page.locator(".aigc-keys").inner_text()
    page.keyboard.press("Escape")
    expect(page.locator(".aigc-keys")).to_be_hidden()
    assert page.evaluate("window.state.cell") is None
