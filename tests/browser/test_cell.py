"""The arithmetic of a cell on a saved page: every number is the one Python computed, whatever the family adds to the score."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from small_models import small_model, widen

from aigc_toolkit import capture_attention
from aigc_toolkit.attention import Attention
from aigc_toolkit.language_model import LanguageModel
from aigc_toolkit.views import attention_view
from browser.fake_records import HOSTILE, FakeAttention
from browser.waiting import eventually

TEXT = "Tom found the lantern under an old oak tree. He gave it back to her."
LAYER, HEAD, QUERY, KEY = 0, 1, 9, 7
OpenPage = Callable[..., Page]


@pytest.fixture
def captured(tokenizer) -> Callable[[str], Attention]:
    def capture(family: str, *, seed: int = 0) -> Attention:
        model = LanguageModel(widen(small_model(family), seed=seed), tokenizer, family)
        starts = [1, *tokenizer(TEXT)["input_ids"]]
        return capture_attention(model, starts, source="Mia lost it.") if family == "t5" else capture_attention(model, TEXT)

    return capture


@pytest.fixture
def open_cell(open_page: OpenPage, tmp_path: Path) -> OpenPage:
    """`open_cell(attention, compare=…, look={…}, **state)`: a saved page that opens with the arithmetic of a cell."""

    def opened(attention, *, compare=None, look=None, **state) -> Page:
        view = attention_view(attention, compare=compare)
        view.state = {"panel": "cell", "layer": LAYER, "head": HEAD, "cell": [QUERY, KEY]} | state
        page = open_page(view.save(tmp_path / "cell.html"), **(look or {}))
        expect(page.locator(".aigc-ledger tr[data-step=weight]")).to_be_visible()
        return page

    return opened


def ledger(page: Page) -> dict[str, list[str]]:
    """Results by step, as they are written."""
    rows = page.locator(".aigc-ledger tr[data-step]").evaluate_all(
        "(rows) => rows.map((row) => [row.dataset.step, ...Array.from(row.cells, (cell) => cell.textContent)])"
    )
    return {step: cells[1:] for step, *cells in rows}


def number(shown: str) -> float:
    return {"−∞": -np.inf, "∞": np.inf}.get(shown) or float(shown.replace("−", "-"))


@pytest.mark.parametrize(
    ("family", "added"), [("llama", set()), ("gemma2", {"capped"}), ("t5", {"biased"}), ("gpt_oss", {"sink"}), ("bert", set())]
)
def test_the_ledger_has_pythons_numbers(
    open_cell: OpenPage, captured: Callable[..., Attention], family: str, added: set[str]
) -> None:
    attention = captured(family)
    cell = attention.cell(LAYER, HEAD, QUERY, KEY)
    page = open_cell(attention)
    shown = {step: number(cells[-1]) for step, cells in ledger(page).items()}
    expected = {
        "dot": cell.dot,
        "scaled": cell.dot * cell.scaling,
        "mask": cell.score,
        "sum": cell.log_sum_exp,
        "weight": cell.weight,
    }
    expected |= {"length": cell.value_norm, "added": cell.weight * cell.value_norm, "share": cell.value_weight}
    optional = {"capped": cell.after_softcap, "biased": cell.score}
    if cell.sink is not None:
        optional["sink"] = np.exp(cell.sink - cell.log_sum_exp)
    expected |= {step: optional[step] for step in added}
    assert shown == pytest.approx(expected, rel=5e-3, abs=2e-2)
    assert np.exp(shown["mask"] - shown["sum"]) == pytest.approx(shown["weight"], abs=2e-3)


def test_the_products_are_those_of_the_dot_and_the_largest_is_named(
    open_cell: OpenPage, captured: Callable[..., Attention]
) -> None:
    attention = captured("llama")
    products = attention.cell(LAYER, HEAD, QUERY, KEY).products
    page = open_cell(attention)
    titles = page.locator(".aigc-products rect title").all_text_contents()
    assert [number(title.split(": ")[1]) for title in titles] == pytest.approx(products.tolist(), abs=1e-2)
    largest = int(np.argmax(np.abs(products)))
    assert f"largest products: dimension {largest} " in page.locator(".aigc-products-box").inner_text()


def test_a_hidden_cell_has_no_score_and_no_weight(open_cell: OpenPage, captured: Callable[..., Attention]) -> None:
    rows = ledger(open_cell(captured("llama"), cell=[3, 8]))
    assert rows["mask"] == ["hidden from this query", "−∞"]
    assert rows["weight"][-1] == "0"


def test_a_sink_has_a_score_of_its_own(open_cell: OpenPage, captured: Callable[..., Attention]) -> None:
    attention = captured("gpt_oss")
    row = attention.weights(LAYER, HEAD)[QUERY]
    page = open_cell(attention, cell=[QUERY, len(row) - 1])
    assert "sink" in page.locator(".aigc-cell h4").inner_text()
    rows = ledger(page)
    assert rows["score"][0] == "a learned number"
    assert number(rows["weight"][-1]) == pytest.approx(row[-1], abs=2e-3)


def test_where_only_weights_are_known_the_rest_is_a_dash_and_a_reason(open_cell: OpenPage) -> None:
    attention = FakeAttention(["Once", " upon", " a", " time"] * 3)
    page = open_cell(attention)
    assert page.locator(".aigc-cell-reason").inner_text().startswith("Only the weight is known here: ")
    rows = {step: cells[-1] for step, cells in ledger(page).items()}
    assert number(rows.pop("weight")) == pytest.approx(attention.weights(LAYER, HEAD)[QUERY, KEY], abs=5e-3)
    assert set(rows.values()) == {"—"}


def test_without_a_chosen_cell_the_heaviest_of_the_token_is_shown(open_cell: OpenPage, captured: Callable[..., Attention]) -> None:
    attention = captured("llama")
    page = open_cell(attention, cell=None, token=QUERY)
    heaviest = int(np.argmax(attention.weights(LAYER, HEAD)[QUERY]))
    assert page.locator(".aigc-cell h4").inner_text().endswith(f" {heaviest}")


def test_arrow_keys_move_the_cell(open_cell: OpenPage, captured: Callable[..., Attention]) -> None:
    attention = captured("llama")
    page = open_cell(attention)
    page.locator(".aigc-cell").focus()
    moves = {"ArrowUp": (QUERY - 1, KEY), "ArrowLeft": (QUERY - 1, KEY - 1), "ArrowDown": (QUERY, KEY - 1)}
    for key, (query, position) in moves.items():
        page.keyboard.press(key)
        dot = attention.cell(LAYER, HEAD, query, position).dot
        eventually(page, lambda: number(ledger(page)["dot"][-1]), pytest.approx(dot, rel=5e-3, abs=2e-2))
        assert page.locator(".aigc-cell h4").inner_text().endswith(f" {position}")


def test_two_models_stand_beside_each_other(open_cell: OpenPage, captured: Callable[..., Attention]) -> None:
    a, b = captured("llama"), captured("llama", seed=3)
    page = open_cell(a, compare=b, of="difference", look={"width": 375})
    names = page.locator(".aigc-ledger thead th").all_inner_texts()
    assert names == ["", "A", "B", "A − B"]
    weights = [attention.cell(LAYER, HEAD, QUERY, KEY).weight for attention in (a, b)]
    shown = [number(cell) for cell in ledger(page)["weight"]]
    assert shown == pytest.approx([*weights, weights[0] - weights[1]], abs=4e-3)
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_hostile_tokens_are_text(open_cell: OpenPage) -> None:
    page = open_cell(FakeAttention(HOSTILE), cell=[4, 2])
    assert "<img src=x onerror=alert" in page.locator(".aigc-cell h4").inner_text()
    assert page.locator(".aigc-cell img, .aigc-cell script").count() == 0
