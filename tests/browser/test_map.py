"""The map: every pixel is the weight the read-out names, every label stands at its token, however far one has zoomed in."""

import numpy as np
import pytest
from small_models import small_model

from aigc_toolkit import capture_attention
from aigc_toolkit.language_model import LanguageModel
from browser.fake_records import FakeAttention
from browser.live import drawn
from browser.map_page import HEAD, LAYER, LONG, WORDS, LongAttention, Open, box, number, read, wheel
from browser.waiting import eventually

TEXT = "Tom found the lantern under an old oak tree. He gave it back to her."
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


@pytest.fixture(scope="module")
def long() -> LongAttention:
    return LongAttention(LONG, num_layers=4, num_heads=1, num_key_value_heads=1)


@pytest.mark.parametrize("curve", ["linear", "root", "log"])
def test_every_cell_has_the_colour_of_its_weight_and_hidden_ones_have_none(open_attention: Open, curve: str) -> None:
    page = open_attention(FakeAttention(WORDS), state={"curve": curve})
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
    open_attention: Open, long: LongAttention, share: tuple[float, float], steps: int
) -> None:
    page = open_attention(long)
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
        eventually(page, lambda at=at: page.evaluate(UNDER, at), pytest.approx(expected, abs=2))


def test_no_peak_of_a_long_head_is_hidden_when_it_is_seen_whole(open_attention: Open, long: LongAttention) -> None:
    page = open_attention(long)
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
def test_every_label_stands_at_its_token(
    open_attention: Open, long: LongAttention, tokens: list[str], zoom: list[int] | None
) -> None:
    attention = long if tokens is LONG else FakeAttention(WORDS)
    page = open_attention(attention, state={"zoom": zoom})
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


def test_leaving_out_the_first_token_scales_to_the_rest(open_attention: Open) -> None:
    page = open_attention(FakeAttention(WORDS))
    weights = FakeAttention(WORDS).weights(LAYER, HEAD)
    assert float(page.locator(".aigc-legend-bar span").last.inner_text()) == pytest.approx(weights.max(), rel=0.05)
    page.get_by_label("Leave out the first token").check()
    drawn(page)
    top = float(page.locator(".aigc-legend-bar span").last.inner_text())
    assert top == pytest.approx(weights[:, 1:].max(), rel=0.05) and top < weights.max()
    edges, cell = box(page), (box(page)["width"] - 90) / len(WORDS)
    assert page.evaluate(UNDER, [edges["x"] + 88 + 0.4 * cell, edges["y"] + 72 + 5.4 * cell])[3] == 0


def test_a_window_is_drawn_with_its_length_and_what_lies_before_it_is_empty(open_attention: Open, tokenizer) -> None:
    lm = LanguageModel(small_model("mistral"), tokenizer, "mistral")
    attention = capture_attention(lm, TEXT)
    page = open_attention(attention)
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


def test_a_learned_sink_is_a_column_of_its_own(open_attention: Open, tokenizer) -> None:
    attention = capture_attention(LanguageModel(small_model("gpt_oss"), tokenizer, "gpt_oss"), TEXT)
    page = open_attention(attention)
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
