"""`make help` lists every command and says what it does."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_help_lists_every_command():
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout
    listed = dict(re.findall(r"^  (\w+) +(\S.*)$", told, re.MULTILINE))
    assert set(listed) == set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split())
    assert "\033" not in told  # no codes of a terminal where there is none


def test_every_script_a_command_runs_exists():
    scripts = re.findall(r"python ([\w/]+\.py)", MAKEFILE)
    assert scripts and all((ROOT / script).exists() for script in scripts)
