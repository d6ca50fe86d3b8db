"""How fast and how small the attention view is, in headless Chromium, beside BertViz where BertViz can.

    python benchmarks/views.py --save views_benchmark.json

A model of GPT-2-small's shape (12 layers x 12 heads) with random weights reads 32 to 16,384 tokens. Ours is shown by a small web
server, by a kernel in JupyterLab, and as a saved page; BertViz's head view gets the same weights. Prints one table in Markdown:
bytes to the browser before the first picture, seconds to it and to another head, frames a second, and bytes stored in the notebook.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import views_in_browser as in_browser
from attention import model_and_ids
from bertviz_in_browser import bertviz_in_browser
from machine import machine
from views_in_browser import Chromium, Frames, Switches
from views_in_jupyterlab import in_jupyterlab
from views_server import served

from aigc_toolkit import Attention, attention_view, capture_attention

TOKENS = (32, 256, 1024, 4096, 16384)
LARGEST = {"BertViz": 256, "JupyterLab": 4096, "saved page": 4096}
JUPYTERLAB = (256, 4096)


@dataclass(frozen=True)
class Row:
    """One way of showing one text. None: not measured, or it did not come to an end."""

    home: str
    tokens: int
    num_bytes: int | None = None  # before the first picture; of a file all of it
    first_picture: float | None = None  # seconds
    switches: Switches | None = None
    panning: Frames | None = None
    zooming: Frames | None = None
    stored: int | None = None  # bytes in the notebook
    code_bytes: int | None = None  # of num_bytes: the program and its style sheet


def main() -> None:
    arguments = _arguments()
    rows: list[Row] = []
    for num_tokens in arguments.tokens:
        lm, ids = model_and_ids("gpt2-small", num_tokens, "cpu", eager=False)
        attention = capture_attention(lm, ids)
        del lm
        for home, measure in HOMES.items():
            is_wanted = num_tokens <= LARGEST.get(home, num_tokens) and home in arguments.homes
            if is_wanted and (found := measure(attention, num_tokens)):
                rows.append(found)
                print(line(found, rows), flush=True)
    print(f"\n{table(rows)}\n\n{machine()}, Chromium without a GPU, window of 1180 x 640")
    if arguments.save:
        arguments.save.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")


def bertviz(attention: Attention, num_tokens: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        found = bertviz_in_browser(attention, Path(folder))
    switched = None if found.switch is None else Switches(found.switch, found.switch)
    return Row("BertViz", num_tokens, found.num_bytes, found.first_picture, switched)


def page(attention: Attention, num_tokens: int) -> Row:
    """A small web server around `AttentionView.request`: what the Gradio page's addresses do."""
    with served(attention_view(attention, language="en")) as server, Chromium() as chromium:
        shown = chromium.context().new_page()
        first = in_browser.first_picture(shown, server.url)
        before = server.bytes_until(shown.evaluate("performance.timeOrigin + window.watched[0][0]") / 1000)
        row = Row("page", num_tokens, sum(before.values()), first, code_bytes=before["code"])
        return looked_through(shown, attention, row)


def saved_page(attention: Attention, num_tokens: int) -> Row:
    with tempfile.TemporaryDirectory() as folder, Chromium() as chromium:
        path = attention_view(attention, language="en").save(Path(folder) / "attention.html")
        shown = chromium.context().new_page()
        first = in_browser.first_picture(shown, path.as_uri())
        return looked_through(shown, attention, Row("saved page", num_tokens, path.stat().st_size, first))


def jupyterlab(attention: Attention, num_tokens: int) -> Row | None:
    if num_tokens not in JUPYTERLAB:
        return None
    found = in_jupyterlab(num_tokens, attention.num_layers, attention.num_heads)
    return Row("JupyterLab", num_tokens, found.num_bytes, found.first_picture, found.switches, stored=found.stored)


HOMES = {"BertViz": bertviz, "page": page, "JupyterLab": jupyterlab, "saved page": saved_page}


def looked_through(shown, attention: Attention, row: Row) -> Row:
    """The row with other heads, panning and zooming, once every small picture is there."""
    shown.wait_for_timeout(2000)
    row = replace(row, switches=in_browser.switches(shown, attention.num_layers, attention.num_heads))
    return replace(row, panning=in_browser.panning(shown), zooming=in_browser.zooming(shown))


def table(rows: list[Row]) -> str:
    """All rows in Markdown."""
    names = ("tokens", "shown by", "bytes before the first picture", "first picture", "another head: median, 95th percentile")
    head = f"| {' | '.join((*names, 'pan, zoom', 'stored'))} |"
    return "\n".join([head, "|" + " --- |" * 7, *(line(row, rows) for row in sorted(rows, key=lambda row: row.tokens))])


def line(row: Row, rows: list[Row]) -> str:
    other = next((one for one in rows if one.home == "BertViz" and one.tokens == row.tokens), None)
    fewer = f" ({other.num_bytes / row.num_bytes:,.0f} x fewer)" if other and other is not row else ""
    code = f", of it program {_size(row.code_bytes)}" if row.code_bytes else ""
    switched = f"{_time(row.switches.median)}, {_time(row.switches.percentile_95)}" if row.switches else "—"
    frames = f"{row.panning.per_second:.0f}, {row.zooming.per_second:.0f} frames/s" if row.panning else "—"
    stored = _size(row.stored) if row.stored else "—"
    cells = (
        f"{row.tokens:,}",
        row.home,
        f"{_size(row.num_bytes)}{fewer}{code}",
        _time(row.first_picture),
        switched,
        frames,
        stored,
    )
    return f"| {' | '.join(cells)} |"


def _size(num_bytes: int) -> str:
    return f"{num_bytes / 1e6:,.1f} MB" if num_bytes >= 1e6 else f"{num_bytes / 1e3:,.0f} kB"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "—"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, nargs="+", default=TOKENS)
    parser.add_argument("--homes", nargs="+", choices=HOMES, default=list(HOMES))
    parser.add_argument("--save", type=Path, help="write the numbers to this file too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
