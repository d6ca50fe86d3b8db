"""Links to the tab Look, and two texts beside each other: what is opened is what was on the screen."""

import base64
import json

import pytest
from playwright.sync_api import Page, expect

KITE = "Mia had a red kite. 从前 </script>"
LOOKED = "#look-view [data-role=proof]"


def link(address: str, **held) -> str:
    packed = base64.urlsafe_b64encode(json.dumps(held).encode()).decode().rstrip("=")
    return f"{address}#look={packed}"


def look(page: Page, text: str) -> None:
    page.get_by_role("tab", name="Look", exact=True).click()
    page.locator("#look-text textarea").fill(text)
    page.locator("#look-go").click()
    expect(page.locator(LOOKED)).to_be_visible(timeout=60_000)


def copied(page: Page) -> str:
    """What the button "Copy link" puts into the clipboard."""
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.get_by_role("button", name="Copy link").click()
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
    page.get_by_role("button", name="Copy link").click()
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
