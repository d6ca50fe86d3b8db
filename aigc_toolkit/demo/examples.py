"""What the page offers to try: prompts and texts that the built-in model knows how to go on with.

Comes in: nothing. Goes out: prompts to write from and texts to look at, in both languages; which a tab begins with.
"""

from __future__ import annotations

FIRST = {"en": 0, "zh": 2}  # of WRITE and of LOOK: what a reader of the language finds there

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

LOOK = (  # (name of the button, text, the word the answer took from the story, "" where nothing is asked)
    ("Where is the kite?", f"<|user|>{_STORY}\n\nWhere is the kite now?<|end|><|assistant|>It is in the drawer.", "drawer"),
    ("A plain story", _STORY, ""),
    ("风筝在哪里？", f"<|user|>{_CHINESE_STORY}\n\n风筝现在在哪里？<|end|><|assistant|>风筝在抽屉里。", "抽屉"),
    ("中文故事", _CHINESE_STORY, ""),
)

_PICNIC = (
    "Long ago, there lived a helpful boy named David. There was also Amir, a neighbour of David. "
    '"Will you come to a picnic?" David asked Amir. "This is for you, David," said Amir, who had brought a red sock. '
    "Of course David was grateful, because Amir had brought him the sock. Then David put the red sock down in the letter box."
)
_FOG = (
    "小佳是一个大方的女孩。小佳和哥哥浩然常常在一起玩。她去公园走了走。忽然来了一场大雾。“家在哪边呢？”小佳在公园里迷了路。"
    "小佳为什么很害怕呢？因为她在公园里迷路了。\n浩然去了公园。“跟我来！”浩然说，然后把小佳带回了家。“谢谢你，浩然！”小佳说。"
)

CHAT = (  # (name of the button, message); the built-in model answers each of them right
    ("Where is the sock?", f"{_PICNIC}\n\nWhere is the sock at the end?"),
    ("… and its colour?", "Can you tell me the colour of the sock?"),
    ("Sum it up", f"What is this story about? Say it in one sentence.\n\n{_PICNIC}"),
    ("她为什么害怕？", f"{_FOG}\n\n小佳为什么觉得很害怕？"),
    ("……天气怎么样？", "故事里的天气怎么样？"),
    ("总结成一句话", f"请把这个故事总结成一句话。\n\n{_FOG}"),
)
