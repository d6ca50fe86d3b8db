"""Fixtures of this folder: headless Chromium, pages that keep account of errors and requests, the demo, JupyterLab, pictures."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from aigc_toolkit import load_model
from aigc_toolkit.demo import build_demo
from aigc_toolkit.demo.page import Demo, serve
from aigc_toolkit.views import AttentionView, attention_view
from browser.lab import Lab, OpenNotebook, open_notebook, running_lab
from browser.live import open_live
from browser.pictures import assert_like_kept, same_letters

CHROMIUM = "/usr/bin/chromium"
PATIENCE = 60_000  # milliseconds: the processors are shared with the other tests and with what they train
IMPATIENT = "Failed to initialize model"  # anywidget, of a view that took more than 2 s to start; it is drawn when it is ready
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
    expect.set_options(timeout=PATIENCE / 2)
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
        context.set_default_timeout(PATIENCE)
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
        page = open_context(lambda asked: asked.startswith((url.split("#")[0], "data:", "blob:")), **look).new_page()
        page.goto(url)
        page.locator("#write-go").wait_for(state="attached", timeout=60_000)  # a link may open another tab
        return page

    return open_served


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """An empty page; a script in it that fails, fails the test."""
    errors: list[str] = []
    page = chromium.new_page(locale="en-US", viewport={"width": 1180, "height": 640})
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []


@pytest.fixture(scope="session")
def probe_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `open_live` puts the modules of the views beside its probe."""
    return tmp_path_factory.mktemp("probe")


@pytest.fixture
def open_attention(chromium: Browser, probe_folder: Path) -> Iterator[Callable[..., Page]]:
    """`open_attention(attention_or_view, state={…}, width=…)`: as a notebook shows it; a script that fails, fails the test."""
    pages, errors = [], []

    def opened(shown: Any, *, state: dict | None = None, **look: Any) -> Page:
        view = shown if isinstance(shown, AttentionView) else attention_view(shown)
        view.state = state or {}
        page = open_live(chromium, view, probe_folder, **look)
        page.on("pageerror", lambda error: errors.append(str(error)))
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.close()
    assert errors == []


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """The page around the built-in model, served on this machine."""
    page = build_demo(load_model("story"))
    serve(page, prevent_thread_lock=True, quiet=True)
    yield page
    page.blocks.close()


@pytest.fixture
def compare_picture(request: pytest.FixtureRequest, chromium: Browser) -> Callable[..., None]:
    """`compare_picture(page_or_locator, name, tolerance=0.01)`: what is on the screen, held against the picture kept under `name`.

    `pytest --update-pictures` keeps what is on the screen instead. Skips where the letters are those of other fonts.
    """
    update = request.config.getoption("--update-pictures")

    def compare(shown: Page | Locator, name: str, *, tolerance: float = 0.01) -> None:
        page = shown if isinstance(shown, Page) else shown.page
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if not same_letters(page, update=update):
            pytest.skip("the kept pictures were made with other fonts: install fonts-liberation and fonts-noto-cjk")
        picture = Image.open(io.BytesIO(shown.screenshot(animations="disabled")))
        assert_like_kept(picture, name, tolerance=tolerance, update=update)

    return compare


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def open_in_lab(lab: Lab, chromium: Browser) -> Iterator[Callable[[Path], OpenNotebook]]:
    """`open_in_lab(path)`: a notebook of the lab's folder on the screen; no script of its page may fail."""
    pages, errors = [], []

    def opened(path: Path) -> OpenNotebook:
        page = chromium.new_page(viewport={"width": 1400, "height": 900}, locale="en-US")
        pages.append(page)
        page.on("pageerror", lambda error: None if IMPATIENT in str(error) else errors.append(str(error)))
        return open_notebook(page, lab, path)

    yield opened
    for page in pages:
        page.close()
    assert errors == []
