"""The page in a real browser: write, stop, look, pick a head, hover a token; nothing leaves the machine, nothing is an error."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from aigc_toolkit.generation.batch import Batch

HOSTILE = [
    "<img src=x onerror=\"document.title='owned'\">",
    "${document.title='owned'} {{constructor.constructor('alert(1)')()}} </script>",
    "👩‍👩‍👧🎈🎈🎈",
    "null \x00 and bidi ‮ and zero-width ​​ and ﷽",
]


@pytest.fixture
def page(demo, open_site):
    return open_site(demo.blocks.local_url)


def write(page: Page, text: str) -> None:
    page.locator("#write-prompt textarea").fill(text)
    page.locator("#write-go").click()


def finished(page: Page) -> None:
    expect(page.locator("#write-look")).to_be_enabled(timeout=60_000)


def test_a_story_is_written_while_one_watches(page):
    write(page, "Once upon a time, there was a kind girl named Mia.")
    first = page.locator("#write-view .aigc-step").first
    expect(first).to_be_visible(timeout=20_000)
    finished(page)
    assert page.locator("#write-view .aigc-step").count() > 20
    expect(page.locator("#write-view")).to_contain_text("mean log-probability")


def test_stop_ends_the_text_early(page, monkeypatch):
    step = Batch.step
    monkeypatch.setattr(Batch, "step", lambda batch: (time.sleep(0.2), step(batch))[1])  # a slow model
    page.get_by_role("button", name="Settings").click()
    page.locator("#write-max_new_tokens input[type=number]").fill("400")
    write(page, "Once upon a time, there was a kind girl named Mia.")
    expect(page.locator("#write-view .aigc-step").first).to_be_visible(timeout=20_000)
    page.locator("#write-stop").click()
    expect(page.locator("#write-view")).to_contain_text("stopped by you", timeout=20_000)


def test_a_token_shows_its_alternatives(page):
    write(page, "Once upon a time, there was a kind girl named Mia.")
    finished(page)
    page.locator("#write-view .aigc-step").nth(2).hover()
    expect(page.locator("#write-view")).to_contain_text("What the model considered")
    expect(page.locator("#write-view")).to_contain_text("nats")


def test_the_text_just_written_opens_in_look(page):
    write(page, "Mia had a red kite.")
    finished(page)
    page.locator("#write-look").click()
    expect(page.get_by_role("tab", name="Look")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#look-view canvas").first).to_be_visible(timeout=30_000)
    assert page.locator("#look-text textarea").input_value().startswith("Mia had a red kite.")


def test_a_head_is_chosen_and_a_token_pointed_at(page):
    page.get_by_role("tab", name="Look").click()
    page.locator("#look-go").click()
    expect(page.locator("#look-view [data-role=proof]")).to_contain_text("difference to the model’s own output", timeout=30_000)
    page.get_by_role("radio", name="Layer 1, head 2").click()
    expect(page.locator("#look-view").get_by_role("heading", name="Layer 1, head 2")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#look-view").get_by_role("heading", name="Layer 1, head 3")).to_be_visible()
    page.locator("#look-view .aigc-token").nth(3).hover()
    expect(page.locator("#look-view")).to_contain_text("looks most at")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(page, text):
    write(page, text)
    finished(page)
    page.locator("#write-look").click()
    expect(page.locator("#look-view canvas").first).to_be_visible(timeout=30_000)
    assert page.title() == "AIGC Toolkit"
    assert page.locator("#write-view img, #look-view img, #write-view script").count() == 0


def test_text_beyond_the_context_gets_a_clear_message(page):
    write(page, "word " * 20_000)
    expect(page.locator("#write-status").get_by_text("the model reads at most 512")).to_be_visible(timeout=30_000)
    page.get_by_role("tab", name="Look").click()
    page.locator("#look-text textarea").fill("  ")
    page.locator("#look-go").click()
    expect(page.locator("#look-status").get_by_text("There is no text yet")).to_be_visible()


def test_half_a_character_is_named(page):
    page.evaluate("""() => {
        const box = document.querySelector("#write-prompt textarea");
        box.value = "half \\ud83d";
        box.dispatchEvent(new Event("input", { bubbles: true }));
    }""")
    page.locator("#write-go").click()
    expect(page.locator("#write-status")).to_contain_text("half of a character at position 5", timeout=30_000)


def test_an_example_fills_the_prompt(page):
    page.get_by_role("button", name="Mia loses her kite").click()
    expect(page.locator("#write-prompt textarea")).to_have_value(re.compile("dropped the kite there"))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("locale", "words", "begins"), [("en-US", "Continue", "Once"), ("zh-CN", "续写", "从前")])
def test_the_page_speaks_the_readers_language_on_a_phone(demo, open_site, dark, locale, words, begins):
    page = open_site(demo.blocks.local_url, width=375, height=800, dark=dark, locale=locale)
    expect(page.locator("#write-go")).to_have_text(words)
    first = re.compile(rf"^(<\|user\|>)?{begins}")
    expect(page.locator("#write-prompt textarea")).to_have_value(first)
    page.get_by_role("tab").nth(2).click()
    expect(page.locator("#look-text textarea")).to_have_value(first)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(17, 20, 24)") == dark


def test_two_visitors_see_their_own_text(demo, open_site):
    pages = [open_site(demo.blocks.local_url) for _ in range(2)]
    for page, name in zip(pages, ("Mia", "Tom"), strict=True):
        write(page, f"Once upon a time, there was a child named {name}.")
    for page, name in zip(pages, ("Mia", "Tom"), strict=True):
        finished(page)
        expect(page.locator("#write-view")).to_contain_text(name)
    assert "Tom." not in pages[0].locator("#write-view").inner_text().split("\n")[1]
