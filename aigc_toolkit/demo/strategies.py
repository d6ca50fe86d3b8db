"""One prompt under several strategies, side by side on the page.

Comes in: a prompt, names of strategies, the scheduler: all of them are written together. Goes out: updates for the block that draws
texts and numbers. The numbers are the toolkit's.
"""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from aigc_toolkit import Scheduler

from .blocks import error, scripted_block, status_line
from .branch_texts import STRATEGY_BLOCK
from .problems import explain
from .settings import keywords
from .stops import Stops
from .texts import message
from .writing import SECONDS_BETWEEN_UPDATES

STRATEGIES = {
    "greedy": {"temperature": 0.0},
    "cool": {"temperature": 0.5},
    "plain": {"temperature": 1.0},
    "bold": {"temperature": 1.5},
    "top_p_strategy": {"temperature": 1.0, "top_p": 0.9},
    "min_p_strategy": {"temperature": 1.0, "min_p": 0.1},
    "typical_strategy": {"temperature": 1.0, "typical_p": 0.9},
    "beams": {"temperature": 0.0, "num_beams": 4},
    "no_repeat": {"temperature": 0.0, "no_repeat_ngram_size": 3},
}
USUAL = ["greedy", "plain", "top_p_strategy", "beams"]
