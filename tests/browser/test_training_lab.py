"""A training and a playground in a real JupyterLab: charts grow while the kernel is busy, Stop stops."""

import re

from playwright.sync_api import expect

TRAINING = """
import sys, time
from aigc_toolkit.views import training_view
sys.path.insert(0, {tests!r})
from test_training_view import fake_steps
sys.modules["aigc_toolkit.views.training_view"].SECONDS_UNTIL_DRAWN = {seconds}
def training():
    for step in fake_steps(400):
        time.sleep(0.05)
        yield step
view = training_view(training())
view.run().step
"""
PLAYGROUND = """
import time
from aigc_toolkit import load_model, playground
from aigc_toolkit.generation.batch import Batch
step = Batch.step
Batch.step = lambda batch: (time.sleep(0.2), step(batch))[1]  # a slow model: there is time to press Stop
cell = playground(load_model("story"), prompt="Mia lost her lantern.")
cell.max_new_tokens.value = 512
cell
"""


def test_charts_grow_while_the_kernel_trains(lab, open_in_lab, request) -> None:
    tests = str(request.config.rootpath / "tests")
    notebook = open_in_lab(lab.write("training.ipynb", [TRAINING.format(tests=tests, seconds=3.0)]))
    notebook.run_all(wait=False)
    step = notebook.output(0).locator(".aigc-head b").first
    expect(step).to_have_text(re.compile(r"^\d+$"), timeout=120_000)
    prompt = notebook.page.locator(".jp-CodeCell .jp-InputArea-prompt").first
    seen = [int(step.inner_text())]
    while len(seen) < 6:
        expect(step).not_to_have_text(str(seen[-1]), timeout=10_000)
        seen.append(int(step.inner_text()))
    assert seen == sorted(seen) and prompt.inner_text() == "[*]:", "the cell still runs"
    expect(notebook.output(0).locator(".aigc-head")).to_contain_text("finished", timeout=120_000)
    assert step.inner_text() == "400"
    colours = """(canvas) => new Set(new Uint32Array(
        canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"""
    assert notebook.output(0).locator(".aigc-chart canvas").first.evaluate(colours) > 5
    notebook.idle()
    assert len(notebook.save()["cells"][0]["outputs"][0]["data"]["text/html"]) < 2000


def test_the_playground_writes_and_stops(lab, open_in_lab) -> None:
    notebook = open_in_lab(lab.write("playground.ipynb", [PLAYGROUND]))
    notebook.run_all()
    output = notebook.output(0)
    output.get_by_role("button", name="Write").click()
    expect(output.locator(".aigc-step").nth(3)).to_be_visible(timeout=60_000)
    output.get_by_role("button", name="Stop").click()
    expect(output.locator(".aigc-head").first).to_contain_text("stopped by you", timeout=60_000)
    expect(output.locator(".aigc-columns")).to_be_visible(timeout=60_000)
