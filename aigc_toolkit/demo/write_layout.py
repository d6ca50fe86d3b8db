"""The blocks of the tab Write, laid out: a prompt, settings, the text with its tokens, its branches, strategies.

Comes in: the shell. Goes out: `Blocks`, which `write_tab` wires. It does not know what happens when one is pressed.
"""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from . import examples
from .blocks import TextOnlyBlock, in_readers_language, scripted_block, status_line, view_block
from .branch_texts import BRANCH_BLOCK
from .controls import Controls, controls
from .settings import BASIC, MORE, setting_blocks
from .sharing import link_button
from .shell import Shell
from .strategies import strategies_section


@dataclass(frozen=True)
class Blocks:
    """The blocks of the tab that its handlers read and write; `generation` holds the text that is shown."""

    top: Controls
    settings: dict[str, gr.components.Component]
    status: TextOnlyBlock
    view: TextOnlyBlock
    look: gr.Button
    tree: TextOnlyBlock
    generation: gr.State

    @property
    def running(self) -> list:
        """What changes with every update; few, and none left out: each costs time, one that is left out most."""
        return [self.view, self.status, self.generation]

    @property
    def around(self) -> list:
        """What changes when a text begins and when it has ended."""
        return [self.top.stop, self.look, self.tree]


def laid_out(shell: Shell) -> Blocks:
    """Build the blocks inside the tab that is being built."""
    i18n = shell.i18n
    top = _top(shell)
    settings = _settings(shell)
    status = status_line(elem_id="write-status")
    view = view_block("generation_view.js", elem_id="write-view")
    with gr.Row(elem_classes="aigc-after"):
        shows = shell.models.first.shows_attention
        look = gr.Button(i18n("look_inside"), size="sm", interactive=False, visible=shows, elem_id="write-look")
        link_button(shell, "write", {"prompt": top.text, **settings})
    tree = scripted_block("branch_tree.js", BRANCH_BLOCK, elem_id="write-branches", events=("pick", "prune", "look"))
    with gr.Accordion(i18n("strategies"), open=False, elem_classes="aigc-settings", elem_id="strategies"):
        strategies_section(shell, top.text, settings["max_new_tokens"], settings["seed"])
    return Blocks(top, settings, status, view, look, tree, gr.State(None))


def _top(shell: Shell) -> Controls:
    english, chinese = (examples.WRITE[examples.FIRST[language]][1] for language in ("en", "zh"))
    words = ("prompt", "prompt_placeholder", "go_on")
    top = controls(shell.i18n, "write", words=words, text=english, lines=3, examples=examples.WRITE)
    in_readers_language(shell.page, top.text, english=english, chinese=chinese)
    return top


def _settings(shell: Shell) -> dict[str, gr.components.Component]:
    given = dict(prefix="write", longest=shell.operator.max_new_tokens)
    with gr.Accordion(shell.i18n("settings"), open=False, elem_classes="aigc-settings"):
        with gr.Row():
            basic = setting_blocks(shell.i18n, BASIC, **given)
        with gr.Accordion(shell.i18n("more_settings"), open=False, elem_classes="aigc-settings"), gr.Row():
            more = setting_blocks(shell.i18n, MORE, **given)
    return dict(zip(BASIC + MORE, basic + more, strict=True))
