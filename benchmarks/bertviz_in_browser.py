"""BertViz's head view of the same weights in the same browser: bytes, the first picture, another layer.

In come an attention's weights, out go numbers. BertViz's page loads three scripts from a content delivery network; they are
answered from npm's packages of the same libraries (jQuery 2.1.0 for 2.0.0, which npm does not have), so nothing leaves the machine.
"""

from __future__ import annotations

import io
import statistics
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from views_in_browser import MOST_SECONDS, Chromium

from aigc_toolkit import Attention

PACKAGES = {  # part of the address: (npm's package, file in it)
    "require": ("requirejs@2.3.6", "package/require.js"),
    "d3": ("d3@5.7.0", "package/dist/d3.min.js"),
    "jquery": ("jquery@2.1.0", "package/dist/jquery.min.js"),
}
NUM_SWITCHES = 5
DRAWN = "document.querySelectorAll('#vis svg line').length"
SWITCH = """(layer) => new Promise((done) => {
  const choice = document.querySelector("#layer");
  const since = performance.now();
  choice.value = layer;
  choice.dispatchEvent(new Event("change"));
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - since)));
})"""


@dataclass(frozen=True)
class BertViz:
    """Bytes of the page with its scripts; seconds to the first picture and to another layer, None where it did not come in time."""

    num_bytes: int
    first_picture: float | None
    switch: float | None


def bertviz_in_browser(attention: Attention, folder: Path) -> BertViz:
    """The page that BertViz's `head_view(…, html_action="return")` makes, opened and clicked."""
    page_path = folder / "bertviz.html"
    page_path.write_text(f"<!doctype html><meta charset=utf-8>{_html(attention)}", encoding="utf-8")
    num_bytes = page_path.stat().st_size + sum(len(library(name)) for name in PACKAGES)
    with Chromium() as chromium:
        page = chromium.context(watched=False).new_page()
        page.route(
            "https://**/*", lambda route: route.fulfill(body=library(_name(route.request.url)), content_type="text/javascript")
        )
        try:
            page.goto(page_path.as_uri(), wait_until="commit")
            page.wait_for_function(DRAWN, timeout=1000 * MOST_SECONDS)
            first = page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done(performance.now())))") / 1000
            switch = statistics.median(page.evaluate(SWITCH, str(layer)) for layer in range(1, NUM_SWITCHES + 1)) / 1000
        except Exception as error:  # a page that is too large ends its tab, in several ways
            print(f"BertViz at {len(attention.tokens)} tokens: {str(error).splitlines()[0]}", flush=True)
            return BertViz(num_bytes, None, None)
    return BertViz(num_bytes, first, switch)


@cache
def library(name: str) -> bytes:
    """A script that BertViz's page asks for, out of npm's package."""
    package, file = PACKAGES[name]
    with tempfile.TemporaryDirectory() as folder:
        found = subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True)
        packed = Path(folder, found.stdout.split()[-1]).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return archive.extractfile(file).read()


def _name(url: str) -> str:
    return next(name for name in PACKAGES if f"/{name}" in url)


def _html(attention: Attention) -> str:
    from bertviz import head_view

    layers = range(attention.num_layers)
    weights = [
        np.stack([attention.weights(layer, head) for head in range(attention.num_heads)]) for layer in layers
    ]  # L of (H, T, T)
    tensors = [torch.from_numpy(layer)[None] for layer in weights]
    return head_view(tensors, list(attention.tokens), html_action="return").data
