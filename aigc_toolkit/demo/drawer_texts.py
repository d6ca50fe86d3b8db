"""The words of the settings drawer, the title line and the links, in English and Chinese.

Comes in: nothing. Goes out: `DRAWER_TEXTS` for Gradio's own blocks, `TITLE` and `LINK` for what scripts draw and say.
"""

from __future__ import annotations

DRAWER_TEXTS = {
    "en": {
        "copy_link": "Copy link",
        "model": "Model",
        "model_info": "Every tab works with it. Others who use this page keep theirs.",
        "model_info_typed": "Choose one, or type a Hugging Face id. Every tab works with it; others who use this page keep theirs.",
        "use_model": "Use this model",
        "facts": "{name} · {parameters} parameters · context {context} tokens · runs here",
        "facts_unlimited": "{name} · {parameters} parameters · no fixed context · runs here",
        "remote_facts": "{name} · runs at {address}: its attention cannot be seen, its branches cannot be followed",
    },
    "zh": {
        "copy_link": "复制链接",
        "model": "模型",
        "model_info": "各个标签页都用它；使用本页的其他人不受影响。",
        "model_info_typed": "选择一个，或输入 Hugging Face 上的名称。各个标签页都用它；使用本页的其他人不受影响。",
        "use_model": "使用这个模型",
        "facts": "{name} · {parameters} 个参数 · 上下文 {context} 个词元 · 在此运行",
        "facts_unlimited": "{name} · {parameters} 个参数 · 上下文长度不限 · 在此运行",
        "remote_facts": "{name} · 运行于 {address}：看不到它的注意力，也不能从中途分支",
    },
}

TITLE = {
    "en": {
        "tagline": "Write with a small GPT and see every choice it makes.",
        "drawer": "Model",
        "drawer_title": "Model and colours",
        "close": "Close",
        "looks": "Colours",
        "system": "as the computer has them",
        "light": "light",
        "dark": "dark",
        "limits": "On this page a text has at most {tokens} new tokens; one that is sent, at most {characters} characters.",
    },
    "zh": {
        "tagline": "用一个小小的 GPT 写作，看清它的每一次选择。",
        "drawer": "模型",
        "drawer_title": "模型与外观",
        "close": "关闭",
        "looks": "颜色",
        "system": "跟随系统",
        "light": "浅色",
        "dark": "深色",
        "limits": "本页每次最多写 {tokens} 个新词元；发送的文本最多 {characters} 个字符。",
    },
}

LINK = {
    "copied": {
        "en": "The link is copied: it brings back the text, the settings and the model.",
        "zh": "链接已复制：打开它会恢复文本、设置和模型。",
    },
    "copied_own": {
        "en": "The link is copied: it brings back text and settings, with the page's first model; yours cannot be in a link.",
        "zh": "链接已复制：打开它会恢复文本和设置，但用的是本页最初的模型；你自己的模型放不进链接。",
    },
    "shown": {
        "en": "The address bar has the link: it brings back the text, the settings and the model.",
        "zh": "链接在地址栏里：打开它会恢复文本、设置和模型。",
    },
    "shown_own": {
        "en": "The address bar has the link: it brings back text and settings with the page's first model; yours cannot be in one.",
        "zh": "链接在地址栏里：打开它会恢复文本和设置，但用的是本页最初的模型；你自己的模型放不进链接。",
    },
    "too_long": {
        "en": "This is too long for a link, which holds 4,000 characters. Shorten the text, or copy it by itself.",
        "zh": "内容太长，放不进链接：链接最多 4000 个字符。请缩短文本，或单独复制。",
    },
}
