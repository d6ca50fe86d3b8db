"""All heads as small pictures: their pixels, their order by score, the filter, the groups, the keyboard, what a page left out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from small_models import small_model

from aigc_toolkit import capture_attention
from aigc_toolkit.attention import Attention
from aigc_toolkit.language_model import LanguageModel
from aigc_toolkit.views import attention_view
from browser.fake_records import FakeAttention

WORDS = ["Once", " upon", " a", " time", ",", " Mia", " found", "\n", "her", " small", " key", "."]
TEXT = "Tom found the lantern under an old oak tree. He gave it back to her. Tom found the lantern."
OpenHeads = Callable[..., Page]
PIXELS = """(tile) => {
    const canvas = tile.querySelector("canvas");
    return [canvas.width, Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)];
}"""
COLORS = """(levels) => {
    const { bytes } = window.probe.readScale(document.querySelector(".aigc"));
    return levels.map((level) => Array.from(bytes.slice(3 * level, 3 * level + 3)));
}"""


@pytest.fixture(scope="module")
def attention(lm: LanguageModel) -> Attention:
    return capture_attention(lm, TEXT)


@pytest.fixture
def open_heads(open_attention: OpenHeads) -> OpenHeads:
    """`open_attention`, once every small picture is drawn."""

    def opened(shown, **look) -> Page:
        page = open_attention(shown, **look)
        expect(page.locator(".aigc-tile:not([data-drawn])")).to_have_count(0)
        return page

    return opened


def names(page: Page) -> list[tuple[int, int]]:
    """(layer, head) of the pictures, in the order they are shown."""
    shown = page.locator(".aigc-tile").evaluate_all(
        "(tiles) => tiles.map((tile) => tile.getAttribute('aria-label').match(/\\d+/g))"
    )
    return [(int(layer), int(head)) for layer, head, *_ in shown]


def sort_by(page: Page, measure: str) -> None:
    expect(page.locator(f".aigc-select option[value={measure}]")).to_have_count(1)
    page.locator(".aigc-select").select_option(measure)


def test_a_small_picture_is_the_head_itself(open_heads: OpenHeads) -> None:
    page = open_heads(FakeAttention(WORDS))
    for layer, head in [(0, 0), (2, 3)]:
        side, pixels = page.get_by_role("radio", name=f"Layer {layer}, head {head}").evaluate(PIXELS)
        assert side == len(WORDS)
        shown = np.array(pixels).reshape(side, side, 4)
        levels = np.rint(255 * np.sqrt(FakeAttention(WORDS).weights(layer, head))).astype(int)
        expected = np.array(page.evaluate(COLORS, levels.ravel().tolist())).reshape(side, side, 3)
        seen = np.tri(side, dtype=bool)
        assert (shown[seen][:, :3] == expected[seen]).all() and (shown[seen][:, 3] == 255).all()
        assert (shown[~seen][:, 3] == 0).all(), "what no query may see is empty"


@pytest.mark.parametrize("measure", ["previous_token", "entropy"])
def test_heads_are_sorted_by_the_score_python_gives(open_heads: OpenHeads, attention: Attention, measure: str) -> None:
    page = open_heads(attention)
    in_place = [(layer, head) for layer in range(attention.num_layers) for head in range(attention.num_heads)]
    assert names(page) == in_place
    sort_by(page, measure)
    table = attention.head_scores().sort_values(measure, ascending=False, kind="stable")
    assert names(page) == list(zip(table["layer"], table["head"], strict=True))
    shown = [float(number.replace("−", "-")) for number in page.locator(".aigc-score").all_inner_texts()]
    assert shown == pytest.approx(table[measure].tolist(), abs=6e-3)
    page.locator(".aigc-select").select_option("position")
    assert names(page) == in_place


def test_the_smallest_score_shown_leaves_out_smaller_ones(open_heads: OpenHeads, attention: Attention) -> None:
    page = open_heads(attention)
    sort_by(page, "previous_token")
    scores = attention.head_scores()["previous_token"]
    assert page.locator(".aigc-tile").count() == len(scores)
    page.locator(".aigc-least input").evaluate("(input) => { input.value = 50; input.dispatchEvent(new Event('input')); }")
    least = (scores.min() + scores.max()) / 2
    assert page.locator(".aigc-tile").count() == int((scores >= least).sum()) < len(scores)
    page.wait_for_timeout(300)
    state = page.evaluate("window.told.at(-1)")
    assert state["measure"] == "previous_token" and state["least"] == pytest.approx(float(least))
    view = attention_view(attention)
    view.state = state
    again = open_heads(attention, state=view.state)
    expect(again.locator(".aigc-score").first).to_be_visible()
    assert names(again) == names(page)


def test_what_a_head_does_is_named_beside_it(open_heads: OpenHeads) -> None:
    class Parked(FakeAttention):
        def head_scores(self):
            table = super().head_scores()
            table.loc[table["layer"] == 1, "kind"] = "previous token"
            return table

    page = open_heads(Parked(WORDS), state={"layer": 1, "head": 2})
    expect(page.locator(".aigc-right .aigc-title")).to_have_text("Layer 1, head 2 · previous token")
    page.get_by_role("radio", name="Layer 0, head 2").click()
    expect(page.locator(".aigc-right .aigc-title")).to_have_text("Layer 0, head 2")


def test_arrow_keys_walk_over_heads_and_layers(open_heads: OpenHeads) -> None:
    page = open_heads(FakeAttention(WORDS), state={"layer": 1, "head": 1})
    page.locator(".aigc-tile[aria-checked=true]").focus()
    for key, expected in [
        ("ArrowRight", (1, 2)),
        ("ArrowDown", (2, 2)),
        ("Home", (2, 0)),
        ("ArrowUp", (1, 0)),
        ("ArrowLeft", (0, 3)),
        ("End", (0, 3)),
        ("ArrowUp", (0, 3)),
    ]:
        page.keyboard.press(key)
        state = page.evaluate("() => document.querySelector('.aigc-tile[aria-checked=true]').getAttribute('aria-label')")
        assert state == f"Layer {expected[0]}, head {expected[1]}", key
        assert page.evaluate("document.activeElement.getAttribute('aria-checked')") == "true"
    assert page.locator(".aigc-tile[tabindex='0']").count() == 1


def test_heads_that_share_a_key_value_head_stand_together(open_heads: OpenHeads) -> None:
    page = open_heads(FakeAttention(WORDS, num_heads=6, num_key_value_heads=3))
    assert page.locator("[data-axis=group]").all_inner_texts() == ["kv 0", "kv 1", "kv 2"]
    places = [page.get_by_role("radio", name=f"Layer 0, head {head}").bounding_box()["x"] for head in range(6)]
    gaps = np.diff(places)
    assert np.allclose(gaps[::2], gaps[0]) and np.allclose(gaps[1::2], gaps[1]) and gaps[1] > gaps[0] + 4
    alone = open_heads(FakeAttention(WORDS, num_heads=4, num_key_value_heads=4))
    assert alone.locator("[data-axis=group]").count() == 0


def test_layers_without_attention_are_named_in_their_place(open_heads: OpenHeads, tokenizer) -> None:
    attention = capture_attention(LanguageModel(small_model("lfm2"), tokenizer, "lfm2"), TEXT)
    page = open_heads(attention)
    assert page.locator(".aigc-other-layer").all_inner_texts() == ["layer 0: conv, no weights", "layer 2: conv, no weights"]
    assert names(page) == [(1, head) for head in range(attention.num_heads)], "heads carry the model's own layer number"
    tops = [node.bounding_box()["y"] for node in [*page.locator(".aigc-other-layer").all(), page.locator(".aigc-tile").first]]
    assert tops[0] < tops[2] < tops[1]


def test_heads_a_page_does_not_carry_are_grey_and_cannot_be_chosen(open_page, attention: Attention, tmp_path: Path) -> None:
    page = open_page(attention_view(attention).save(tmp_path / "some.html", heads=[(0, 1), (1, 2)]))
    expect(page.locator(".aigc-tile[data-drawn]")).to_have_count(2)
    missing = page.locator(".aigc-tile:disabled")
    assert missing.count() == attention.num_layers * attention.num_heads - 2
    assert "does not carry it" in missing.first.get_attribute("title")
    page.get_by_role("radio", name="Layer 0, head 1").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".aigc-tile[aria-checked=true]")).to_have_attribute("aria-label", "Layer 1, head 2")


@pytest.mark.parametrize("width", [375, 760, 1180])
def test_twelve_times_twelve_heads_fit(open_heads: OpenHeads, width: int) -> None:
    page = open_heads(FakeAttention(WORDS, num_layers=12, num_heads=12, num_key_value_heads=12), width=width)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    tile, below = (page.get_by_role("radio", name=f"Layer {layer}, head 0", exact=True).bounding_box() for layer in (0, 1))
    beside = page.get_by_role("radio", name="Layer 0, head 1", exact=True).bounding_box()
    assert below["y"] - tile["y"] >= 24 and beside["x"] - tile["x"] >= 24, "a target of 24 px each"
    if width == 1180:
        assert page.evaluate("document.documentElement.scrollHeight") <= 640, "a 13-inch laptop shows it whole"
