"""The Gradio page's home of a view: the text for `js_on_load` of a `gr.HTML`.

In comes the name of an entry module, out goes script text that imports it from a Blob URL and hands it Gradio's own
`element`, `trigger`, `props` and `watch`. Does not import gradio.
"""

import json

from aigc_toolkit.views.bundle import bundle, style_sheet

_HOST = """const url = URL.createObjectURL(new Blob([{module}], {{ type: "text/javascript" }}));
import(url)
  .then((module) => module.default({{ element, trigger, props, watch, css: {css} }}))
  .finally(() => URL.revokeObjectURL(url));
"""


def gradio_host(entry: str) -> str:
    """Text for `js_on_load` of a `gr.HTML(html_template="", apply_default_css=False)` whose value is a `.payload()`.

    `entry` is the module of a view: "attention_view.js", "generation_view.js", "timelapse_view.js", … For attention the value is
    {"payload_url", "text", "state"}: the address of the payload, what was read (for a link, may be missing) and what to show first
    (may be missing); for a time-lapse {"payload_url"}. Raises `FileNotFoundError` for an unknown entry.

    >>> "createObjectURL" in gradio_host("attention_view.js")
    True
    """
    return _HOST.format(module=json.dumps(bundle(entry, host="gradio_host.js")), css=json.dumps(style_sheet()))
