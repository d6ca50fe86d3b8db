"""A view as a notebook shows it, in a page of its own: its messages are answered by the Python view, its state goes both ways.

In comes a browser and an `AttentionView`, out goes a page. `window.probe` holds functions of the view's own modules, so that a test
can ask what colour a weight must have; `window.labels` what was written on canvases, and where.
"""

import base64
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from aigc_toolkit.views import AttentionView
from aigc_toolkit.views.bundle import STATIC, bundle, style_sheet

PROBE = """import { index, place, readScale } from "./color_scale.js";
import { words } from "./texts.js";
export default { index, place, readScale, words };
"""
RECORD = """() => {
    window.labels = [];
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
        const { a, b, e, f } = this.getTransform();
        window.labels.push({ text, canvas: this.canvas, x: e, y: f, isUpright: Math.abs(b) > Math.abs(a) });
        return fillText.call(this, text, ...place);
    };
}"""
START = """async ([view, probe, value, state]) => {
    const load = async (text) => {
        const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
        return (await import(url)).default;
    };
    window.probe = await load(probe);
    const listeners = {};
    const tell = (event, ...given) => listeners[event]?.forEach((listener) => listener(...given));
    window.state = state;
    window.told = [];
    window.model = {
        get: (name) => (name === "state" ? window.state : value),
        set: (name, next) => { window.state = next; },
        save_changes: () => window.told.push(window.state),
        on: (event, listener) => (listeners[event] ??= new Set()).add(listener),
        off: (event, listener) => listeners[event]?.delete(listener),
        send: async (message) => {
            if (window.held) return void window.held.push(message);
            const reply = window.failure && message.id
                ? { content: { id: message.id, type: "error", message: window.failure } }
                : await window.answer(message);
            if (!reply) return;
            const bytes = reply.buffer && Uint8Array.from(atob(reply.buffer), (c) => c.charCodeAt(0));
            tell("msg:custom", reply.content, bytes ? [new DataView(bytes.buffer)] : []);
        },
    };
    window.held = null; // a list: what is sent waits in it
    window.failure = null; // a text: what is asked for fails with it
    window.release = () => {
        const waiting = window.held;
        window.held = null;
        waiting.forEach(window.model.send);
    };
    window.setValue = (next) => { value = next; tell("change:value"); };
    window.setState = (changes) => { window.state = { ...window.state, ...changes }; tell("change:state"); };
    const host = document.createElement("div");
    document.body.append(host);
    (await load(view)).render({ model: window.model, el: host });
}"""


def open_live(browser: Browser, view: AttentionView, folder: Path, *, width: int = 1180, height: int = 640, **context: Any) -> Page:
    """A page that shows `view`, once its map is drawn."""
    page = browser.new_page(viewport={"width": width, "height": height}, **{"locale": "en-US"} | context)
    page.set_content("<!doctype html><body style='margin: 20px'></body>")
    page.add_style_tag(content=style_sheet())
    page.expose_function("answer", lambda message: _answered(view, message))
    page.evaluate(RECORD)
    page.evaluate(START, [bundle("attention_view.js"), _probe(folder), {"ask": True, "language": "en"}, view.state])
    drawn(page)
    return page


def drawn(page: Page) -> None:
    """Waits until what the map shows is the head that was asked for."""
    page.locator(".aigc-map:not([data-stale])").wait_for()
    page.wait_for_timeout(250)  # tiles are asked for once the map has settled, and drawn in the next frame


def _answered(view: AttentionView, message: dict[str, Any]) -> dict[str, Any] | None:
    reply = view.answer(message)
    if reply is None:
        return None
    content, buffers = reply
    return {"content": content, "buffer": base64.b64encode(buffers[0]).decode() if buffers else None}


def _probe(folder: Path) -> str:
    modules = folder / "static"
    if not modules.exists():
        shutil.copytree(STATIC, modules)
        (modules / "probe.js").write_text(PROBE, encoding="utf-8")
    return bundle("probe.js", folder=modules)
