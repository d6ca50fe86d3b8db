"""The attention view in a real JupyterLab with a real kernel: bytes over the kernel's socket, the first picture, other heads.

In comes a number of tokens, out go numbers. The lab is the one the tests run in.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import views_in_browser as in_browser
from views_in_browser import Chromium, Switches

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))

from browser.lab import open_notebook, running_lab  # noqa: E402

CAPTURE = """import sys; sys.path.insert(0, {folder!r})
from attention import model_and_ids
from aigc_toolkit import attention_view, capture_attention
attention = capture_attention(*model_and_ids("gpt2-small", {num_tokens}, "cpu", eager=False))"""
SHOW = "attention_view(attention, language='en')"
COUNT_RECEIVED = """
window.received = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    const note = ({ data }) => window.received.push([performance.now(), data.byteLength ?? data.size ?? data.length]);
    this.addEventListener("message", note);
  }
};
"""
FIRST = """async (since) => {
  while (!window.watched.length && performance.now() - since < 60000) await new Promise((done) => setTimeout(done, 20));
  const [when] = window.watched[0];
  const bytes = window.received.filter(([time]) => time > since && time <= when).reduce((sum, [, size]) => sum + size, 0);
  return { seconds: (when - since) / 1000, bytes };
}"""


@dataclass(frozen=True)
class InJupyterLab:
    """`num_bytes` from Ctrl+Enter to the first picture, the program of the view included; `stored`: the cell's output."""

    num_bytes: int
    first_picture: float
    switches: Switches | None
    stored: int


def in_jupyterlab(num_tokens: int, num_layers: int, num_heads: int) -> InJupyterLab:
    """Run a notebook that captures a text of that many tokens and shows it."""
    with tempfile.TemporaryDirectory() as folder, running_lab(Path(folder)) as lab, Chromium() as chromium:
        page = chromium.context().new_page()
        page.add_init_script(COUNT_RECEIVED)
        cells = [CAPTURE.format(folder=str(Path(__file__).parent), num_tokens=num_tokens), SHOW]
        notebook = open_notebook(page, lab, lab.write("view.ipynb", cells))
        notebook.run_cell(0)
        notebook.ran(0)
        notebook.select(1)
        since = page.evaluate("performance.now()")
        page.keyboard.press("Control+Enter")
        first = page.evaluate(FIRST, since)
        page.wait_for_timeout(2000)
        switched = in_browser.switches(page, num_layers, num_heads)
        stored = notebook.save()["cells"][1]["outputs"]
    return InJupyterLab(first["bytes"], first["seconds"], switched, len(str(stored)))
