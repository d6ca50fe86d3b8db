"""The words of the tree of branches and of the strategies side by side, in English and Chinese.

Comes in: nothing. Goes out: `BRANCH_BLOCK` and `STRATEGY_BLOCK`, for the blocks that draw them, and `STRATEGY_TEXTS` for Gradio's.
"""

from __future__ import annotations

BRANCH_BLOCK = {
    "en": {
        "title": "Branches",
        "hint": "Choose another token in the list of what the model considered, and the text goes on from there as a branch.",
        "root": "first text",
        "at": "from token {position}",
        "nothing": "(no words of its own)",
        "numbers": "{tokens} tokens · {mean} nats",
        "look": "Look inside",
        "prune": "Prune",
    },
    "zh": {
        "title": "分支",
        "hint": "在“模型考虑过的词元”里选另一个词元，文本就从那里分出一支。",
        "root": "最初的文本",
        "at": "从第 {position} 个词元起",
        "nothing": "（没有自己的文字）",
        "numbers": "{tokens} 个词元 · {mean} 奈特",
        "look": "观察注意力",
        "prune": "剪去",
    },
}
