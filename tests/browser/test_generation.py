"""The generation view in a real browser: ranks, the strip by keys, the table, alternatives to write on with."""

from playwright.sync_api import Page, expect

from aigc_toolkit.views import generation_view
from browser.fake_records import fake_generation
from browser.host import show

WORDS = ["Once", " upon", " a", " time", ",", " Mia", " found", "\n", "her", " small", " key", "."]


def test_a_rank_above_one_is_seen_at_a_glance(page: Page) -> None:
    generation = fake_generation("One day, ", WORDS)
    show(page, "generation_view.js", generation_view(generation).payload())
    found = page.evaluate("Array.from(document.querySelectorAll('.aigc-step'), (step) => step.dataset.rank ?? null)")
    assert found == [str(step.rank) if step.rank > 1 else None for step in generation.tokens]
    shown = page.locator(".aigc-step").nth(5).evaluate("(step) => getComputedStyle(step, '::after').content")
    assert shown == '"2"'
    assert page.locator(".aigc-story").evaluate("(node) => node.textContent") == "One day, " + "".join(WORDS)


def test_the_strip_is_walked_by_keys(page: Page) -> None:
    show(page, "generation_view.js", generation_view(fake_generation("", WORDS)).payload())
    strip = page.get_by_role("slider")
    strip.focus()
    for key, at in [("ArrowRight", 2), ("ArrowRight", 3), ("End", 12), ("ArrowRight", 12), ("Home", 1)]:
        page.keyboard.press(key)
        expect(strip).to_have_attribute("aria-valuenow", str(at))
    page.keyboard.press("End")
    assert strip.get_attribute("aria-valuetext").startswith("., token 12 of 12, ")
    assert page.locator(".aigc-panel-token").inner_text() == "."
    assert page.locator(".aigc-step[aria-selected=true]").get_attribute("data-index") == "11"


def test_a_chosen_token_out_of_sight_comes_into_sight(page: Page) -> None:
    show(page, "generation_view.js", generation_view(fake_generation("", WORDS * 80)).payload())
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    inside = """() => {
        const rectangle = (name) => document.querySelector(name).getBoundingClientRect();
        const [box, last] = [rectangle('.aigc-story'), rectangle('.aigc-step:last-child')];
        return last.bottom <= box.bottom + 1 && last.top >= box.top;
    }"""
    assert page.evaluate(inside)


def test_the_table_has_a_row_per_token(page: Page) -> None:
    generation = fake_generation("", WORDS)
    show(page, "generation_view.js", generation_view(generation).payload())
    page.get_by_text("Numbers as a table").click()
    rows = page.locator(".aigc-table tbody tr")
    expect(rows).to_have_count(len(WORDS))
    position, token, _, rank, entropy = rows.nth(5).locator("th, td").all_inner_texts()
    assert (position, token, rank, entropy) == ("5", "␣Mia", "2", f"{generation.tokens[5].entropy:.2f}")


def test_alternatives_are_buttons_only_where_one_can_write_on(page: Page) -> None:
    payload = generation_view(fake_generation("", WORDS)).payload()
    show(page, "generation_view.js", payload)
    page.locator(".aigc-step").nth(5).click()
    assert page.locator(".aigc-press").count() == 0
    page.evaluate("(value) => window.model.change(value)", payload | {"can_branch": True, "prompt": "again"})
    page.locator(".aigc-step").nth(5).click()
    assert page.locator(".aigc-press").count() == 7, "all eight but the chosen one"
    page.get_by_role("button", name="Write on with ␣word0 here instead").press("Enter")
    assert page.evaluate("window.sent") == [{"type": "alternative", "position": 5, "id": 100}]
