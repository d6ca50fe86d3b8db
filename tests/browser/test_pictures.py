"""The comparison of pictures itself: letters drawn a little otherwise pass, a panel that is missing does not."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Page

from aigc_toolkit.views import attention_view, generation_view
from browser import pictures
from browser.fake_records import FakeAttention, fake_generation
from browser.waiting import eventually

WORDS = ["Once", " upon", " a", " time", ",", " Mia", " found", "\n", "her", " small", " key", "."] * 3
OTHER_LETTERS = [
    "* { text-rendering: geometricPrecision !important }",  # no hinting
    ".aigc { transform: translate(0.4px, 0.4px) }",  # between pixels
    ".aigc * { -webkit-text-stroke: 0.25px }",  # darker
]


@pytest.fixture(scope="module")
def shown(chromium, tmp_path_factory):
    """An attention and a generation on one screen."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = [
        attention_view(FakeAttention(WORDS), language="en").save(folder / "attention.html"),
        generation_view(fake_generation("One day,", WORDS), language="en").save(folder / "generation.html"),
    ]
    context = chromium.new_context(viewport={"width": 1180, "height": 640}, bypass_csp=True)
    pages = [context.new_page() for _ in paths]
    for page, path in zip(pages, paths, strict=True):
        page.goto(path.as_uri())
        eventually(page, lambda page=page: page.evaluate("document.querySelector('.aigc canvas')?.width > 0"), True)
        page.wait_for_timeout(300)
    yield pages
    context.close()


def screenshot(page: Page, style: str = "* {}") -> Image.Image:
    element = page.add_style_tag(content=style)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    element.evaluate("(node) => node.remove()")
    return picture


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("style", OTHER_LETTERS)
def test_letters_drawn_a_little_otherwise_pass(shown, which, style):
    found = pictures.difference(screenshot(shown[which], style), screenshot(shown[which]))
    assert found.share > 0 and found.within(0.01)


@pytest.mark.parametrize(
    ("which", "panel"),
    [(0, ".aigc-map"), (0, ".aigc-text"), (0, ".aigc-grid"), (0, ".aigc-legend"), (1, ".aigc-story"), (1, ".aigc-strip")],
)
def test_a_missing_panel_does_not(shown, which, panel):
    whole = screenshot(shown[which])
    assert not pictures.difference(screenshot(shown[which], f"{panel} {{ visibility: hidden }}"), whole).within(0.01)


def test_what_only_one_picture_has_differs():
    low, high = Image.new("RGB", (60, 60)), Image.new("RGB", (60, 90))
    assert pictures.difference(low, high).share == pytest.approx(1 / 3)
    assert pictures.difference(low, low).share == 0


def test_a_kept_picture_is_small_and_equal(shown):
    whole = screenshot(shown[0])
    assert pictures.difference(pictures.small(whole), whole).share == 0


def test_keeping_comparing_and_failing(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "KEPT", tmp_path)
    monkeypatch.setattr(pictures, "FAILED", tmp_path / "failed")
    white, black = Image.new("RGB", (60, 60), "white"), Image.new("RGB", (60, 60), "black")
    with pytest.raises(AssertionError, match="There is no picture state.png"):
        pictures.assert_like_kept(white, "state", tolerance=0.01, update=False)
    pictures.assert_like_kept(white, "state", tolerance=0.01, update=True)
    pictures.assert_like_kept(white, "state", tolerance=0.01, update=False)
    with pytest.raises(AssertionError, match="state differs in 100.0% of its pixels"):
        pictures.assert_like_kept(black, "state", tolerance=0.01, update=False)
    assert {path.name for path in (tmp_path / "failed").iterdir()} == {"state.new.png", "state.difference.png"}
