"""Notebooks in a real JupyterLab: views appear, answer, wait for a busy kernel, outlive a restart, leave a small file."""

import json

import pytest
from playwright.sync_api import Locator, expect

from browser.lab import REPOSITORY, OpenNotebook

ATTENTION = """from aigc_toolkit import attention_view, capture_attention, load_model
view = attention_view(capture_attention(load_model("story"), "Once upon a time, Mia found a red kite."), language="en")
view"""
COMPUTE = "import time; started = time.time()\nwhile time.time() - started < 5: pass"
LONG = f"""import sys; sys.path.insert(0, {str(REPOSITORY / "tests")!r})
from browser.fake_records import FakeAttention
from aigc_toolkit.views import attention_view
attention_view(FakeAttention([f" token{{i}}" for i in range(4096)], num_layers=2))"""
STATE = "print(view.state['layer'], view.state['head']); view.state = {'panel': 'lines'}"
KERNELS = "apputils-extension/kernels-settings"


def status(shown: Locator, words: str) -> Locator:
    return shown.locator("[role=status]").filter(has_text=words)


def drawn(shown: Locator, layer: int, head: int) -> None:
    """Waits until that head's map, and no older one, is on the screen."""
    expect(shown.get_by_role("heading", name=f"Layer {layer}, head {head}")).to_be_visible(timeout=120_000)
    expect(shown.locator(".aigc-map:not([data-stale])")).to_be_visible(timeout=60_000)
    expect(shown.locator(".aigc-readout dd").last).not_to_have_text("—", timeout=60_000)


def choose(shown: Locator, layer: int, head: int) -> None:
    shown.get_by_role("radio", name=f"Layer {layer}, head {head}").first.click()


@pytest.mark.parametrize("comms", ["disabled", "perCommTarget"])
def test_a_head_is_asked_for_while_a_cell_computes(lab, open_in_lab, comms):
    lab.set(KERNELS, commsOverSubshells=comms)
    notebook = open_in_lab(lab.write(f"busy_{comms}.ipynb", [ATTENTION, COMPUTE]))
    notebook.run_all()
    shown = notebook.output(0)
    drawn(shown, 4, 0)
    notebook.run_cell(1)
    choose(shown, 0, 1)
    if comms == "disabled":  # all messages stand in one line behind the cell
        expect(status(shown, "the kernel is busy")).to_be_visible(timeout=4_500)
        notebook.idle()
    drawn(shown, 0, 1)
    expect(status(shown, "the kernel is busy")).to_be_hidden()


def test_state_goes_both_ways_and_a_restart_is_told(lab, open_in_lab):
    notebook = open_in_lab(lab.write("restart.ipynb", [ATTENTION, STATE]))
    notebook.run_all()
    shown = notebook.output(0)
    expect(shown.locator(".aigc-lines, .aigc-lines-panel").first).to_be_visible(timeout=60_000)  # what the second cell set
    choose(shown, 2, 3)
    notebook.page.wait_for_timeout(500)
    notebook.run_cell(1)
    expect(notebook.output(1)).to_contain_text("2 3", timeout=30_000)
    notebook.restart_kernel()
    choose(shown, 0, 5)
    expect(status(shown, "Run the cell again")).to_be_visible(timeout=40_000)
    expect(shown.get_by_role("button", name="Try again")).to_be_visible()
    notebook.run_cell(0)
    drawn_again = notebook.output(0)
    drawn(drawn_again, 4, 0)


def outputs(notebook: OpenNotebook) -> dict:
    (output,) = [one for one in notebook.save()["cells"][0]["outputs"] if "text/html" in one.get("data", {})]
    return output["data"]


def test_a_saved_notebook_is_small_and_shows_a_picture_without_a_kernel(lab, open_in_lab):
    path = lab.write("long.ipynb", [LONG])
    notebook = open_in_lab(path)
    notebook.run_all()
    drawn(notebook.output(0), 1, 0)
    stored = outputs(notebook)
    assert len(json.dumps(stored)) < 100_000
    notebook.page.close()
    lab.stop_kernels()
    reopened = open_in_lab(path)
    fallback = reopened.output(0)
    expect(fallback.locator("img")).to_be_visible()
    assert fallback.locator("img").evaluate("(picture) => picture.naturalWidth") > 100
    expect(fallback).to_contain_text("Run this cell")
