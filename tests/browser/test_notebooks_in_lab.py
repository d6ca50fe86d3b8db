"""Every lesson in a real JupyterLab, with small parameters: no cell fails, and every view, chart and head is alive."""

from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect
from small_notebooks import LESSONS, read_notebook, small_notebook

WIDGET = "application/vnd.jupyter.widget-view+json"
PLOTLY = "application/vnd.plotly.v1+json"
NO_HEADS = ("03_train_a_gpt", "04_decoding")  # lessons that may show no attention
FAILED = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"


def cells_with(lesson: Path, mime_type: str) -> list[int]:
    """Which code cells, counted among code cells, are stored with an output of that type."""
    code = [cell for cell in read_notebook(lesson).cells if cell.cell_type == "code"]
    return [n for n, cell in enumerate(code) if any(mime_type in output.get("data", {}) for output in cell.outputs)]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_lives(lab, open_in_lab, lesson):
    path = lab.folder / lesson.name
    nbformat.write(small_notebook(lesson), path)
    notebook = open_in_lab(path)
    notebook.run_all()
    expect(notebook.page.locator(FAILED)).to_have_count(0)
    views = cells_with(lesson, WIDGET)
    assert views, "a lesson without a view"
    for number in views:
        expect(notebook.output(number).locator(".aigc").first).to_be_visible(timeout=60_000)
        expect(notebook.output(number).locator(".aigc-still:visible")).to_have_count(0)
    for number in cells_with(lesson, PLOTLY):
        expect(notebook.output(number).locator(".js-plotly-plot").first).to_be_visible(timeout=60_000)
    if lesson.stem not in NO_HEADS:
        head = notebook.page.get_by_role("radio", name="Layer 0, head 1").first
        head.click()
        expect(notebook.page.get_by_role("heading", name="Layer 0, head 1").first).to_be_visible(timeout=60_000)
    lab.stop_kernels()  # of several hundred megabytes each
