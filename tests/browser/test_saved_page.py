"""Saved pages in a real browser, from disk, with the network off: what is drawn, chosen, shaded and refused."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from aigc_toolkit.views import attention_view, generation_view
from browser.fake_records import HOSTILE, FakeAttention, FakeVerification, fake_generation

WORDS = ["Once", " upon", " a", " time", ",", " Mia", " found", "\n", "her", " small", " key", "."]
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def attention_page(folder: Path) -> Path:
    return attention_view(FakeAttention(WORDS)).save(folder / "attention.html")


@pytest.fixture(scope="module")
def generation_page(folder: Path) -> Path:
    return generation_view(fake_generation("One day,\n", [*WORDS, "", "", "🦊", ""])).save(folder / "generation.html")


EIGHT_BITS = 3e-3  # half a level of 255 on a square-root scale, and three decimals shown


def picture(page: Page, *, after: str = "") -> str:
    """A hash of the map's pixels, once the head is there, and another than the one `after` which it was asked for."""
    expect(page.locator(".aigc-readout dd").last).not_to_have_text(re.compile("^—?$"))
    for _ in range(100):
        data = page.evaluate("document.querySelector('.aigc-map canvas').toDataURL()")
        found = hashlib.sha256(data.encode()).hexdigest()
        if found != after:
            return found
        page.wait_for_timeout(50)
    raise AssertionError("the map has not changed")


def shades(page: Page) -> list[str]:
    return page.evaluate("Array.from(document.querySelectorAll('.aigc-word'), (word) => word.style.backgroundColor)")


def sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_attention_page_draws_text_heads_map_and_proof(open_page: OpenPage, attention_page: Path) -> None:
    page = open_page(attention_page)
    assert page.locator(".aigc-prose").evaluate("(node) => node.textContent") == "".join(WORDS)
    assert page.locator(".aigc-tile").count() == 16
    assert page.locator("[data-role=proof]").inner_text() == ("difference to the model’s own output 3.1e−7 (layer 2)")
    colors = page.evaluate("""() => {
        const canvas = document.querySelector('.aigc-map canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
    }""")
    assert colors > 40


def test_the_weight_read_out_is_the_models(open_page: OpenPage, attention_page: Path) -> None:
    page = open_page(attention_page)
    picture(page)
    page.locator(".aigc-token").nth(6).click()
    query, key, weight = page.locator(".aigc-readout dd").all_inner_texts()
    row = FakeAttention(WORDS).weights(3, 0)[6]
    assert query.split()[-1] == "6"
    assert key.split()[-1] == str(int(np.argmax(row)))
    assert float(weight) == pytest.approx(float(row.max()), abs=EIGHT_BITS)


def test_a_head_is_chosen_by_click_and_by_arrow_keys(open_page: OpenPage, attention_page: Path) -> None:
    page = open_page(attention_page)
    first = picture(page)
    page.get_by_role("radio", name="Layer 1, head 2").click()
    second = picture(page, after=first)
    page.keyboard.press("ArrowRight")
    third = picture(page, after=second)
    page.keyboard.press("ArrowDown")
    assert len({first, second, third, picture(page, after=third)}) == 4
    assert page.locator(".aigc-tile[aria-checked=true]").get_attribute("aria-label") == "Layer 2, head 3"
    assert page.locator(".aigc-tile[tabindex='0']").count() == 1


def test_hovering_a_token_shades_others_in_both_readings(open_page: OpenPage, attention_page: Path) -> None:
    page = open_page(attention_page)
    picture(page)
    page.locator(".aigc-token").nth(5).hover()
    by_row = shades(page)
    assert by_row[6:] == [""] * 6, "a token cannot look at later ones"
    assert any(by_row[:6])
    page.get_by_label("What looks at this token").check()
    page.locator(".aigc-token").nth(5).hover()
    by_column = shades(page)
    assert by_column[:5] == [""] * 5, "earlier tokens cannot look at it"
    assert any(by_column[5:])


def test_tokens_are_walked_with_arrow_keys(open_page: OpenPage, attention_page: Path) -> None:
    page = open_page(attention_page)
    picture(page)
    page.locator(".aigc-token").last.focus()
    for key in ["ArrowLeft", "ArrowLeft", "Home", "ArrowRight"]:
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.dataset.position") == "1"
    assert page.locator(".aigc-token[aria-selected=true]").get_attribute("data-position") == "1"
    assert "“upon” is the one that predicted the next token, “a”" in page.locator(".aigc-reading").inner_text()
    page.keyboard.press("ArrowDown")
    assert int(page.evaluate("document.activeElement.dataset.position")) >= 7, "the line below starts after the newline"


def test_leaving_out_the_first_token_and_the_scale_change_the_map(open_page: OpenPage, attention_page: Path) -> None:
    page = open_page(attention_page)
    root = picture(page)
    legend = page.locator(".aigc-legend").inner_text()
    page.get_by_label("Linear").check()
    linear = picture(page, after=root)
    page.get_by_label("Leave out the first token").check()
    assert len({root, linear, picture(page, after=linear)}) == 3
    assert page.locator(".aigc-legend").inner_text() != legend


def test_cross_hair_moves_with_arrow_keys_and_names_the_masked_future(open_page: OpenPage, attention_page: Path) -> None:
    page = open_page(attention_page)
    picture(page)
    page.locator(".aigc-token").first.click()
    page.locator(".aigc-map").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".aigc-readout dd").all_inner_texts() == ["Once  0", "␣upon  1", "later token"]


def test_a_matrix_that_is_not_causal_is_saved_whole(open_page: OpenPage, folder: Path) -> None:
    attention = FakeAttention(WORDS, causal=False, proof=None)
    page = open_page(attention_view(attention).save(folder / "both_ways.html"))
    picture(page)
    page.locator(".aigc-token").first.click()
    assert float(page.locator(".aigc-readout dd").last.inner_text()) == pytest.approx(
        float(attention.weights(3, 0)[0].max()), abs=EIGHT_BITS
    )
    assert "predict" not in page.locator(".aigc-reading").inner_text()
    assert page.locator("[data-role=proof]").count() == 0


def test_a_failed_proof_says_so(open_page: OpenPage, folder: Path) -> None:
    attention = FakeAttention(WORDS, proof=FakeVerification(max_error=0.2, layer=1, passed=False))
    page = open_page(attention_view(attention).save(folder / "failed.html"))
    assert "2.0e−1 (layer 1), above the tolerance of 1.0e−4" in page.locator("[data-role=proof]").inner_text()


def test_hostile_tokens_are_text(open_page: OpenPage, folder: Path) -> None:
    page = open_page(attention_view(FakeAttention(HOSTILE)).save(folder / "hostile.html"), width=375)
    picture(page)
    shown = page.locator(".aigc-token").all_text_contents()
    assert shown[:5] == HOSTILE[:5]
    assert shown[5:11] == ["\\u202egnirts", "\\u2066x\\u2069", "\\ud800", "␀␇", "a\\u2028b", "\\u200b"]
    assert shown[12] == HOSTILE[12]
    assert page.locator("#aigc-view img, #aigc-view script").count() == 0
    assert not sideways(page)


def test_hostile_generation_is_text(open_page: OpenPage, folder: Path) -> None:
    generation = fake_generation("".join(HOSTILE[:8]), HOSTILE)
    page = open_page(generation_view(generation).save(folder / "hostile_generation.html"), width=375)
    page.locator(".aigc-step").nth(2).click()
    assert page.locator(".aigc-panel-token").inner_text() == "<img src=x onerror=aler…"
    assert page.locator("#aigc-view img, #aigc-view script").count() == 0
    assert not sideways(page)


@pytest.mark.parametrize("width", [375, 1180])
def test_three_hundred_tokens_fit(open_page: OpenPage, folder: Path, width: int) -> None:
    attention = FakeAttention((WORDS * 25)[:300], num_layers=6, num_heads=6)
    page = open_page(attention_view(attention).save(folder / "long.html"), width=width)
    picture(page)
    assert not sideways(page)
    if width == 1180:
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate("document.documentElement.scrollHeight") <= 640, "a 13-inch laptop shows it whole"


@pytest.mark.parametrize("name", ["attention_page", "generation_page"])
def test_phone_and_dark(open_page: OpenPage, request: pytest.FixtureRequest, name: str) -> None:
    path = request.getfixturevalue(name)
    assert not sideways(open_page(path, width=375))
    page = open_page(path, dark=True)
    ground, ink = page.evaluate("""() => [getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector('.aigc')).color].map((color) => Number(color.match(/\\d+/)[0]))""")
    assert ground < 60 and ink > 200
    page.emulate_media(color_scheme="light")
    expect(page.locator(".aigc")).to_have_attribute("data-theme", "light")


@pytest.mark.parametrize(
    ("language", "locale", "words"), [(None, "zh-CN", "这个词元看向哪里"), ("en", "zh-CN", "What this"), ("zh", "en-US", "略去")]
)
def test_language(open_page: OpenPage, folder: Path, language: str | None, locale: str, words: str) -> None:
    path = attention_view(FakeAttention(WORDS), language=language).save(folder / "language.html")
    assert words in open_page(path, locale=locale).locator(".aigc").inner_text()


def test_generation_page_shows_prose_and_numbers(open_page: OpenPage, generation_page: Path) -> None:
    page = open_page(generation_page)
    assert page.locator(".aigc-story").evaluate("(node) => node.textContent") == "One day,\n" + "".join(WORDS) + "🦊∎"
    assert "16 tokens" in page.locator(".aigc-head").inner_text()
    assert "the model ended the text" in page.locator(".aigc-head").inner_text()
    step = fake_generation("", WORDS).tokens[5]
    page.locator(".aigc-step").nth(5).hover()
    numbers = page.locator(".aigc-numbers dd").all_inner_texts()
    assert float(numbers[0]) == pytest.approx(np.exp(step.logprob), abs=6e-4)
    assert numbers[1:] == ["2", f"{step.entropy:.2f} nats"]
    assert "Mia" in page.locator(".aigc-bars tr[data-chosen]").inner_text()


def test_generated_tokens_are_underlined_by_probability(open_page: OpenPage, generation_page: Path) -> None:
    page = open_page(generation_page)
    lengths = page.evaluate("Array.from(document.querySelectorAll('.aigc-word'), (w) => parseFloat(w.style.backgroundSize))")
    expected = [100 * np.exp(step.logprob) for step in fake_generation("", WORDS).tokens]
    assert lengths[: len(expected)] == pytest.approx(expected, abs=0.06)


def test_byte_pieces_of_one_character_are_one_token(open_page: OpenPage, generation_page: Path) -> None:
    page = open_page(generation_page)
    assert page.locator(".aigc-step").count() == len(WORDS) + 2
    page.locator(".aigc-step").nth(len(WORDS)).focus()
    assert page.locator(".aigc-panel-token").inner_text() == "🦊"
    assert "3 tokens make this character" in page.locator(".aigc-panel").inner_text()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".aigc-panel-token").inner_text() == "."
