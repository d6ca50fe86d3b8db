"""What is on the screen of a saved page: set from Python, kept in its address, brought back by a link."""

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from aigc_toolkit.views import attention_view
from browser.fake_records import FakeAttention

WORDS = ["Once", " upon", " a", " time", ",", " Mia", " found", " her", " small", " key", "."]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    view = attention_view(FakeAttention(WORDS), language="en")
    view.state = {"layer": 1, "head": 2, "panel": "map", "skip_first": True}
    return view.save(tmp_path_factory.mktemp("page") / "attention.html")


@pytest.fixture
def context(open_context: Callable[..., BrowserContext], saved: Path) -> BrowserContext:
    return open_context(lambda url: url.split("#")[0] == saved.as_uri(), offline=True)


def shown(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    return page


def test_a_page_opens_with_the_state_set_in_python(context: BrowserContext, saved: Path) -> None:
    page = shown(context, saved.as_uri())
    expect(page.locator(".aigc-right .aigc-title")).to_have_text(re.compile("^Layer 1, head 2"))
    expect(page.get_by_label("Leave out the first token")).to_be_checked()
    assert "#" not in page.url


def test_the_address_brings_back_what_was_on_the_screen(context: BrowserContext, saved: Path) -> None:
    page = shown(context, saved.as_uri())
    page.get_by_role("radio", name="Layer 3, head 1").click()
    expect(page).to_have_url(re.compile("#view="))
    before = page.url
    page.get_by_label("Leave out the first token").uncheck()
    expect(page).not_to_have_url(before)
    again = shown(context, page.url)
    expect(again.locator(".aigc-right .aigc-title")).to_have_text(re.compile("^Layer 3, head 1"))
    expect(again.get_by_label("Leave out the first token")).not_to_be_checked()
    again.evaluate("location.hash = ''")
    expect(again.locator(".aigc-right .aigc-title")).to_have_text(re.compile("^Layer 1, head 2"))


@pytest.mark.parametrize("state", ['{"layer":99,"head":-1,"zoom":"<img>","kind":"cross","panel":7}', "[]", "null", "no JSON"])
def test_a_forged_link_shows_nothing_that_is_not_there(context: BrowserContext, saved: Path, state: str) -> None:
    page = shown(context, f"{saved.as_uri()}#view={base64.urlsafe_b64encode(state.encode()).decode().rstrip('=')}")
    expect(page.locator(".aigc-right .aigc-title")).to_have_text(re.compile("^Layer 1, head 2"))
