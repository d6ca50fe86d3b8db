"""Links to every tab, and two texts beside each other: what is opened is what was on the screen."""

import base64
import json

import pytest
from playwright.sync_api import Page, expect

from browser.waiting import type_setting

KITE = "Mia had a red kite. 从前 </script>"
LOOKED = "#look-view [data-role=proof]"


def link(address: str, tab: str = "look", **held) -> str:
    packed = base64.urlsafe_b64encode(json.dumps(held).encode()).decode().rstrip("=")
    return f"{address}#{tab}={packed}"


def look(page: Page, text: str) -> None:
    page.get_by_role("tab", name="Look", exact=True).click()
    page.locator("#look-text textarea").fill(text)
    page.locator("#look-go").click()
    expect(page.locator(LOOKED)).to_be_visible(timeout=60_000)


def copied(page: Page, tab: str = "look") -> str:
    """What a tab's button "Copy link" puts into the clipboard."""
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.locator(f"#{tab}-link" if tab != "look" else "#look-view").get_by_text("Copy link", exact=True).click()
    page.wait_for_function("window.copied")
    return page.evaluate("window.copied")


def test_a_copied_link_brings_back_the_text_and_the_screen(demo, open_site):
    first = open_site(demo.blocks.local_url)
    look(first, KITE)
    first.get_by_role("radio", name="Layer 1, head 2").first.click()
    first.get_by_role("radio", name="Lines", exact=True).check()
    expect(first.get_by_role("heading", name="Layer 1, head 2")).to_be_visible()
    address = copied(first)
    assert len(address) < 2000
    second = open_site(address)
    expect(second.get_by_role("heading", name="Layer 1, head 2")).to_be_visible(timeout=60_000)
    assert second.locator("#look-text textarea").input_value() == KITE
    assert second.get_by_role("radio", name="Lines", exact=True).is_checked()


@pytest.mark.parametrize("held", [{"text": 1, "state": {}}, {"text": "Mia"}, {"text": "x" * 5000, "state": {}}])
def test_a_link_that_is_not_whole_is_told(demo, open_site, held):
    page = open_site(link(demo.blocks.local_url, **held))
    expect(page.locator("#look-status").get_by_text("This link is not whole")).to_be_visible(timeout=60_000)


def test_a_state_that_does_not_fit_is_left_out(demo, open_site):
    page = open_site(link(demo.blocks.local_url, text=KITE, state={"layer": 99, "head": 2, "panel": "<b>", "more": []}))
    expect(page.get_by_role("heading", name="Layer 4, head 2")).to_be_visible(timeout=60_000)


def test_a_text_too_long_for_a_link_says_so(demo, open_site):
    page = open_site(demo.blocks.local_url)
    look(page, "something " * 401)  # 404 tokens, 4,010 characters
    page.locator("#look-view").get_by_role("button", name="Copy link").click()
    expect(page.locator("#look-view [role=status]").filter(has_text="too long for a link")).to_be_visible()


def test_two_texts_are_looked_at_beside_each_other(demo, open_site):
    page = open_site(demo.blocks.local_url)
    page.get_by_role("tab", name="Look", exact=True).click()
    page.get_by_role("button", name="Compare with another text").click()
    page.locator("#look-other textarea").fill("Tom had a blue cup.")
    look(page, "Mia had a red kite.")
    page.get_by_role("radio", name="side by side").check()
    expect(page.locator("#look-view .aigc-map:visible")).to_have_count(2, timeout=30_000)
    address = copied(page)
    second = open_site(address)
    expect(second.locator("#look-view .aigc-map:visible")).to_have_count(2, timeout=60_000)
    assert second.locator("#look-other textarea").input_value() == "Tom had a blue cup."


def test_a_link_to_write_brings_back_prompt_settings_and_text(demo, open_site):
    first = open_site(demo.blocks.local_url)
    first.locator("#write-prompt textarea").fill(KITE)
    first.get_by_role("button", name="Settings").first.click()
    type_setting(first.locator("#write-max_new_tokens input[type=number]"), "12")
    type_setting(first.locator("#write-seed input"), "7")
    first.locator("#write-go").click()
    expect(first.locator("#write-look")).to_be_enabled(timeout=60_000)
    address = copied(first, "write")
    expect(first.locator("#write-link-status")).to_contain_text("The link is copied")
    second = open_site(address)
    expect(second.locator("#write-look")).to_be_enabled(timeout=60_000)
    assert second.locator("#write-prompt textarea").input_value() == KITE
    steps = [page.locator("#write-view .aigc-step").all_inner_texts() for page in (first, second)]
    assert steps[0] == steps[1] and 0 < len(steps[0]) <= 12


def test_a_link_to_train_brings_back_settings_and_text(demo, open_site):
    first = open_site(demo.blocks.local_url)
    first.get_by_role("tab", name="Train").click()
    first.get_by_label("A text of your own").check()
    first.get_by_label("Tiny").check()
    type_setting(first.locator("#train-text textarea"), KITE)
    second = open_site(copied(first, "train"))
    expect(second.get_by_role("tab", name="Train")).to_have_attribute("aria-selected", "true", timeout=30_000)
    expect(second.get_by_label("Tiny")).to_be_checked()
    expect(second.get_by_label("A text of your own")).to_be_checked()
    expect(second.locator("#train-text textarea")).to_have_value(KITE)


def test_a_link_to_chat_brings_back_the_conversation(demo, open_site):
    first = open_site(demo.blocks.local_url)
    first.get_by_role("tab", name="Chat").click()
    first.locator("#chat-message textarea").fill("Mia had a red kite.\n\nWhat colour was the kite?")
    first.locator("#chat-go").click()
    expect(first.locator("#chat-log [data-action=retry]")).to_be_visible(timeout=60_000)
    second = open_site(copied(first, "chat"))
    expect(second.get_by_role("tab", name="Chat")).to_have_attribute("aria-selected", "true", timeout=30_000)
    said = [page.locator("#chat-log .aigc-turn-text").all_inner_texts() for page in (first, second)]
    expect(second.locator("#chat-log .aigc-turn")).to_have_count(2)
    assert said[0] == second.locator("#chat-log .aigc-turn-text").all_inner_texts() and len(said[0]) == 2
    assert second.locator("#chat-log [data-action=look]").count() == 0  # how it was written is in no link
    second.locator("#chat-message textarea").fill("And who had it?")
    second.locator("#chat-go").click()
    expect(second.locator("#chat-log .aigc-turn")).to_have_count(4, timeout=60_000)


@pytest.mark.parametrize(
    ("tab", "held"), [("write", {"prompt": 1}), ("write", {"prompt": "Mia", "seed": "x"}), ("chat", {"turns": 1})]
)
def test_a_link_to_write_or_chat_that_is_not_whole_is_told(demo, open_site, tab, held):
    page = open_site(link(demo.blocks.local_url, tab, **held))
    expect(page.locator(f"#{tab}-status")).to_contain_text("This link is not whole", timeout=60_000)


def test_a_link_with_a_model_that_is_not_there_says_so_and_opens_nothing(demo, open_site):
    page = open_site(link(demo.blocks.local_url, "write", prompt="Mia", model="someone/else"))
    expect(page.locator("#page-status")).to_contain_text("The model of this link cannot be used here", timeout=60_000)
    assert page.locator("#write-prompt textarea").input_value() != "Mia"


def test_what_is_too_long_for_a_link_to_write_says_so(demo, open_site):
    page = open_site(demo.blocks.local_url)
    page.locator("#write-prompt textarea").fill("something " * 401)
    page.locator("#write-link").click()
    expect(page.locator("#write-link-status")).to_contain_text("too long for a link, which holds 4,000 characters", timeout=30_000)
