"""Notebooks in a real JupyterLab: views appear, answer, wait for a busy kernel, outlive a restart, leave a small file."""

import shutil

import pytest
from playwright.sync_api import expect

from browser.lab import REPOSITORY

ATTENTION = """from aigc_toolkit import attention_view, capture_attention, load_model
view = attention_view(capture_attention(load_model("story"), "Once upon a time, Mia found a red kite."))
view"""
COMPUTE = "import time; started = time.time()\nwhile time.time() - started < 4: pass"
READ_OUT = ".aigc-readout dd"
KERNELS = "apputils-extension/kernels-settings"


def test_the_first_notebook_lives(lab, open_in_lab):
    path = lab.folder / "01_write_and_look.ipynb"
    shutil.copy(REPOSITORY / "notebooks" / path.name, path)
    notebook = open_in_lab(path)
    notebook.run_all(wait=False)
    page = notebook.page
    expect(page.locator(".aigc-step").first).to_be_visible(timeout=120_000)
    expect(page.locator("[data-role=proof]").first).to_be_attached(timeout=120_000)
    tile = page.get_by_role("radio", name="Layer 1, head 2").first
    tile.scroll_into_view_if_needed()
    tile.click()
    expect(page.get_by_role("heading", name="Layer 1, head 2").first).to_be_visible()
    expect(page.locator(READ_OUT).last).not_to_have_text("—", timeout=60_000)


@pytest.mark.parametrize("comms", ["disabled", "perCommTarget"])
def test_a_head_is_asked_for_while_a_cell_computes(lab, open_in_lab, comms):
    lab.set(KERNELS, commsOverSubshells=comms)
    notebook = open_in_lab(lab.write(f"busy_{comms}.ipynb", [ATTENTION, COMPUTE]))
    notebook.run_all()
    page, shown = notebook.page, notebook.output(0)
    expect(shown.locator(READ_OUT).last).not_to_have_text("—", timeout=60_000)
    notebook.run_cell(1)
    shown.get_by_role("radio", name="Layer 0, head 1").click()
    if comms == "disabled":  # the one queue of the kernel is held up
        expect(shown.locator("[role=status]").filter(has_text="kernel is busy")).to_be_visible(timeout=3_500)
        notebook.idle()
    expect(shown.get_by_role("heading", name="Layer 0, head 1")).to_be_visible()
    expect(shown.locator(READ_OUT).last).not_to_have_text("—", timeout=30_000)
    expect(shown.locator("[role=status]").filter(has_text="kernel is busy")).to_be_hidden()
    page.close()
