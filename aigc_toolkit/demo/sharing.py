"""The button of a tab that copies a link to what it holds.

Comes in: the tab and its blocks by the names a link has for their values. Goes out: the button; the link is made in the browser and
nothing is sent. What a link brings back is read by `links` and by the tab itself.
"""

from __future__ import annotations

import gradio as gr

from .blocks import TextOnlyBlock, page_script
from .drawer_texts import LINK
from .shell import Shell


def link_button(shell: Shell, tab: str, held: dict[str, gr.components.Component], status: TextOnlyBlock) -> gr.Button:
    """Build the button inside the layout being built; `status` says whether there is a link now, and what it leaves out."""
    button = gr.Button(shell.i18n("copy_link"), size="sm", elem_id=f"{tab}-link")
    script = page_script("page_link.js", tab=tab, names=list(held), words=LINK)
    button.click(None, list(held.values()), status, js=script, api_visibility="private")
    return button
