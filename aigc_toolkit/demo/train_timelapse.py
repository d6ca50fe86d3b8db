"""How a model learned, in the tab Train: a slider through the visitor's own training, or through that of the built-in model.

Comes in: the shell, the trainings and the tab's blocks. Goes out: what its two buttons show. The views are kept in the store, from
where the page fetches what it draws.
"""

from __future__ import annotations

from functools import cache

import gradio as gr

from aigc_toolkit import load_timelapse
from aigc_toolkit.views import TimeLapseView, timelapse_view

from .blocks import error
from .event_settings import NOTICED
from .routes import PREFIX
from .shell import Shell
from .texts import message
from .train_layout import Blocks
from .train_queue import TrainQueue

INTO_SIGHT = "() => document.getElementById('train-timelapse').scrollIntoView()"


def wire_timelapse(shell: Shell, trainings: TrainQueue, blocks: Blocks) -> None:
    """Show what was recorded where one of the two buttons is pressed."""

    def kept(view: TimeLapseView, session: str, *, num_bytes: int) -> dict:
        return {"payload_url": f"{PREFIX}/{shell.store.put(view, session=session, num_bytes=num_bytes)}"}

    def own(request: gr.Request) -> tuple:
        training = trainings.of(request.session_hash)
        try:
            view = None if training is None else training.timelapse()
        except FileNotFoundError:
            view = None
        if view is None:
            return None, error(message("train_gone"))
        return kept(view, request.session_hash, num_bytes=view.num_bytes), None

    def story(request: gr.Request) -> tuple:
        is_chinese = request.headers.get("accept-language", "").lower().startswith("zh")
        return kept(_of_the_builtin_model(prompt=int(is_chinese)), request.session_hash, num_bytes=0), None  # kept once for all

    for button, shows in ((blocks.learned, own), (blocks.story, story)):
        shown = button.click(shows, None, [blocks.timelapse, blocks.status], **NOTICED)
        shown.then(None, None, None, js=INTO_SIGHT, api_visibility="private")


@cache
def _of_the_builtin_model(*, prompt: int) -> TimeLapseView:
    """It opens with the prompt of that number: 0 is English, 1 Chinese."""
    return timelapse_view(_story(), prompt=prompt)


@cache
def _story():
    return load_timelapse("story")
