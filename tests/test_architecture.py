"""The shape of the house: who may import whom, what the public door shows, what the README says about the folders."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import aigc_toolkit

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "aigc_toolkit"
ALLOWED = {
    "corpora": set(),
    "gpt": set(),
    "tokens": set(),
    "remote": set(),
    "model_folder": set(),
    "language_model": {"gpt", "tokens", "remote", "model_folder"},
    "training": {"corpora", "gpt", "language_model"},
    "generation": {"language_model", "gpt", "remote", "views"},  # views: inside _repr_mimebundle_ alone
    "attention": {"language_model", "gpt", "tokens", "views"},
    "views": set(),
}
THROUGH_THE_DOOR = {
    "demo": {"views"},
    "builtin": {"corpora", "timelapse", "training"},
    "notebook_playground": set(),
    "timelapse": {"training", "views"},
}
PYTHON_FILES = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "benchmarks").glob("*.py"), ROOT / "app.py"])


def imported_parts(path: Path) -> set[str]:
    """Parts of the package that a file imports, "" for the public door itself."""
    package = ["aigc_toolkit", *path.relative_to(PACKAGE).parts[:-1]]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            names = [name] if node.module else [f"{name}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {(name + ".").split(".")[1] for name in names if (name + ".").startswith("aigc_toolkit.")}
    return found


def files_of(part: str) -> list[Path]:
    return sorted((PACKAGE / part).rglob("*.py")) if (PACKAGE / part).is_dir() else [PACKAGE / f"{part}.py"]


@pytest.mark.parametrize("part", ALLOWED)
def test_nobody_imports_what_it_may_not(part):
    for file in files_of(part):
        assert imported_parts(file) - {part} <= ALLOWED[part] | ({"tokens"} if part == "language_model" else set()), file


@pytest.mark.parametrize("part", THROUGH_THE_DOOR)
def test_the_page_and_the_recipe_use_the_public_door(part):
    for file in files_of(part):
        assert imported_parts(file) - {part, ""} <= THROUGH_THE_DOOR[part], file


def test_every_part_of_the_package_is_in_the_table():
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert parts - {"__init__"} == set(ALLOWED) | set(THROUGH_THE_DOOR)


@pytest.mark.parametrize("part", ["generation", "attention"])
def test_views_are_imported_only_to_show_something(part):
    for file in files_of(part):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom):
                assert "views" not in (node.module or ""), file


def test_the_public_door_shows_what_it_exports():
    assert aigc_toolkit.__all__ == sorted(aigc_toolkit.__all__)
    assert dir(aigc_toolkit) == aigc_toolkit.__all__
    assert len(aigc_toolkit.__all__) <= 35
    assert all(getattr(aigc_toolkit, name).__name__ == name for name in aigc_toolkit.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'paint'"):
        aigc_toolkit.paint  # noqa: B018


@pytest.mark.parametrize("heavy", ["torch", "transformers", "gradio", "anywidget"])
def test_importing_the_package_loads_nothing_heavy(heavy):
    code = f"import sys, aigc_toolkit; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_views_do_not_need_torch():
    code = "import sys, aigc_toolkit.views; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_says_what_it_is_and_stays_short(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module opens with what comes in and what goes out"
    assert text.count("\n") <= 300, "look first for what to delete"


def test_nothing_names_the_workshop():
    """The repository speaks of the project alone: no machine paths, no package registries' hosts."""
    words = re.compile("|".join(["/" + "work/", "pypi" + r"\.org", "registry" + r"\.npmjs", "files" + r"\.pythonhosted"]))
    tracked = [p for p in ROOT.rglob("*") if p.suffix in {".py", ".js", ".css", ".md", ".toml", ".json", ".ipynb", ".txt"}]
    for path in tracked:
        if not {".venv", ".git", "node_modules"} & set(path.parts):
            assert not words.search(path.read_text(encoding="utf-8")), path
