"""A JupyterLab of one's own, and notebooks in it that are run, saved, opened again and restarted as a person does it.

In come cells as source text, out goes the page that shows them. The server has no token, listens on this machine alone
and keeps its settings in the folder of the test. Knows nothing of what the cells show.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page, expect

REPOSITORY = Path(__file__).parents[2]
OPEN = ["--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"]
QUIET = [
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.news_url=None",
    "--no-browser",
    "--allow-root",
]


@dataclass(frozen=True)
class Lab:
    """A running server: its address, and the folder its notebooks and settings lie in."""

    address: str
    folder: Path

    def set(self, name: str, **settings) -> None:
        """A setting of JupyterLab, as its settings editor writes it; pages opened from now on have it."""
        path = self.folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))

    def write(self, name: str, cells: list[str]) -> Path:
        """A notebook with these cells, not yet run."""
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells], metadata=kernel)
        path = self.folder / name
        nbformat.write(notebook, path)
        return path

    def stop_kernels(self) -> None:
        """As if the lab had been closed and opened another day: no notebook has a kernel."""
        with urllib.request.urlopen(f"{self.address}/api/sessions") as answer:
            sessions = json.load(answer)
        for session in sessions:
            urllib.request.urlopen(urllib.request.Request(f"{self.address}/api/sessions/{session['id']}", method="DELETE")).close()


@contextmanager
def running_lab(folder: Path) -> Iterator[Lab]:
    """JupyterLab on a free port, in `folder`, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lab = Lab(f"http://127.0.0.1:{port}", folder)
    lab.set("notebook-extension/tracker", windowingMode="none")  # else cells out of sight are not drawn
    lab.set("apputils-extension/notification", fetchNews="false", checkForUpdates=False, doNotDisturbMode=True)
    own = {"JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings")}
    settings = [f"--port={port}", *OPEN, f"--ServerApp.root_dir={folder}"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", *settings, *QUIET],
            stdout=log,
            stderr=log,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | own,
        )
        try:
            _wait_for(f"{lab.address}/api", folder / "log")
            yield lab
        finally:
            server.terminate()
            server.wait(timeout=20)


@dataclass(frozen=True)
class OpenNotebook:
    """A notebook on the screen, with a kernel."""

    page: Page
    path: Path

    def idle(self) -> None:
        expect(self.page.get_by_role("button", name=re.compile(r"\| Idle"))).to_be_visible(timeout=120_000)

    def run_all(self, *, wait: bool = True) -> None:
        self._menu("Run", "Run All Cells")
        if wait:
            self.ran(-1)
            self.idle()

    def select(self, index: int) -> None:
        self._cell(index).locator(".jp-InputArea-prompt").click()

    def run_cell(self, index: int) -> None:
        """Starts one cell and does not wait for its end."""
        self.select(index)
        self.page.keyboard.press("Control+Enter")

    def ran(self, index: int) -> None:
        """Waits until a cell has a number."""
        prompt = self._cell(index).locator(".jp-InputArea-prompt")
        expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=300_000)

    def output(self, index: int) -> Locator:
        """What one cell shows."""
        return self._cell(index).locator(".jp-OutputArea").first

    def _cell(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(index)

    def save(self) -> dict:
        """Saves as Ctrl+S does; the notebook as it now stands on disk."""
        before = self.path.stat().st_mtime_ns
        self._menu("File", "Save Notebook")
        for _ in range(100):
            self.page.wait_for_timeout(100)
            if self.path.stat().st_mtime_ns != before:
                with suppress(json.JSONDecodeError):  # it is still being written
                    return json.loads(self.path.read_text(encoding="utf-8"))
        raise AssertionError(f"{self.path} was not saved")

    def restart_kernel(self) -> None:
        self._menu("Kernel", "Restart Kernel…")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.idle()

    def _menu(self, menu: str, entry: str) -> None:
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(entry)}$")).first.click()


def open_notebook(page: Page, lab: Lab, path: Path) -> OpenNotebook:
    """The notebook of that path in a page of the browser, once its kernel is there."""
    page.goto(f"{lab.address}/lab/tree/{path.name}?reset")
    page.locator(".jp-Notebook").wait_for(timeout=60_000)
    notebook = OpenNotebook(page, path)
    notebook.idle()
    return notebook


def _wait_for(url: str, log: Path) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(log.read_text())
