"""The blocks of the tab Train, laid out: what to learn from, a few settings, how it stands, what came of it.

Comes in: the shell. Goes out: `Blocks`, which `train_tab` wires. It does not know what happens when one is pressed.
"""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from aigc_toolkit import training_view

from .blocks import TextOnlyBlock, packed, scripted_block, status_line, view_block
from .shell import Shell
from .train_settings import CONTEXTS, KINDS, SIZES, SOURCES, TOKENIZERS
from .train_texts import TRAIN_BLOCK


@dataclass(frozen=True)
class Blocks:
    """The blocks of the tab that its handlers read and write."""

    settings: dict[str, gr.components.Component]
    text: gr.Textbox
    uploaded: gr.State
    file: gr.UploadButton
    own: gr.Column
    go: gr.Button
    stop: gr.Button
    uploaded_line: TextOnlyBlock
    status: TextOnlyBlock
    standing: TextOnlyBlock
    view: TextOnlyBlock
    timelapse: TextOnlyBlock
    write: gr.Button
    look: gr.Button
    learned: gr.Button
    back: gr.Button
    story: gr.Button
    after: gr.Row


def laid_out(shell: Shell) -> Blocks:
    """Build the blocks inside the tab that is being built."""
    i18n = shell.i18n
    with gr.Row(elem_classes="aigc-controls"):
        with gr.Column(scale=5), gr.Row(elem_classes="aigc-train-choices"):
            chosen = {
                "source": _choice(i18n, "source", SOURCES, "en"),
                "size": _choice(i18n, "size", tuple(SIZES), "small"),
                "minutes": _minutes(shell),
            }
        with gr.Column(scale=1, min_width=140, elem_classes="aigc-buttons"):
            go = gr.Button(i18n("train_go"), variant="primary", elem_id="train-go")
            stop = gr.Button(i18n("stop"), variant="stop", elem_id="train-stop", interactive=False)
    with gr.Column(visible=False, elem_classes="aigc-train-own") as own:
        words = dict(label=i18n("train_text"), placeholder=i18n("train_text_placeholder"), elem_id="train-text")
        text = gr.Textbox("", lines=4, max_lines=8, **words)
        file = gr.UploadButton(i18n("train_file"), file_types=list(KINDS), size="sm", elem_id="train-file")
        uploaded_line = status_line(elem_id="train-uploaded")
    with gr.Accordion(i18n("more_settings"), open=False, elem_classes="aigc-settings"), gr.Row():
        chosen |= _more_settings(i18n)
    status = status_line(elem_id="train-status")
    standing = scripted_block("train.js", TRAIN_BLOCK, elem_id="train-standing")
    with gr.Row(elem_classes="aigc-after") as after:
        buttons = {
            name: gr.Button(i18n(f"train_{name}"), size="sm", visible=name == "story", elem_id=f"train-{name}")
            for name in ("write", "look", "learned", "back", "story")
        }
    view = view_block("training_view.js", elem_id="train-view", value=empty_view())
    timelapse = view_block("timelapse_view.js", elem_id="train-timelapse")
    lines = dict(uploaded_line=uploaded_line, status=status, standing=standing)
    return Blocks(
        chosen, text, gr.State(None), file, own, go, stop, **lines, view=view, timelapse=timelapse, after=after, **buttons
    )


def _choice(i18n: gr.I18n, name: str, values: tuple, value: object) -> gr.Radio:
    choices = [(i18n(f"train_{name}_{each}"), each) if isinstance(each, str) else (str(each), each) for each in values]
    return gr.Radio(choices, value=value, label=i18n(f"train_{name}"), elem_id=f"train-{name}")


def _minutes(shell: Shell) -> gr.Slider:
    most = shell.operator.training_minutes
    words = dict(label=shell.i18n("train_minutes"), info=shell.i18n("train_minutes_info"), elem_id="train-minutes")
    return gr.Slider(0.5, most, min(2, most), step=0.5, min_width=220, **words)


def _more_settings(i18n: gr.I18n) -> dict[str, gr.components.Component]:
    def words(name: str) -> dict:
        return dict(label=i18n(f"train_{name}"), info=i18n(f"train_{name}_info"), min_width=220, elem_id=f"train-{name}")

    tokens = [(i18n(f"train_tokens_{each}"), each) for each in TOKENIZERS]
    return {
        "context": gr.Radio([(str(each), each) for each in CONTEXTS], value=128, **words("context")),
        "tokens": gr.Radio(tokens, value="bpe", **words("tokens")),
        "rate": gr.Number(0.01, **words("rate")),
        "steps": gr.Number(0, precision=0, **words("steps")),
        "prompt": gr.Textbox("", **words("prompt")),
        "seed": gr.Number(0, precision=0, **words("seed")),
    }


def empty_view() -> str:
    """What the training view is given before the first step."""
    return packed(training_view([]).payload())
