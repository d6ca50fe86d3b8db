"""The blocks of the tab Chat, laid out: the conversation, a box for the next message, settings, every choice of an answer.

Comes in: the shell. Goes out: `Blocks`, which `chat_tab` wires. It does not know what happens when one is pressed.
"""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from . import examples
from .blocks import TextOnlyBlock, notice, scripted_block, status_line, view_block
from .chat_texts import CHAT_BLOCK
from .controls import Controls, controls
from .page_model import PageModel
from .settings import setting_blocks
from .sharing import link_button
from .shell import Shell
from .texts import message

SETTINGS = ("temperature", "top_p", "max_new_tokens")


@dataclass(frozen=True)
class Blocks:
    """The blocks of the tab that its handlers read and write; `turns` holds the conversation that is shown."""

    log: TextOnlyBlock
    turns: gr.State
    status: TextOnlyBlock
    top: Controls
    new: gr.Button
    system: gr.Textbox
    settings: list[gr.components.Component]
    choices: TextOnlyBlock

    @property
    def shown(self) -> list:
        """What changes with every update; few, and none left out: each costs time, one that is left out most."""
        return [self.log, self.turns, self.status]


def laid_out(shell: Shell) -> Blocks:
    """Build the blocks inside the tab that is being built."""
    i18n = shell.i18n
    log = scripted_block("chat.js", CHAT_BLOCK, elem_id="chat-log", events=("retry", "undo", "edit", "look"))
    status = status_line(elem_id="chat-status", value=about(shell.models.first))
    top = controls(i18n, "chat", words=("message", "message_placeholder", "send"), text="", lines=1, examples=examples.CHAT)
    with gr.Row(elem_classes="aigc-after"):
        new = gr.Button(i18n("new_chat"), size="sm", elem_id="chat-new")
        link_place = gr.Row(elem_classes="aigc-after")
    with gr.Accordion(i18n("settings"), open=False, elem_classes="aigc-settings"), gr.Row():
        settings = setting_blocks(
            i18n, SETTINGS, prefix="chat", longest=shell.operator.max_new_tokens, temperature=0.0, max_new_tokens=80
        )
        words = dict(label=i18n("set_system"), info=i18n("set_system_info"), elem_id="chat-system")
        system = gr.Textbox("", lines=2, max_lines=4, min_width=220, **words)
    with gr.Accordion(i18n("choices"), open=False, elem_classes="aigc-settings"):
        choices = view_block("generation_view.js", elem_id="chat-choices")
    with link_place:
        held = {"message": top.text, "turns": log, "system": system, **dict(zip(SETTINGS, settings, strict=True))}
        link_button(shell, "chat", held)
    return Blocks(log, gr.State(()), status, top, new, system, settings, choices)


def about(model: PageModel) -> dict | None:
    """What a visitor should know before talking to a model."""
    if not model.writes:
        return notice(message("cannot_write", name=model.name))
    return None if model.has_chat_template else notice(message("no_chat_template", name=model.name))
