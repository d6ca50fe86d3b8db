"""What each setting is called and does, one sentence each, in English and Chinese.

Comes in: nothing. Goes out: `SETTINGS` by key: (English name, English sentence, Chinese name, Chinese sentence).
"""

from __future__ import annotations

SETTINGS = {
    "temperature": (
        "Temperature",
        "0 always takes the most likely token; 1 follows the model's own probabilities; more is bolder.",
        "温度",
        "0：总是选最可能的词元；1：按模型自己的概率选；更大则更大胆。",
    ),
    "top_p": (
        "Top-p",
        "Choose among the most likely tokens that together have this probability. 1: no limit.",
        "Top-p",
        "只在概率之和达到此值的最可能词元中选。1：不限。",
    ),
    "max_new_tokens": ("Length", "At most so many new tokens.", "长度", "最多写这么多个新词元。"),
    "seed": ("Seed", "The same seed gives the same text.", "随机种子", "同样的种子写出同样的文本。"),
    "top_k": (
        "Top-k",
        "Choose among the k most likely tokens only. 0: no limit.",
        "Top-k",
        "只在最可能的 k 个词元中选。0：不限。",
    ),
    "min_p": (
        "Min-p",
        "Leave out tokens less likely than this share of the most likely one. 0: no limit.",
        "Min-p",
        "略去概率不到最可能词元这一比例的词元。0：不限。",
    ),
    "typical_p": (
        "Typical",
        "Keep the tokens whose surprise is closest to the expected one, up to this probability. 1: no limit.",
        "典型采样",
        "保留意外程度最接近预期的词元，直到概率之和达到此值。1：不限。",
    ),
    "repetition_penalty": (
        "Repetition penalty",
        "Above 1 makes tokens that stand in the text already less likely. 1: none.",
        "重复惩罚",
        "大于 1 时，文中已有的词元变得更不可能。1：不惩罚。",
    ),
    "no_repeat_ngram_size": (
        "No repeated n-gram",
        "No run of so many tokens comes twice. 0: any may.",
        "不重复的 n 元组",
        "这么多个词元的连续片段不会出现两次。0：不限。",
    ),
    "num_beams": (
        "Beams",
        "Follow so many texts at once and keep the most likely; with more than one nothing is drawn by chance. 1: off.",
        "束宽",
        "同时跟踪这么多个文本并留下最可能的；大于 1 时不再随机抽取。1：关闭。",
    ),
    "max_time": (
        "Time limit",
        "Stop after so many seconds. 0: no limit.",
        "时间上限",
        "这么多秒后停止。0：不限。",
    ),
    "bad_words": (
        "Never write",
        "Words that must not come, one per line.",
        "禁用词",
        "不许出现的词，每行一个。",
    ),
    "stop": (
        "End at",
        "The text ends as soon as one of these comes, one per line.",
        "遇到即止",
        "写到其中之一就结束，每行一个。",
    ),
    "watermark": (
        "Watermark",
        "Slightly favours a secret half of the vocabulary, so that a detector can later tell who wrote it.",
        "水印",
        "略微偏爱词表中秘密的一半，之后可用检测器认出这段文本。",
    ),
    "system": (
        "System prompt",
        "Stands before the conversation, where the model's chat template puts it; the built-in model never saw one while training.",
        "系统提示",
        "放在对话之前，由模型的对话模板决定位置；内置模型训练时没有见过系统提示。",
    ),
}


def setting_words(language: str) -> dict[str, str]:
    """Names and sentences by key, as the page's translations take them: "set_seed" and "set_seed_info"."""
    at = 0 if language == "en" else 2
    names = {f"set_{key}": words[at] for key, words in SETTINGS.items()}
    return names | {f"set_{key}_info": words[at + 1] for key, words in SETTINGS.items()}
