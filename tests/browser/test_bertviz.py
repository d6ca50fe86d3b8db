"""BertViz's views of our attention in a real browser: the drawing appears, and every token is text."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page
from small_models import small_model
from test_bertviz_views import HOSTILE, Part

from aigc_toolkit.attention import capture_attention
from aigc_toolkit.language_model import LanguageModel
from aigc_toolkit.views import bertviz_head_view, bertviz_model_view
from browser.npm import bertviz_scripts, serve_bertviz

WORDS = ["The", " cat", " sat", " on", " it"]


@pytest.fixture
def drawn(chromium: Browser) -> Iterator[Callable[[object], Page]]:
    """`drawn(html)`: a page with what BertViz returned, once it has drawn lines; no dialog opens and no script fails."""
    scripts = bertviz_scripts()
    page, problems = chromium.new_page(viewport={"width": 1000, "height": 800}), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
    serve_bertviz(page, scripts)

    def open_html(html) -> Page:
        page.set_content(f"<!doctype html><body>{html.data}</body>")
        page.locator("svg line").first.wait_for(state="attached", timeout=60_000)
        return page

    yield open_html
    page.close()
    assert problems == []


def texts(page: Page) -> list[str]:
    return page.evaluate("Array.from(document.querySelectorAll('svg text'), (text) => text.textContent)")


def weights_drawn(page: Page, lines: str) -> list[float]:
    """How opaque each line is, which is the weight it stands for."""
    read = "(lines) => Array.from(document.querySelectorAll(lines), (line) => Number(line.getAttribute('stroke-opacity')))"
    return page.evaluate(read, lines)


def test_the_head_view_draws_the_tokens_and_their_weights(drawn) -> None:
    attention = Part(WORDS)
    page = drawn(bertviz_head_view(attention, layer=1, heads=[2], html_action="return"))
    assert texts(page)[: 2 * len(WORDS)] == [*WORDS, *WORDS]
    shown = weights_drawn(page, ".headAttention[head-index='2'] line")
    assert np.array(shown).reshape(5, 5) == pytest.approx(attention.weights(1, 2), abs=1e-6)


def test_the_model_view_draws_every_head_with_its_weights(drawn) -> None:
    attention = Part(WORDS, num_layers=2, num_heads=3)
    page = drawn(bertviz_model_view(attention, html_action="return"))
    shown = np.array(weights_drawn(page, "svg line")).reshape(2, 3, 5, 5)  # (L, H, Q, K)
    expected = [[attention.weights(layer, head) for head in range(3)] for layer in range(2)]
    assert shown == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.parametrize("view", [bertviz_head_view, bertviz_model_view])
def test_hostile_tokens_are_text(drawn, view) -> None:
    tokens = [token for token in HOSTILE if len(token) < 100]
    page = drawn(view(Part(tokens, num_layers=1, num_heads=1), html_action="return"))
    assert page.locator("img").count() == 0
    if view is bertviz_head_view:
        assert texts(page)[:5] == tokens[:5]


def test_an_encoder_decoder_chooses_between_its_kinds(drawn, tokenizer) -> None:
    lm = LanguageModel(small_model("t5"), tokenizer, "t5")
    attention = capture_attention(lm, [0, 5, 6, 7], source="Mia lost her lantern.")
    page = drawn(bertviz_head_view(attention, html_action="return"))
    assert page.locator("#filter option").all_inner_texts() == ["Encoder", "Decoder", "Cross"]
    encoder = attention.of("encoder").tokens
    assert texts(page)[: len(encoder)] == encoder
    page.locator("#filter").select_option("2")
    page.wait_for_function("(count) => document.querySelectorAll('svg text').length === count", arg=4 + len(encoder))
    assert texts(page)[4:] == encoder
