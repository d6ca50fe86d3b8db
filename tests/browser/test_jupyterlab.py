"""The first notebook in a real JupyterLab: the views appear, draw, and answer when another head is asked for."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_write_and_look.ipynb"


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[str]:
    """The address of a JupyterLab of its own, with the notebook in its folder."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy(NOTEBOOK, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ["--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    quiet = ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None"]
    write_setting(folder, "notebook-extension/tracker", {"windowingMode": "none"})  # else cells out of sight are not drawn
    own = {"JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings")}
    environment = os.environ | {"PYTHONPATH": str(NOTEBOOK.parents[1])} | own
    command = [sys.executable, "-m", "jupyter", "lab", *settings, *quiet]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api", (folder / "log"))
        yield address
        server.terminate()
        server.wait(timeout=20)


def write_setting(folder: Path, name: str, setting: dict) -> None:
    path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(setting))


def wait_for(url: str, log: Path) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(log.read_text())


def test_the_views_live_in_a_notebook(lab, chromium):
    page = chromium.new_page(viewport={"width": 1400, "height": 900}, locale="en-US")
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{lab}/lab/tree/{NOTEBOOK.name}?reset")
    page.locator(".jp-Notebook").wait_for(timeout=60_000)
    expect(page.get_by_role("button", name=re.compile(r"\| Idle"))).to_be_visible(timeout=60_000)  # a kernel is connected
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).first.click()
    story = page.locator(".aigc-step").first
    expect(story).to_be_visible(timeout=120_000)
    expect(page.locator("[data-role=proof]").first).to_be_attached(timeout=120_000)
    tile = page.get_by_role("radio", name="Layer 1, head 2").first
    tile.scroll_into_view_if_needed()
    tile.click()
    expect(page.get_by_role("heading", name="Layer 1, head 2").first).to_be_visible()
    expect(page.locator(".aigc-readout dd").last).not_to_have_text("—", timeout=60_000)
    assert errors == []
    page.close()
