"""Lines of a saved page: the links drawn are the fewest that hold the share asked for, their numbers Python's, in every reading."""

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
from browser.fake_records import HOSTILE, FakeAttention
from browser.waiting import eventually

TEXT = "Tom found the lantern under an old oak tree. He gave it back to her."
WORDS = ["Once", " upon", " a", " time", ",", " Mia", " found", "\n", "her", " small", " key", "."]
LAYER, HEAD, TOKEN = 1, 2, 9
NEAR = 3e-3  # a page carries float16 queries and keys, and shows three decimals
OpenPage = Callable[..., Page]
Link = tuple[int, int, float]


@pytest.fixture(scope="module")
def attention(lm: LanguageModel) -> Attention:
    return capture_attention(lm, TEXT)


@pytest.fixture
def open_lines(open_page: OpenPage, attention: Attention, tmp_path: Path) -> OpenPage:
    """`open_lines(attention=…, compare=…, look={…}, **state)`: a saved page that opens with its lines."""

    def opened(shown=attention, *, compare=None, look=None, **state) -> Page:
        view = attention_view(shown, compare=compare)
        view.state = {"panel": "lines", "layer": LAYER, "head": HEAD, "token": TOKEN} | state
        page = open_page(view.save(tmp_path / "lines.html"), **(look or {}))
        expect(page.locator(".aigc-lines-caption")).not_to_be_empty()
        return page

    return opened


def caption(page: Page) -> str:
    return page.locator(".aigc-lines-caption").inner_text()


def links(page: Page) -> list[Link]:
    """(query, key, weight) of the table; the first positions where it names groups, and -1 for what has none."""
    table = page.locator(".aigc-lines-table")
    if table.get_attribute("open") is None:
        table.locator("summary").click()
        expect(table.locator("tbody tr").first).to_be_visible()
    rows = table.locator("tbody tr").evaluate_all("(rows) => rows.map((row) => Array.from(row.cells, (cell) => cell.textContent))")

    def place(words: str) -> int:
        last = words.split("  ")[-1].split("–")[0]
        return int(last) if last.isdigit() else -1

    return [(place(query), place(key), number(weight)) for query, key, weight in rows]


def keys(page: Page) -> dict[int, float]:
    return {key: weight for _, key, weight in links(page)}


def queries(page: Page) -> dict[int, float]:
    return {query: weight for query, _, weight in links(page)}


def number(shown: str) -> float:
    return float(shown.replace("−", "-"))


def fewest(values: np.ndarray, mass: float) -> dict[int, float]:
    order = np.argsort(-np.abs(values), kind="stable")
    held = np.cumsum(np.abs(values[order])) / np.abs(values).sum()
    return {int(index): float(values[index]) for index in order[: int(np.searchsorted(held, mass - 1e-9)) + 1]}


def set_mass(page: Page, percent: int) -> None:
    page.locator(".aigc-mass input").evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }", str(percent)
    )
    expect(page.locator(".aigc-mass output")).to_have_text(f"{percent} %")


@pytest.mark.parametrize("drawing", ["text", "columns"])
@pytest.mark.parametrize("percent", [50, 75, 90])
def test_the_fewest_links_that_hold_the_share_are_drawn(
    open_lines: OpenPage, attention: Attention, drawing: str, percent: int
) -> None:
    page = open_lines(lines=drawing)
    set_mass(page, percent)
    row = attention.weights(LAYER, HEAD)[TOKEN]
    expected = fewest(row, percent / 100)
    eventually(page, lambda: keys(page), pytest.approx(expected, abs=NEAR))
    held = round(100 * sum(expected.values()))
    words = "1 link holds" if len(expected) == 1 else f"{len(expected)} links hold"
    assert caption(page) == f"{words} {held} % of what “tre” looks at."
    drawn = page.locator(f".aigc-lines path[data-from='{TOKEN}']").evaluate_all(
        "(all) => all.map((path) => Number(path.dataset.to))"
    )
    assert set(drawn) == set(expected) - ({TOKEN} if drawing == "text" else set()), "a word has no arc to itself"


@pytest.mark.parametrize("drawing", ["text", "columns"])
def test_width_and_opacity_grow_with_the_weight(open_lines: OpenPage, attention: Attention, drawing: str) -> None:
    page = open_lines(lines=drawing, mass=1.0)
    row = attention.weights(LAYER, HEAD)[TOKEN]
    drawn = page.locator(".aigc-lines path").evaluate_all("""(all) => all.map((path) =>
        ['data-to', 'stroke-width', 'stroke-opacity'].map((name) => Number(path.getAttribute(name))))""")
    assert len(drawn) >= 6
    drawn.sort(key=lambda path: row[int(path[0])])
    assert np.all(np.diff(np.array(drawn)[:, 1:], axis=0) >= -0.05)
    assert drawn[-1][1] > 2 * drawn[0][1] and drawn[-1][2] > 2 * drawn[0][2]


@pytest.mark.parametrize("grouping", ["words", "sentences"])
@pytest.mark.parametrize("reading", ["row", "column"])
def test_groups_have_the_weights_of_group_weights(open_lines: OpenPage, attention: Attention, grouping: str, reading: str) -> None:
    page = open_lines(reading=reading, mass=1.0)
    page.get_by_label(grouping, exact=True).check()
    groups = attention.groups(grouping)
    mine = next(index for index, group in enumerate(groups) if group.first <= TOKEN < group.end)
    weights = attention.group_weights(LAYER, HEAD, grouping)
    expect(page.locator(".aigc-lines-text .aigc-token")).to_have_count(len(groups))
    line = weights[mine] if reading == "row" else weights[:, mine]
    expected = {groups[i].first: line[i] for i in np.flatnonzero(line > 0)}
    eventually(page, lambda: keys(page) if reading == "row" else queries(page), pytest.approx(expected, abs=NEAR))


def test_what_looks_at_a_token_is_its_column(open_lines: OpenPage, attention: Attention) -> None:
    page = open_lines()
    page.get_by_label("What looks at this token").check()
    column = attention.weights(LAYER, HEAD)[:, TOKEN]
    eventually(page, lambda: queries(page), pytest.approx(fewest(column, 0.9), abs=NEAR))
    assert "of what looks at “tre”" in caption(page)


def test_what_was_looked_at_to_predict_a_token_is_the_row_before_it(open_lines: OpenPage, attention: Attention) -> None:
    page = open_lines(reading="predict")
    row = attention.weights(LAYER, HEAD)[TOKEN - 1]
    eventually(page, lambda: keys(page), pytest.approx(fewest(row, 0.9), abs=NEAR))
    assert "of what was looked at to predict “tre”" in caption(page)
    page.locator(".aigc-lines-text .aigc-token").first.click()
    expect(page.locator(".aigc-lines-caption")).to_have_text("Nothing came before “Tom”, so nothing predicted it.")


def test_the_first_token_can_be_left_out(open_lines: OpenPage, attention: Attention) -> None:
    page = open_lines(skip_first=True, mass=1.0)
    row = attention.weights(LAYER, HEAD)[TOKEN]
    eventually(page, lambda: set(keys(page)), set(np.flatnonzero(row[1:] > 0) + 1))
    page.get_by_label("What looks at this token").check()
    page.locator(".aigc-lines-text .aigc-token").first.click()
    expect(page.locator(".aigc-lines-caption")).to_have_text("The first token is left out.")


def test_nothing_chosen_shows_all_links_of_a_short_text(open_lines: OpenPage, attention: Attention) -> None:
    page = open_lines(token=None, mass=0.5)
    weights = attention.weights(LAYER, HEAD)
    expected = sum(len(fewest(row, 0.5)) for row in weights)
    eventually(page, lambda: len(links(page)), expected)
    assert caption(page).startswith("All links that hold 50 % of each row.")


def test_a_click_chooses_and_lets_go_and_pointing_shows(open_lines: OpenPage) -> None:
    page = open_lines(token=None)
    token = page.locator(".aigc-lines-text .aigc-token").nth(5)
    token.hover()
    expect(page.locator(".aigc-lines-caption")).to_contain_text("looks at.")
    token.click()
    expect(token).to_have_attribute("aria-selected", "true")
    token.click()
    expect(token).to_have_attribute("aria-selected", "false")


@pytest.mark.parametrize(("drawing", "key"), [("text", "ArrowRight"), ("columns", "ArrowDown")])
def test_arrow_keys_move_the_chosen_token_and_escape_lets_go(open_lines: OpenPage, drawing: str, key: str) -> None:
    page = open_lines(lines=drawing)
    chosen = page.locator(".aigc-lines [aria-selected=true]")
    if drawing == "text":
        chosen.focus()
    else:
        page.locator(".aigc-column [role=listbox]").focus()
    page.keyboard.press(key)
    page.keyboard.press(key)
    expect(chosen).to_have_attribute("data-index", str(TOKEN + 2))
    page.keyboard.press("Home")
    expect(chosen).to_have_attribute("data-index", "0")
    page.keyboard.press("Escape")
    expect(chosen).to_have_count(0)


def test_a_learned_sink_is_a_token_of_its_own(open_lines: OpenPage, tokenizer) -> None:
    attention = capture_attention(LanguageModel(small_model("gpt_oss"), tokenizer, "gpt_oss"), TEXT)
    page = open_lines(attention, mass=1.0, layer=0, head=0)
    row = attention.weights(0, 0)[TOKEN]
    shown = keys(page)
    assert shown.pop(-1) == pytest.approx(row[-1], abs=NEAR)
    assert shown == pytest.approx({int(key): row[key] for key in np.flatnonzero(row[:-1] > 0)}, abs=NEAR)
    expect(page.locator(".aigc-lines .aigc-sink")).to_have_text("learned sink")


def test_a_difference_tells_gained_from_lost_by_more_than_colour(open_lines: OpenPage) -> None:
    before, after = FakeAttention(WORDS, causal=True), FakeAttention(WORDS, shift=3, model_name="edited")
    page = open_lines(before, compare=after, of="difference", mass=1.0, lines="columns")
    change = before.weights(LAYER, HEAD)[TOKEN] - after.weights(LAYER, HEAD)[TOKEN]
    eventually(page, lambda: keys(page), pytest.approx({int(key): change[key] for key in np.flatnonzero(change)}, abs=1e-2))
    shown = keys(page)
    for path in page.locator(".aigc-fan path").all():
        is_lost = shown[int(path.get_attribute("data-to"))] < 0
        assert (path.get_attribute("stroke-dasharray") is not None) == is_lost
    values = [value for value in page.locator(".aigc-column-value").all_inner_texts() if value]
    assert {value[0] for value in values} == {"+", "−"}


def test_a_long_text_shows_the_passages_around_its_links(open_lines: OpenPage) -> None:
    attention = FakeAttention((WORDS * 60)[:700], num_layers=2, num_heads=3)
    page = open_lines(attention, token=400)
    tokens = page.locator(".aigc-lines-text .aigc-token")
    expect(page.locator(".aigc-lines-text .aigc-token[aria-selected=true]")).to_have_attribute("data-index", "400")
    assert 15 < tokens.count() < 600
    assert page.locator(".aigc-lines-text .aigc-gap").count() >= 2


def test_columns_hold_only_the_rows_in_sight_and_say_what_is_not(open_lines: OpenPage) -> None:
    attention = FakeAttention((WORDS * 60)[:700], num_layers=2, num_heads=3)
    page = open_lines(attention, token=400, lines="columns", mass=0.99)
    assert page.locator(".aigc-column-row").count() < 80
    strongest = int(np.argmax(attention.weights(LAYER, HEAD)[400]))
    row = page.locator(f".aigc-column[data-side=key] [data-index='{strongest}']")
    expect(row).to_be_in_viewport()
    page.locator(".aigc-column[data-side=key] .aigc-column-scroll").evaluate("(list) => { list.scrollTop = 0; }")
    expect(row).to_have_count(0)
    below = page.locator(".aigc-column[data-side=key] .aigc-beyond[data-place=below]")
    assert below.get_attribute("aria-label").startswith(
        f"Further down: {len(fewest(attention.weights(LAYER, HEAD)[400], 0.99))} links"
    )
    below.click()
    expect(row).to_be_in_viewport()
    page.locator(".aigc-column [role=listbox]").focus()
    page.keyboard.press("End")
    expect(page.locator(".aigc-column [aria-selected=true]")).to_have_attribute("data-index", "699")


def test_the_column_of_a_text_too_long_for_a_whole_head_is_exact(open_lines: OpenPage) -> None:
    attention = FakeAttention((WORDS * 100)[:1100], num_layers=1, num_heads=1)
    page = open_lines(attention, layer=0, head=0, token=300, reading="column", mass=0.5)
    column = attention.weights(0, 0)[:, 300]
    eventually(page, lambda: queries(page), pytest.approx(fewest(column, 0.5), abs=1e-2))


@pytest.mark.parametrize("drawing", ["text", "columns"])
def test_hostile_tokens_are_text(open_lines: OpenPage, drawing: str) -> None:
    page = open_lines(FakeAttention(HOSTILE), lines=drawing, look={"width": 375})
    assert page.locator(".aigc-lines img, .aigc-lines script").count() == 0
    assert page.locator(".aigc-lines").get_by_text("<img src=x onerror=").count() >= 1
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_chinese_words(open_lines: OpenPage) -> None:
    page = open_lines(look={"locale": "zh-CN"})
    assert caption(page).startswith("“tre” 看向哪里：")
    assert "弧线" in page.locator(".aigc-lines").inner_text()
