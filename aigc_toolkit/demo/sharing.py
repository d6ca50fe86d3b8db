"""The button of a tab that copies a link to what it holds.

Comes in: the tab and its blocks by the names a link has for their values. Goes out: the button; the link is made in the browser and
nothing is sent. What a link brings back is read by `links` and by the tab itself.
"""

from __future__ import annotations

import gradio as gr

from .blocks import page_script, status_line
from .drawer_texts import LINK
from .shell import Shell


def link_button(shell: Shell, tab: str, held: dict[str, gr.components.Component]) -> None:
    """Build the button inside the layout being built, and beside it a line that says what became of the link."""
    button = gr.Button(shell.i18n("copy_link"), size="sm", elem_id=f"{tab}-link")
    status = status_line(elem_id=f"{tab}-link-status")
    script = page_script("page_link.js", tab=tab, names=list(held), words=LINK)
    button.click(None, list(held.values()), status, js=script, api_visibility="private")
