"""The README keeps its word: its Python runs and prints what it shows, its file map is the disk, its commands exist."""

import contextlib
import io
import re
from pathlib import Path

import pytest
import yaml

from aigc_toolkit.training.run_file import read_run_file

ROOT = Path(__file__).parents[1]
ENGLISH = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
MEASURED, MEASURED_CHINESE = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("measured.md", "measured.zh-CN.md"))
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


def blocks(text: str, language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(text) if name == language]


def test_the_python_runs_and_prints_what_is_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = re.findall(r"```python\n(.*?)```\s*```text\n(.*?)```", ENGLISH, re.DOTALL)
    assert found
    namespace: dict = {}
    for code, shown in found:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "README.md", "exec"), namespace)
        assert printed.getvalue().strip() == shown.strip()


def test_the_run_file_is_one(tmp_path):
    (shown,) = blocks(ENGLISH, "toml")
    (tmp_path / "run.toml").write_text(shown, encoding="utf-8")
    run = read_run_file(tmp_path / "run.toml")
    assert run.training.checkpoint_every == 200 and run.save == "models/mine"


def test_every_command_is_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in re.findall(r"^make (\w+)", "\n".join(blocks(ENGLISH, "sh")), re.MULTILINE):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), command


def test_the_file_map_is_the_disk():
    (tree,) = [body for body in blocks(ENGLISH, "text") if "aigc_toolkit/" in body and "notebooks/" in body]
    named = [line.strip().split("  ")[0] for line in tree.splitlines()]
    inside = [name for line, name in zip(tree.splitlines(), named, strict=True) if line.startswith("  ")]
    top = [name for name in named if name not in inside]
    assert all((ROOT / name).exists() for name in top), top
    package = {p.name for p in (ROOT / "aigc_toolkit").iterdir() if p.name not in {"__pycache__", "__init__.py"}}
    assert {name.rstrip("/") for name in inside} == package


@pytest.mark.parametrize(("text", "folder"), [(ENGLISH, "."), (CHINESE, "."), (MEASURED, "docs"), (MEASURED_CHINESE, "docs")])
def test_pictures_and_links_lead_somewhere(text, folder):
    targets = re.findall(r"\]\((?!https?:|#)([^)]+)\)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    assert targets
    assert all((ROOT / folder / target).exists() for target in targets), targets


@pytest.mark.parametrize(("english", "chinese"), [(ENGLISH, CHINESE), (MEASURED, MEASURED_CHINESE)])
def test_both_languages_say_the_same(english, chinese):
    def headings(text):
        return [line.count("#", 0, 4) for line in text.splitlines() if re.match(r"#+ ", line)]

    def tables(text):
        return [line.count("|") for line in text.splitlines() if line.startswith("|")]

    assert headings(english) == headings(chinese)
    assert tables(english) == tables(chinese)
    for language in ("sh", "python", "toml"):
        assert blocks(english, language) == blocks(chinese, language)
    numbers = re.compile(r"\d+\.\d+ %|\d[\d,.]* (?:x|GB|MB|kB)\b")
    assert numbers.findall(english) == numbers.findall(chinese)


def test_the_repository_can_be_pushed_as_a_space():
    front = yaml.safe_load(ENGLISH.split("---")[1])
    assert front["sdk"] == "gradio" and front["app_file"] == "app.py"
    pinned = dict(line.split("==") for line in (ROOT / "requirements.txt").read_text().split())
    assert front["sdk_version"] == pinned["gradio"]
    assert (ROOT / front["app_file"]).exists()
