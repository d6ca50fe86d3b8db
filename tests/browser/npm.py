"""Scripts that BertViz's pages ask of cdnjs.cloudflare.com, from npm: fetched once with `npm pack` into a cache folder."""

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

# BertViz asks for jQuery 2.0.0, which npm does not have; 2.1.1 is the nearest it has.
PACKAGES = {
    "require.min": ("requirejs@2.3.6", "package/require.js"),
    "d3.min": ("d3@5.7.0", "package/dist/d3.min.js"),
    "jquery.min": ("jquery@2.1.1", "package/dist/jquery.min.js"),
}


def cache_folder() -> Path:
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "aigc-toolkit-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def bertviz_scripts() -> dict[str, str]:
    """Text of each script by the end of its address; skips the test where npm cannot give it, unless CI is set."""
    scripts = {}
    for name, (package, member) in PACKAGES.items():
        kept = cache_folder() / f"{package.replace('@', '-')}.js"
        if not kept.exists():
            _fetch(package, member, kept)
        scripts[name] = kept.read_text("utf-8")
    return scripts


def _fetch(package: str, member: str, kept: Path) -> None:
    problem = None if shutil.which("npm") else "npm is not installed"
    if problem is None:
        run = subprocess.run(["npm", "pack", package], cwd=kept.parent, capture_output=True, text=True, timeout=120)
        problem = run.stderr.strip()[-200:] if run.returncode else None
    if problem is not None:
        assert "CI" not in os.environ, f"CI needs {package} from npm: {problem}"
        pytest.skip(f"{package} could not be fetched from npm: {problem}")
    packed = kept.parent / run.stdout.split()[-1]
    with tarfile.open(packed) as archive:
        kept.write_bytes(archive.extractfile(member).read())
    packed.unlink()


def serve_bertviz(page: Page, scripts: dict[str, str]) -> None:
    """Answers what a page asks of the network: BertViz's three scripts, and nothing else."""

    def answer(route: Route) -> None:
        found = [text for name, text in scripts.items() if name in route.request.url]
        if found and "cdnjs.cloudflare.com" in route.request.url:
            route.fulfill(body=found[0], content_type="text/javascript")
        else:
            route.abort()

    page.route(re.compile("^https?://"), answer)
