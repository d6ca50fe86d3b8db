"""What the tabs Write and Chat have on top: a box to type in, a button to start, a button to stop, examples to try.

Comes in: names and words. Goes out: the blocks, laid out. It does not know what starting means.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import gradio as gr


@dataclass(frozen=True)
class Controls:
    """The blocks of the top of a tab; `begun` are the events that start it."""

    text: gr.Textbox
    go: gr.Button
    stop: gr.Button

    @property
    def begun(self) -> list:
        return [self.go.click, self.text.submit]


def controls(
    i18n: gr.I18n, name: str, *, words: tuple[str, str, str], text: str, lines: int, examples: Iterable[tuple[str, str]]
) -> Controls:
    """Build them inside the layout being built.

    `name` begins their element names; `words` are the keys of the box's label, its placeholder and the button.
    """
    label, placeholder, go_on = (i18n(word) for word in words)
    with gr.Row(elem_classes="aigc-controls"):
        box = gr.Textbox(
            text, label=label, placeholder=placeholder, lines=lines, max_lines=8, scale=5, elem_id=f"{name}-{words[0]}"
        )
        with gr.Column(scale=1, min_width=140, elem_classes="aigc-buttons"):
            go = gr.Button(go_on, variant="primary", elem_id=f"{name}-go")
            stop = gr.Button(i18n("stop"), variant="stop", elem_id=f"{name}-stop", interactive=False)
    with gr.Row(elem_classes="aigc-examples"):
        for title, example in examples:
            gr.Button(title, size="sm").click(lambda example=example: example, None, box, queue=False, api_visibility="private")
    return Controls(box, go, stop)
