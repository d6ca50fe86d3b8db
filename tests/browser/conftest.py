"""A headless Chromium for the tests of this folder, and pages that keep account of errors and requests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

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
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """`open_page(path, width=…, height=…, dark=…, locale=…)`: a saved file, opened with the network off.

    When the test ends, the page must have logged no error and asked for nothing but itself.
    """
    contexts, problems = [], []

    def note_request(path: Path) -> Callable:
        return lambda request: None if request.url == path.as_uri() else problems.append(f"request: {request.url}")

    def open_saved(path: Path, *, width: int = 1180, height: int = 640, dark: bool = False, locale: str = "en-US") -> Page:
        context = chromium.new_context(
            offline=True,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=locale,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", note_request(path))
        page.on("dialog", lambda dialog: (problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.goto(path.as_uri())
        return page

    yield open_saved
    for context in contexts:
        context.close()
    assert problems == []
