"""What is handed on: `python -m build` makes a wheel that has all it needs and works far from the repository.

The environment is empty but for the wheel; the libraries it depends on are those of the running environment, lent by a path file.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "aigc_toolkit"
USE = """
import sys
from pathlib import Path

import aigc_toolkit
from aigc_toolkit import generate, generation_view, load_model
from aigc_toolkit.demo import build_demo

assert Path(aigc_toolkit.__file__).is_relative_to(sys.prefix), aigc_toolkit.__file__
lm = load_model("story", device="cpu")
written = generate(lm, "Mia found", max_new_tokens=8, temperature=0)
assert len(written.tokens) == 8
page = generation_view(written).save("written.html").read_text(encoding="utf-8")
assert "Mia found" in page and "src=\\"http" not in page
assert build_demo(lm).blocks
print(written.text)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from the source archive, as a packager does it, in a copy of the repository."""
    source = tmp_path_factory.mktemp("source")
    shutil.copytree(PACKAGE, source / "aigc_toolkit", ignore=shutil.ignore_patterns("__pycache__", "*.pyi"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    built = run(sys.executable, "-m", "build", "--no-isolation", str(source))
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = (source / "dist").glob("*.whl")
    return wheel


def run(*command: str | Path, folder: Path | None = None, **variables: str) -> subprocess.CompletedProcess:
    alone = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return subprocess.run(command, cwd=folder, env=alone | variables, capture_output=True, encoding="utf-8")


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """The Python of an environment with the wheel."""
    python = tmp_path_factory.mktemp("environment") / "bin" / "python"
    venv.create(python.parents[1], symlinks=True)
    installed = run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--quiet", wheel)
    assert installed.returncode == 0, installed.stderr
    places = sysconfig.get_paths(vars={"base": str(python.parents[1]), "platbase": str(python.parents[1])})
    Path(places["purelib"], "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


def test_the_wheel_carries_every_file_of_the_package(wheel):
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("aigc_toolkit/")}
    ours = {path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyi"}
    assert packed == {path.relative_to(ROOT).as_posix() for path in ours}


def test_the_wheel_works_in_an_empty_environment(environment, tmp_path):
    used = run(environment, "-c", USE, folder=tmp_path)
    assert used.returncode == 0, used.stderr
    assert len(used.stdout.split()) > 1


def test_an_installed_package_has_a_command_for_the_page(environment):
    refused = run(environment, "-m", "aigc_toolkit.demo", AIGC_PORT="no port")
    assert refused.returncode == 1 and "The page was not started. AIGC_PORT" in refused.stderr
