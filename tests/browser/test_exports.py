"""Saving what is on the screen in a real browser: the same numbers as Python writes, the same drawing as SVG and as PNG."""

import csv
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from aigc_toolkit.attention import capture_attention
from aigc_toolkit.views import attention_view, generation_view
from browser.fake_records import HOSTILE, fake_generation
from browser.host import show

SVG = "{http://www.w3.org/2000/svg}"
TEXT = "Mia lost her <b>red</b> lantern & Tom found it, 在森林里。"


@pytest.fixture
def saved(page: Page, tmp_path: Path) -> Callable[[str], Path]:
    """`saved("CSV")`: the file that the button gives."""

    def press(name: str) -> Path:
        with page.expect_download() as download:
            page.locator(".aigc-export", has_text=name).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        return path

    return press


def shown_in(page: Page, view, **state) -> None:
    view.state = state
    show(page, "attention_view.js", {"ask": True, "language": "en"}, view=view, state=view.state)
    expect(page.locator(".aigc-export").first).to_be_visible()


@pytest.mark.parametrize(
    "state",
    [
        {"layer": 1, "head": 2},
        {"zoom": [3, 9, 2, 5]},
        {"panel": "lines", "token": 9, "mass": 0.8},
        {"panel": "lines", "token": 9, "reading": "column", "grouping": "words"},
        {"panel": "lines", "token": 9, "reading": "predict", "skip_first": True},
        {"panel": "lines", "token": None},
    ],
    ids=str,
)
def test_tables_are_those_of_python(page: Page, saved, lm, tmp_path: Path, state) -> None:
    view = attention_view(capture_attention(lm, TEXT))
    shown_in(page, view, **state)
    assert saved("CSV").read_text("utf-8") == view.export(tmp_path / "python.csv").read_text("utf-8")


def test_a_difference_is_a_table(page: Page, saved, lm, tmp_path: Path) -> None:
    attention = capture_attention(lm, TEXT)
    view = attention_view(attention, compare=attention)
    shown_in(page, view, of="difference")
    assert saved("CSV").read_text("utf-8") == view.export(tmp_path / "python.csv").read_text("utf-8")


def test_a_cell_is_a_table(page: Page, saved, lm) -> None:
    attention = capture_attention(lm, TEXT)
    shown_in(page, attention_view(attention), panel="cell", cell=[7, 3], layer=0, head=1)
    numbers = dict(list(csv.reader(StringIO(saved("CSV").read_text("utf-8"))))[1:])
    assert float(numbers["weight"]) == pytest.approx(attention.weights(0, 1)[7, 3], rel=1e-5)


@pytest.mark.parametrize("state", [{"layer": 1, "head": 2}, {"panel": "lines", "token": 9}], ids=str)
def test_drawings_say_what_those_of_python_say(page: Page, saved, lm, tmp_path: Path, state) -> None:
    view = attention_view(capture_attention(lm, TEXT))
    shown_in(page, view, **state)
    ours = ElementTree.parse(view.export(tmp_path / "python.svg")).getroot()
    theirs = ElementTree.parse(saved("SVG")).getroot()

    def words(root):
        return sorted((shape.text, float(shape.get("x")), float(shape.get("y"))) for shape in root.iter(f"{SVG}text"))

    def names(root):
        return [text for text in words(root) if any(character.isdigit() for character in text[0].split()[0])]

    assert len(names(ours)) > 20 and [text[0] for text in words(ours)] == [text[0] for text in words(theirs)]
    for a, b in zip(names(ours), names(theirs), strict=True):
        assert a[1:] == pytest.approx(b[1:], abs=0.02)
    cells = [
        [shape.get("fill") for shape in root.iter(f"{SVG}rect") if (shape.get("fill") or "").startswith("#")]
        for root in (ours, theirs)
    ]
    assert len(cells[0]) == len(cells[1])
    if cells[0][1:]:
        far = [abs(int(a[i : i + 2], 16) - int(b[i : i + 2], 16)) for a, b in zip(*cells, strict=True) for i in (1, 3, 5)]
        assert max(far) <= 3, "the same colours, but for the last bit"


def test_a_png_is_the_drawing_at_twice_its_size(page: Page, saved, lm) -> None:
    view = attention_view(capture_attention(lm, TEXT))
    shown_in(page, view, zoom=[0, 6, 0, 6])
    root = ElementTree.parse(saved("SVG")).getroot()
    image = Image.open(saved("PNG")).convert("RGB")
    assert image.size == (round(2 * float(root.get("width"))), round(2 * float(root.get("height"))))
    cells = [shape for shape in root.iter(f"{SVG}rect") if shape.get("y") and shape.get("height") != "10"]
    assert len(cells) == 21
    for cell in cells:
        x, y = (int(2 * (float(cell.get(at)) + float(cell.get(size)) / 2)) for at, size in (("x", "width"), ("y", "height")))
        assert "#" + bytes(image.getpixel((x, y))).hex() == cell.get("fill")


def test_a_long_text_is_a_lossless_picture_in_the_svg(page: Page, saved, lm) -> None:
    attention = capture_attention(lm, "The lantern. " * 20)
    shown_in(page, attention_view(attention), curve="linear")
    (picture,) = ElementTree.parse(saved("SVG")).getroot().iter(f"{SVG}image")
    assert picture.get("href").startswith("data:image/png;base64,")


def test_a_failure_is_said(page: Page, lm) -> None:
    shown_in(page, attention_view(capture_attention(lm, TEXT)), panel="lines")
    page.evaluate("""() => {
        const gone = (message) => window.model.receive({ id: message.id, type: "error", message: "gone" });
        window.model.send = (message) => setTimeout(() => gone(message), 0);
    }""")
    page.get_by_role("radio", name="Map", exact=True).check()
    page.locator(".aigc-export", has_text="SVG").click()
    expect(page.locator(".aigc")).to_contain_text("Nothing was saved: gone")


def test_a_generation_is_saved_as_python_saves_it(page: Page, saved, tmp_path: Path) -> None:
    tokens = [" Once", ",", " 从前", "\n", *HOSTILE[:5], "", "", "🦊"]
    view = generation_view(fake_generation("One day", tokens))
    show(page, "generation_view.js", view.payload() | {"language": "en"})
    assert saved("CSV").read_text("utf-8") == view.export(tmp_path / "python.csv").read_text("utf-8")
    ElementTree.parse(saved("SVG"))
    assert np.asarray(Image.open(saved("PNG"))).std() > 5
