"""A page of one's own around a view's module, with a stand-in for anywidget's model that answers from Python."""

import base64
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Page

from aigc_toolkit.views.bundle import bundle, style_sheet

_START = """async ([module, value, state]) => {
    const listeners = {};
    window.sent = [];
    const bytes = (data) => Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    window.model = {
        get: (name) => (name === "state" ? state : value),
        set: (name, next) => { if (name === "state") state = next; },
        save_changes() {},
        on: (event, listener) => (listeners[event] ??= new Set()).add(listener),
        off: (event, listener) => listeners[event]?.delete(listener),
        receive: (content, buffers = []) => listeners["msg:custom"]?.forEach((listener) => listener(content, buffers)),
        change: (next) => { value = next; listeners["change:value"]?.forEach((listener) => listener()); },
        send: async (message) => {
            window.sent.push(message);
            const reply = await window.pythonAnswers?.(message);
            if (reply) window.model.receive(reply.content, reply.buffers.map((data) => new DataView(bytes(data).buffer)));
        },
    };
    const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
    const view = (await import(url)).default;
    const host = document.createElement("div");
    document.body.append(host);
    window.close = view.render({ model: window.model, el: host });
}"""


def show(page: Page, entry: str, value: Mapping[str, Any], *, view: Any = None, state: Mapping[str, Any] | None = None) -> None:
    """Draws `value` with the module `entry`; what the page asks, `view.answer` answers."""
    if view is not None:

        def answers(message: dict[str, Any]) -> dict[str, Any] | None:
            reply = view.answer(message)
            return reply and {"content": reply[0], "buffers": [base64.b64encode(data).decode() for data in reply[1]]}

        page.expose_function("pythonAnswers", answers)
    page.add_style_tag(content=style_sheet())
    page.evaluate(_START, [bundle(entry), dict(value), dict(state or {})])
