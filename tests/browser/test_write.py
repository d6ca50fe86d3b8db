"""The tab Write in a real browser: branches from a chosen and a typed token, the tree, settings, strategies side by side."""

import re
import time
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from aigc_toolkit.generation.batch import Batch
from browser.waiting import type_setting


@pytest.fixture
def page(demo, open_site):
    return open_site(demo.blocks.local_url)


def finished(page: Page, num_branches: int) -> None:
    expect(page.locator("#write-branches [role=treeitem]")).to_have_count(num_branches, timeout=60_000)
    expect(page.locator("#write-look")).to_be_enabled(timeout=60_000)


@pytest.fixture
def story(page):
    """A page with a text that was written, its fifth token chosen."""
    page.locator("#write-go").click()
    finished(page, 1)
    page.locator("#write-view .aigc-step").nth(4).click()
    return page


def rows(page: Page):
    return page.locator("#write-branches [role=treeitem]")


def text_of(page: Page) -> str:
    return "".join(page.locator("#write-view .aigc-step").all_inner_texts())


def branch(page: Page, num_branches: int) -> None:
    """Go on from the likeliest of the tokens that were not chosen."""
    page.locator("#write-view .aigc-bars button").first.click()
    finished(page, num_branches)


def test_an_alternative_goes_on_as_a_branch(story):
    before = text_of(story)
    branch(story, 2)
    after = text_of(story)
    assert after != before and rows(story).nth(1).get_attribute("aria-selected") == "true"
    expect(rows(story).nth(1)).to_have_attribute("aria-level", "2")


def test_a_typed_token_goes_on_as_a_branch(story):
    story.locator("#write-view .aigc-typed input").fill(" dragon")
    story.locator("#write-view .aigc-typed input").press("Enter")
    finished(story, 2)
    expect(rows(story).nth(1)).to_contain_text("dragon")
    assert "dragon" in text_of(story)


def test_a_branch_is_picked_with_the_mouse_and_the_keyboard(story):
    first = text_of(story)
    branch(story, 2)
    second = text_of(story)
    rows(story).nth(0).locator(".aigc-branch-text").click()
    expect(rows(story).nth(0)).to_have_attribute("aria-selected", "true")
    assert text_of(story) == first
    rows(story).nth(0).focus()
    story.keyboard.press("ArrowDown")
    story.keyboard.press("Enter")
    expect(rows(story).nth(1)).to_have_attribute("aria-selected", "true")
    assert text_of(story) == second


def test_a_branch_is_pruned_and_what_it_parted_from_is_shown(story):
    first = text_of(story)
    branch(story, 2)
    rows(story).nth(1).locator("[data-action=prune]").click()
    finished(story, 1)
    assert text_of(story) == first


def test_a_branch_opens_in_look(story):
    branch(story, 2)
    rows(story).nth(0).locator("[data-action=look]").click()
    expect(story.get_by_role("tab", name="Look")).to_have_attribute("aria-selected", "true")
    expect(story.locator("#look-view canvas").first).to_be_visible(timeout=30_000)


def test_a_refused_text_leaves_the_one_before(story):
    written = text_of(story)
    story.locator("#write-prompt textarea").fill("word " * 3000)
    story.locator("#write-go").click()
    expect(story.locator("#write-status")).to_contain_text("the model reads at most 512", timeout=30_000)
    expect(story.locator("#write-view .aigc-facts")).not_to_contain_text("writing …")
    expect(story.locator("#write-look")).to_be_enabled()
    assert text_of(story) == written
    branch(story, 2)


def test_a_model_that_fails_in_the_middle_says_so_in_the_text(page, monkeypatch):
    step, num_steps = Batch.step, count()

    def fails_later(batch):
        if next(num_steps) == 3:
            raise RuntimeError("out of memory")
        return step(batch)

    monkeypatch.setattr(Batch, "step", fails_later)
    page.locator("#write-go").click()
    expect(page.locator("#write-status")).to_contain_text("out of memory", timeout=30_000)
    expect(page.locator("#write-view .aigc-facts")).to_contain_text("broken off: the model failed")
    expect(page.locator("#write-go")).to_be_enabled()


def test_a_new_text_begins_a_new_tree(story):
    branch(story, 2)
    story.locator("#write-go").click()
    finished(story, 1)


def test_nothing_can_be_chosen_while_a_text_is_written(page, monkeypatch):
    step = Batch.step
    monkeypatch.setattr(Batch, "step", lambda batch: (time.sleep(0.2), step(batch))[1])  # a slow model
    page.locator("#write-go").click()
    page.locator("#write-view .aigc-step").nth(1).click(timeout=30_000)
    expect(page.locator("#write-view")).to_contain_text("writing …")
    assert page.locator("#write-view .aigc-bars tr").count() > 2
    assert page.locator("#write-view .aigc-bars button").count() == 0
    page.locator("#write-stop").click()
    finished(page, 1)
    expect(page.locator("#write-view")).to_contain_text("stopped by you")
    expect(page.locator("#write-view .aigc-bars button").first).to_be_visible()


def test_a_newer_text_can_be_stopped_when_the_one_before_has_ended(page, monkeypatch):
    step = Batch.step
    monkeypatch.setattr(Batch, "step", lambda batch: (time.sleep(0.2), step(batch))[1])  # a slow model
    page.locator("#write-go").click()
    expect(page.locator("#write-view .aigc-step").first).to_be_visible(timeout=30_000)
    page.locator("#write-go").click()
    page.wait_for_timeout(3000)  # the text before has ended by now, and what follows its end is done
    expect(page.locator("#write-stop")).to_be_enabled()
    expect(page.locator("#write-look")).to_be_disabled()
    page.locator("#write-stop").click()
    finished(page, 1)
    expect(page.locator("#write-stop")).to_be_disabled()


def test_no_branch_is_chosen_or_pruned_while_another_grows(story, monkeypatch):
    branch(story, 2)
    step = Batch.step
    monkeypatch.setattr(Batch, "step", lambda batch: (time.sleep(0.2), step(batch))[1])  # a slow model
    story.locator("#write-view .aigc-step").nth(6).click()
    story.locator("#write-view .aigc-bars button").first.click()
    expect(story.locator("#write-branches [role=tree]")).to_have_attribute("inert", "")
    row = rows(story).nth(1)
    row.locator("[data-action=prune]").evaluate("(button) => button.click()")  # as a browser that does not mind would
    expect(story.locator("#write-branches [role=treeitem]")).to_have_count(2)
    story.locator("#write-stop").click()
    finished(story, 3)
    expect(story.locator("#write-branches [role=tree]")).not_to_have_attribute("inert", "")


def test_every_setting_says_what_it_does(page):
    page.get_by_role("button", name="Settings").first.click()
    page.get_by_role("button", name="More settings").click()
    for name in (
        "temperature",
        "top_p",
        "max_new_tokens",
        "seed",
        "top_k",
        "min_p",
        "typical_p",
        "num_beams",
        "end_at",
        "watermark",
    ):
        expect(page.locator(f"#write-{name}")).to_contain_text(re.compile(r"\w+ .*\."))


def test_a_word_is_never_written(page):
    page.get_by_role("button", name="Settings").first.click()
    page.get_by_role("button", name="More settings").click()
    words = page.locator("#write-bad_words textarea")
    type_setting(page.locator("#write-temperature input[type=number]"), "0")
    type_setting(words, " Mia\nMia")
    page.locator("#write-go").click()
    finished(page, 1)
    assert "Mia" not in text_of(page)


def test_strategies_stand_side_by_side(page):
    page.get_by_role("button", name="Strategies side by side").click()
    page.locator("#strategy-go").click()
    expect(page.locator("#strategy-table article")).to_have_count(4, timeout=30_000)
    expect(page.locator("#strategy-table")).not_to_contain_text("writing …", timeout=60_000)
    for cell in page.locator("#strategy-table tbody tr td:nth-child(3)").all():
        assert re.fullmatch(r"−\d\.\d{3}", cell.inner_text())


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_branches_and_strategies_fit_a_phone(demo, open_site, dark, locale):
    page = open_site(demo.blocks.local_url, width=375, height=800, dark=dark, locale=locale)
    page.locator("#write-go").click()
    finished(page, 1)
    page.locator("#write-view .aigc-step").nth(4).click()
    branch(page, 2)
    page.locator("#strategies button").first.click()
    page.locator("#strategy-go").click()
    expect(page.locator("#strategy-table article")).to_have_count(4, timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
