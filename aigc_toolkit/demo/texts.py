"""Every word of the page, in English and Chinese. Comes in: nothing. Goes out: `TEXTS` by language and key, and `message`."""

from __future__ import annotations

TEXTS = {
    "en": {
        "tagline": "Write with a small GPT and see every choice it makes.",
        "write": "Write",
        "look": "Look",
        "prompt": "Prompt",
        "prompt_placeholder": "Begin a story, in English or Chinese …",
        "go_on": "Continue",
        "stop": "Stop",
        "look_inside": "Look inside this text",
        "examples": "Try one",
        "settings": "Settings",
        "temperature": "Temperature",
        "temperature_info": "0 always takes the most likely token; 1 follows the model's own probabilities.",
        "top_k": "Top-k",
        "top_k_info": "Choose among the k most likely tokens only. 0: no limit.",
        "top_p": "Top-p",
        "top_p_info": "Choose among the most likely tokens that together have this probability. 1: no limit.",
        "max_new_tokens": "Length",
        "max_new_tokens_info": "At most so many new tokens.",
        "seed": "Seed",
        "seed_info": "The same seed gives the same text.",
        "text": "Text",
        "text_placeholder": "A text to look at, in English or Chinese …",
        "look_button": "Look",
        "compare": "Compare with another text",
        "compare_label": "Other text",
        "compare_placeholder": "Leave it empty to look at one text. With the same tokens, the difference is shown too.",
        "facts": "{name} · {parameters:.1f} M parameters · context {context} tokens · runs on this computer",
    },
    "zh": {
        "tagline": "用一个小小的 GPT 写作，看清它的每一次选择。",
        "write": "写作",
        "look": "观察",
        "prompt": "开头",
        "prompt_placeholder": "用中文或英文写一个故事的开头 …",
        "go_on": "续写",
        "stop": "停止",
        "look_inside": "观察这段文本的注意力",
        "examples": "试一试",
        "settings": "设置",
        "temperature": "温度",
        "temperature_info": "0：总是选最可能的词元；1：按模型自己的概率选。",
        "top_k": "Top-k",
        "top_k_info": "只在最可能的 k 个词元中选。0：不限。",
        "top_p": "Top-p",
        "top_p_info": "只在概率之和达到此值的最可能词元中选。1：不限。",
        "max_new_tokens": "长度",
        "max_new_tokens_info": "最多写这么多个新词元。",
        "seed": "随机种子",
        "seed_info": "同样的种子写出同样的文本。",
        "text": "文本",
        "text_placeholder": "要观察的文本，中文或英文 …",
        "look_button": "观察",
        "compare": "与另一段文本比较",
        "compare_label": "另一段文本",
        "compare_placeholder": "留空则只观察一段文本。词元相同时，还会显示两者之差。",
        "facts": "{name} · {parameters:.1f} M 个参数 · 上下文 {context} 个词元 · 在本机运行",
    },
}

MESSAGES = {
    "too_long_to_write": (
        "This prompt has {tokens:,} tokens; the model reads at most {limit} and needs room to write. Shorten it and try again.",
        "这个开头有 {tokens:,} 个词元；模型最多读 {limit} 个，还要留出续写的位置。请缩短后再试。",
    ),
    "too_long_to_look": (
        "This text has {tokens:,} tokens; the model reads at most {limit}. Shorten it and look again.",
        "这段文本有 {tokens:,} 个词元；模型最多读 {limit} 个。请缩短后再看。",
    ),
    "nothing_to_look_at": (
        "There is no text yet. Type one above, or choose an example.",
        "还没有文本。请在上面输入，或选择一个例子。",
    ),
    "bad_link": (
        "This link is not whole: it should hold a text and what was on the screen. Copy it again, or type the text yourself.",
        "这个链接不完整：其中应有一段文本和当时的画面。请重新复制链接，或自己输入文本。",
    ),
    "surrogate": (
        "The text has half of a character at position {position}, which no tokenizer can read. Remove it and try again.",
        "文本第 {position} 位是半个字符，无法读取。请删除后再试。",
    ),
    "bad_setting": (
        "A setting is out of range: {reason}",
        "有一项设置超出范围：{reason}",
    ),
}


def message(key: str, **values) -> dict[str, str]:
    """A message in both languages, as the page's status line takes it: {"en": …, "zh": …}."""
    english, chinese = MESSAGES[key]
    return {"en": english.format(**values), "zh": chinese.format(**values)}
