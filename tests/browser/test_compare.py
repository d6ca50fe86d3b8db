"""Two attentions on one saved page: either, their difference, both maps; and the kinds of attention of an encoder-decoder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from small_models import small_model

from aigc_toolkit import capture_attention
from aigc_toolkit.language_model import LanguageModel
from aigc_toolkit.views import attention_view
from browser.fake_records import FakeAttention
from browser.waiting import eventually

WORDS = ["Once", " upon", " a", " time", ",", " Mia", " found", "\n", "her", " small", " key", "."]
LAYER, HEAD, TOKEN = 1, 2, 9
OpenPage = Callable[..., Page]


@pytest.fixture
def open_compared(open_page: OpenPage, tmp_path: Path) -> OpenPage:
    """`open_compared(words=…, look={…}, **state)`: two attentions, the second of `words`."""

    def opened(*, words=WORDS, num_heads=4, look=None, **state) -> Page:
        view = attention_view(FakeAttention(WORDS), compare=FakeAttention(words, num_heads=num_heads, shift=3, model_name="edited"))
        view.state = {"layer": LAYER, "head": HEAD, "token": TOKEN} | state
        return open_page(view.save(tmp_path / "compared.html"), **(look or {}))

    return opened


def weight(page: Page) -> float:
    shown = page.locator(".aigc-readout dd").last.inner_text().replace("−", "-")
    return float(shown) if shown.strip("—") else float("nan")


def test_either_of_two_and_their_difference(open_compared: OpenPage) -> None:
    page = open_compared()
    first, second = (FakeAttention(WORDS, shift=shift).weights(LAYER, HEAD)[TOKEN] for shift in (0, 3))
    eventually(page, lambda: weight(page), pytest.approx(first.max(), abs=5e-3))
    page.get_by_label("B edited").check()
    eventually(page, lambda: weight(page), pytest.approx(second.max(), abs=5e-3))
    page.get_by_label("A − B").check()
    change = first - second
    eventually(page, lambda: weight(page), pytest.approx(change[np.argmax(np.abs(change))], abs=1e-2))
    assert "+ more in A, − more in B" in page.locator(".aigc-compare").inner_text()


@pytest.mark.parametrize(("width", "are_beside"), [(1180, True), (375, False)])
def test_maps_stand_beside_or_under_each_other_and_share_zoom(open_compared: OpenPage, width: int, are_beside: bool) -> None:
    page = open_compared(look={"width": width})
    page.get_by_label("side by side").check()
    maps = page.locator(".aigc-map")
    expect(maps).to_have_count(2)
    assert page.locator(".aigc-compare-name").all_inner_texts() == ["A story", "B edited"]
    first, second = (maps.nth(index).bounding_box() for index in (0, 1))
    assert (abs(first["y"] - second["y"]) < 2) == are_beside
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    maps.first.focus()
    page.keyboard.press("+")
    for index in (0, 1):
        expect(maps.nth(index)).to_have_attribute("data-zoomed", "")


def test_two_texts_have_no_difference_and_zoom_apart(open_compared: OpenPage) -> None:
    page = open_compared(words=[" Tom", *WORDS[1:]])
    assert page.get_by_label("A − B").count() == 0
    assert "The two texts have other tokens" in page.locator(".aigc-compare").inner_text()
    page.get_by_label("side by side").check()
    maps = page.locator(".aigc-map")
    expect(maps).to_have_count(2)
    maps.first.focus()
    page.keyboard.press("+")
    expect(maps.first).to_have_attribute("data-zoomed", "")
    page.wait_for_timeout(200)  # as long as the first map takes to tell its zoom
    assert maps.nth(1).get_attribute("data-zoomed") is None
    page.get_by_label("B edited").check()
    expect(page.locator(".aigc-prose .aigc-token").first).to_have_text(" Tom")


def test_a_head_that_one_model_lacks_is_said_to_be_missing(open_compared: OpenPage) -> None:
    page = open_compared(num_heads=2)
    page.get_by_label("side by side").check()
    expect(page.locator(".aigc-compare-one").nth(1)).to_contain_text("This model has no layer 1, head 2.")


def test_one_attention_has_nothing_to_compare(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(attention_view(FakeAttention(WORDS)).save(tmp_path / "one.html"))
    expect(page.locator(".aigc-compare")).to_be_hidden()
    expect(page.locator(".aigc-kinds")).to_be_hidden()


def test_the_kinds_of_an_encoder_decoder_go_by_name(open_page: OpenPage, tokenizer, tmp_path: Path) -> None:
    model = LanguageModel(small_model("bart"), tokenizer, "bart")
    attention = capture_attention(model, "Tom found the lantern.", source="Mia lost her lantern in the forest.")
    view = attention_view(attention)
    view.state = {"panel": "lines", "lines": "columns", "kind": "encoder", "layer": LAYER, "head": HEAD, "token": 3}
    page = open_page(view.save(tmp_path / "kinds.html"))
    columns = page.locator(".aigc-column")
    expect(columns.first.locator(".aigc-column-row").first).to_contain_text("M")
    page.get_by_label("Cross").check()
    assert "the target looks at the source" in page.locator(".aigc-kinds").inner_text()
    expect(columns.nth(0).locator("h4")).to_have_text("Target (query)")
    expect(columns.nth(1).locator("h4")).to_have_text("Source (key)")
    labels = [column.locator(".aigc-column-label").all_inner_texts() for column in columns.all()]
    cross = attention.of("cross")
    assert labels[1][0].strip() == cross.key_tokens[0].strip()
    values = page.locator(".aigc-column[data-side=key] .aigc-column-value")
    row = cross.weights(LAYER, HEAD)[3]
    order = np.argsort(-row)
    linked = order[: int(np.searchsorted(np.cumsum(row[order]), 0.9)) + 1]
    expected = {int(index): row[index] for index in sorted(linked)}
    shown = lambda: {index: float(value) for index, value in enumerate(values.all_inner_texts()) if value}  # noqa: E731
    eventually(page, shown, pytest.approx(expected, abs=3e-3))
