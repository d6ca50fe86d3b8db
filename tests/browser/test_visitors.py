"""Several visitors of one page: nobody sees another's data, strangers are refused, a lost connection is told and mended."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from aigc_toolkit import load_model
from aigc_toolkit.demo import build_demo
from aigc_toolkit.demo.page import serve

PREFIX = "/gradio_api/aigc/view/"
SECONDS_TO_FORGET = 20


def look(page: Page, text: str) -> list[str]:
    """Looks at a text; the names of the results the page asked for while it did."""
    asked = []
    page.on("request", lambda request: asked.append(request.url) if PREFIX in request.url else None)
    page.get_by_role("tab", name="Look", exact=True).click()
    page.locator("#look-text textarea").fill(text)
    page.locator("#look-go").click()
    expect(page.locator("#look-view [data-role=proof]")).to_be_visible(timeout=60_000)
    expect(page.locator("#look-view .aigc-text")).to_contain_text(text.split()[-1])
    return sorted({re.split("[/?]", url.partition(PREFIX)[2])[0] for url in asked})


def status(context: BrowserContext, address: str) -> int:
    return context.request.get(address).status


def test_results_have_names_nobody_can_guess_and_go_with_their_session(demo, open_site):
    address = demo.blocks.local_url.rstrip("/") + PREFIX
    pages = [open_site(demo.blocks.local_url) for _ in range(2)]
    (mine,), (other,) = (look(page, f"a story about {name}") for page, name in zip(pages, ("Mia", "Tom"), strict=True))
    assert mine != other and min(len(mine), len(other)) >= 32
    assert pages[0].evaluate("document.body.innerText").count("Tom") == 0
    context = pages[1].context
    assert status(context, address + mine) == 200
    pages[0].close()
    for _ in range(10 * SECONDS_TO_FORGET):
        if status(context, address + mine) == 404:
            break
        pages[1].wait_for_timeout(100)
    assert status(context, address + mine) == 404, "the results of a closed page are forgotten"
    assert status(context, address + other) == 200, "those of others are not"


@pytest.fixture(scope="module")
def closed_demo():
    """The page with a login."""
    page = build_demo(load_model("story"))
    serve(page, prevent_thread_lock=True, quiet=True, auth=("teacher", "secret"))
    yield page
    page.blocks.close()


def test_every_address_of_a_page_with_a_login_refuses_strangers(closed_demo, chromium):
    url = closed_demo.blocks.local_url
    inside, outside = chromium.new_context(locale="en-US"), chromium.new_context(locale="en-US")
    page = inside.new_page()
    page.goto(url)
    page.get_by_label("username").fill("teacher")
    page.get_by_label("password").fill("secret")
    page.get_by_role("button", name="Login").click()
    page.locator("#write-go").wait_for(timeout=60_000)
    asked = []
    page.on("response", lambda response: asked.append(response.url) if PREFIX in response.url and response.ok else None)
    look(page, "a story about Mia")
    page.get_by_role("radio", name="Layer 1, head 2").click()
    page.wait_for_timeout(1000)
    assert len({re.split("[/?]", url.partition(PREFIX)[2] + "/")[1] for url in asked}) >= 2, (
        "the payload and weights were asked for"
    )
    assert {status(outside, address) for address in asked} == {401}
    assert {status(inside, address) for address in asked} == {200}
    inside.close()
    outside.close()


def test_a_dropped_connection_is_told_and_can_be_tried_again(demo, chromium):
    context = chromium.new_context(locale="en-US")
    page = context.new_page()
    page.goto(demo.blocks.local_url)
    page.locator("#write-go").wait_for(timeout=60_000)
    look(page, "a story about Mia")
    view = page.locator("#look-view")
    context.set_offline(True)
    view.get_by_role("radio", name="Layer 1, head 2").click()
    retry = view.get_by_role("button", name="Try again")
    expect(retry).to_be_visible(timeout=30_000)
    retry.click()
    expect(retry).to_be_visible(timeout=30_000)
    context.set_offline(False)
    retry.click()
    expect(retry).to_be_hidden(timeout=30_000)
    expect(view.locator(".aigc-readout dd").last).not_to_have_text("—")
    context.close()
