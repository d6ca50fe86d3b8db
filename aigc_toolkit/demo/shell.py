"""What the tabs have from the page around them.

Comes in: the parts `build_demo` made. Goes out: one record each tab is built with. It does nothing by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from .models import Models
from .operator_settings import Operator
from .page_model import PageModel
from .stops import Stops
from .store import ResultStore


@dataclass(frozen=True)
class Shell:
    """The page around its tabs.

    `shown` holds the name of the model this visitor works with: a handler that puts another one there makes the whole page follow.
    What a tab has to change then it enters into `on_switch`, by block: a function of the new model that gives the block's update.
    `opened` holds the `Link` the page was opened by, `waiting` one that is opened once another model is shown.
    """

    models: Models
    operator: Operator
    store: ResultStore
    stops: Stops
    i18n: gr.I18n
    page: gr.Blocks
    tabs: gr.Tabs
    shown: gr.State
    opened: gr.State
    waiting: gr.State
    on_switch: dict[gr.blocks.Block, Callable[[PageModel], Any]] = field(default_factory=dict)
