"""What the page offers to try: prompts and texts that the built-in model knows how to go on with.

Comes in: nothing. Goes out: prompts to write from and texts to look at, in both languages.
"""

from __future__ import annotations

WRITE = (
    ("Once upon a time", "Once upon a time, there was a kind girl named Mia. She had a friend named Tom. Mia had a red kite."),
    (
        "Mia loses her kite",
        "Mia had a friend named Tom. Mia had a red kite. She went to the park and dropped the kite there without noticing.",
    ),
    ("从前", "从前，有一个善良的男孩，名叫小明。小明有一个朋友，名叫小鹏。小明有一只红色的风筝。"),
    ("小明丢了风筝", "小明有一个朋友，名叫小鹏。小明有一只红色的风筝。他来到公园，把风筝丢在了公园里。"),
)

_STORY = (
    "Once upon a time, there was a kind girl named Mia. Mia had a friend named Tom. Mia had a red kite. "
    "She put the kite in the drawer. Tom had a blue cup. He put the cup under the bench."
)
_CHINESE_STORY = "从前，有一个善良的男孩，名叫小明。小明有一个朋友，名叫小鹏。小明有一只红色的风筝。他把风筝放在抽屉里。"

LOOK = (
    ("Where is the kite?", f"<|user|>{_STORY}\n\nWhere is the kite now?<|end|><|assistant|>It is in the drawer."),
    ("A plain story", _STORY),
    ("风筝在哪里？", f"<|user|>{_CHINESE_STORY}\n\n风筝现在在哪里？<|end|><|assistant|>风筝在抽屉里。"),
    ("中文故事", _CHINESE_STORY),
)
