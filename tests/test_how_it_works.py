"""`docs/how_it_works.md`: what it names exists, both languages say the same, the drawings are what the script draws."""

import re
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {"en": DOCS / "how_it_works.md", "zh": DOCS / "how_it_works.zh-CN.md"}


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    sys.path.insert(0, str(DOCS))
    try:
        return runpy.run_path(str(DOCS / "make_drawings.py"))["drawn"]()
    finally:
        sys.path.remove(str(DOCS))


def test_the_drawings_are_what_the_script_draws(drawn):
    assert {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "drawings").iterdir()} == drawn


@pytest.mark.parametrize("language", PAGES)
def test_every_drawing_is_shown_for_both_grounds(drawn, language):
    shown = re.findall(r'(?:src|srcset)="drawings/([^"]+)"', PAGES[language].read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(name for name in drawn if f"_{language}_" in name)


@pytest.mark.parametrize("language", PAGES)
def test_every_file_it_names_exists(language):
    named = re.findall(r"`([\w/]+\.(?:py|js))`", PAGES[language].read_text(encoding="utf-8"))
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists() and not (ROOT / "aigc_toolkit" / name).exists()] == []


def test_both_languages_say_the_same():
    english, chinese = (page.read_text(encoding="utf-8") for page in PAGES.values())
    assert english.count("\n## ") == chinese.count("\n## ") == 7
    named = [sorted(re.findall(r"`[^`]+`", text)) for text in (english, chinese)]
    assert named[0] == named[1]
