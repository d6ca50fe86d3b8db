"""A small web server around one attention view: what the Gradio page's addresses do, without Gradio.

In comes a view, out goes an address and how many bytes had been sent by when. Answers are compressed as any web server does.
"""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from aigc_toolkit.views import AttentionView
from aigc_toolkit.views.bundle import bundle, style_sheet

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Attention</title>
<main id="view" style="max-width: 1180px; margin: auto"></main>
<script type="module">
import host from "/code/view.js";
const element = document.getElementById("view");
const css = await (await fetch("/code/view.css")).text();
host({ element, css, trigger() {}, props: { value: { payload_url: "/attention" } }, watch() {} });
</script></html>
"""


class ViewServer(ThreadingHTTPServer):
    """Serves one view on a free port; `.sent` is (seconds since the epoch, "code" or "data", bytes) of each answer."""

    daemon_threads = True

    def __init__(self, view: AttentionView):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.view = view
        self.sent: list[tuple[float, str, int]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.files = {
            "/": ("text/html", _PAGE.encode()),
            "/code/view.js": ("text/javascript", bundle("attention_view.js", host="gradio_host.js").encode()),
            "/code/view.css": ("text/css", style_sheet().encode()),
            "/favicon.ico": ("image/x-icon", b""),
        }

    def bytes_until(self, seconds: float) -> Counter:
        """Bytes of what was sent until then: {"code": …, "data": …}."""
        found = Counter()
        for when, kind, num_bytes in self.sent:
            if when <= seconds:
                found[kind] += num_bytes
        return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path in self.server.files:
            kind, (content_type, body) = "code", self.server.files[address.path]
        else:
            kind, (content_type, body) = "data", self._answer(address.path, address.query)
        packed = gzip.compress(body, 5)
        self.send_response(200)
        for name, value in (("Content-Type", content_type), ("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(packed)
        self.server.sent.append((time.time(), kind, len(packed)))

    def _answer(self, path: str, query: str) -> tuple[str, bytes]:
        _, _, name = path.removeprefix("/").partition("/")
        given = {key: _value(text) for key, text in parse_qsl(query)}
        data = self.server.view.request(name, **given) if name else self.server.view.payload()
        if isinstance(data, dict):
            return "application/json", json.dumps(data).encode()
        return "application/octet-stream", data

    def log_message(self, *_) -> None:
        pass


def _value(text: str) -> int | str | list[int]:
    if "," in text:
        return [int(part) for part in text.split(",")]
    return int(text) if text.isdigit() else text


@contextmanager
def served(view: AttentionView) -> Iterator[ViewServer]:
    """A server for the time of a `with` block."""
    server = ViewServer(view)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
