"""A headless Chromium for the tests of this folder, and pages that keep account of errors and requests."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        assert "CI" not in os.environ, f"CI needs {CHROMIUM}: install the package chromium"
        pytest.skip(f"no browser at {CHROMIUM}; install the package chromium to run these tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """`open_context(is_ours, offline=…, width=…, height=…, dark=…, locale=…)`: a browser window of one's own.

    When the test ends, its pages must have logged no error, opened no dialog and asked for nothing but what `is_ours` allows.
    """
    contexts, problems = [], []

    def note(page: Page, is_ours: Callable[[str], bool]) -> None:
        page.on("request", lambda request: None if is_ours(request.url) else problems.append(f"request: {request.url}"))
        page.on("dialog", lambda dialog: (problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)

    def opened(is_ours, *, offline=False, width=1180, height=640, dark=False, locale="en-US") -> BrowserContext:
        context = chromium.new_context(
            offline=offline,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=locale,
        )
        contexts.append(context)
        context.on("page", lambda page: note(page, is_ours))
        return context

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def open_page(open_context) -> Callable[..., Page]:
    """`open_page(path, width=…, height=…, dark=…, locale=…)`: a saved file, opened with the network off."""

    def open_saved(path: Path, **look) -> Page:
        page = open_context(lambda url: url == path.as_uri(), offline=True, **look).new_page()
        page.goto(path.as_uri())
        return page

    return open_saved


@pytest.fixture
def open_site(open_context) -> Callable[..., Page]:
    """`open_site(url, width=…, height=…, dark=…, locale=…)`: a page served on this machine, ready to be used."""

    def open_served(url: str, **look) -> Page:
        page = open_context(lambda asked: asked.startswith((url, "data:", "blob:")), **look).new_page()
        page.goto(url)
        page.locator("#write-go").wait_for(timeout=60_000)
        return page

    return open_served
