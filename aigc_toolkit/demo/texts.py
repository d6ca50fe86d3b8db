"""Every word of the page, in English and Chinese. Comes in: nothing. Goes out: `TEXTS` by language and key, and `message`."""

from __future__ import annotations

from .branch_texts import STRATEGY_TEXTS
from .chat_texts import CHAT_TEXTS
from .drawer_texts import DRAWER_TEXTS
from .setting_texts import setting_words
from .train_texts import TRAIN_MESSAGES, TRAIN_TEXTS

TEXTS = {
    "en": {
        "write": "Write",
        "look": "Look",
        "prompt": "Prompt",
        "prompt_placeholder": "Begin a story, in English or Chinese …",
        "go_on": "Continue",
        "stop": "Stop",
        "look_inside": "Look inside this text",
        "settings": "Settings",
        "more_settings": "More settings",
        "text": "Text",
        "text_placeholder": "A text to look at, in English or Chinese …",
        "look_button": "Look",
        "compare": "Compare with another text",
        "compare_label": "Other text",
        "compare_placeholder": "Leave it empty to look at one text. With the same tokens, the difference is shown too.",
    },
    "zh": {
        "write": "写作",
        "look": "观察",
        "prompt": "开头",
        "prompt_placeholder": "用中文或英文写一个故事的开头 …",
        "go_on": "续写",
        "stop": "停止",
        "look_inside": "观察这段文本的注意力",
        "settings": "设置",
        "more_settings": "更多设置",
        "text": "文本",
        "text_placeholder": "要观察的文本，中文或英文 …",
        "look_button": "观察",
        "compare": "与另一段文本比较",
        "compare_label": "另一段文本",
        "compare_placeholder": "留空则只观察一段文本。词元相同时，还会显示两者之差。",
    },
}
for _language, _words in TEXTS.items():
    _words |= DRAWER_TEXTS[_language] | CHAT_TEXTS[_language] | STRATEGY_TEXTS[_language] | setting_words(_language)
    _words |= TRAIN_TEXTS[_language]

MESSAGES = {
    "too_long_to_write": (
        "This prompt has {tokens:,} tokens; the model reads at most {limit} and needs room to write. Shorten it and try again.",
        "这个开头有 {tokens:,} 个词元；模型最多读 {limit} 个，还要留出续写的位置。请缩短后再试。",
    ),
    "too_long_to_look": (
        "This text has {tokens:,} tokens; the model reads at most {limit}. Shorten it and look again.",
        "这段文本有 {tokens:,} 个词元；模型最多读 {limit} 个。请缩短后再看。",
    ),
    "too_long_to_answer": (
        "This message has {tokens:,} tokens; the model reads at most {limit} and needs room to answer. Shorten it and try again.",
        "这条消息有 {tokens:,} 个词元；模型最多读 {limit} 个，还要留出回答的位置。请缩短后再试。",
    ),
    "still_writing": (
        "A text is still being written. Stop it, or wait until it has ended.",
        "还有文本正在写。请停止它，或等它写完。",
    ),
    "no_answer": (
        "This cannot be answered: {reason}",
        "无法回答：{reason}",
    ),
    "nothing_to_answer": (
        "There is no message yet. Type one, or choose an example.",
        "还没有消息。请输入一条，或选择一个例子。",
    ),
    "no_branch": (
        "The text cannot go on from there: {reason}",
        "无法从那里接着写：{reason}",
    ),
    "server": (
        "The server of the model did not answer: {reason}",
        "模型所在的服务器没有回应：{reason}",
    ),
    "waiting": (
        "Texts that are written first: {texts}. Yours follows.",
        "前面还有 {texts} 段文本，随后就是你的。",
    ),
    "busy": (
        "Many people are writing just now. Try again in a moment.",
        "现在写作的人很多。请稍后再试。",
    ),
    "nothing_to_look_at": (
        "There is no text yet. Type one above, or choose an example.",
        "还没有文本。请在上面输入，或选择一个例子。",
    ),
    "bad_link": (
        "This link is not whole: it should hold a text and what was on the screen. Copy it again, or type the text yourself.",
        "这个链接不完整：其中应有一段文本和当时的画面。请重新复制链接，或自己输入文本。",
    ),
    "too_many_characters": (
        "This text has {given:,} characters; this page takes at most {allowed:,}. Shorten it and try again.",
        "这段文本有 {given:,} 个字符；本页最多接受 {allowed:,} 个。请缩短后再试。",
    ),
    "loading": (
        "Loading {name} … {seconds} s",
        "正在载入 {name} … {seconds} 秒",
    ),
    "model_ready": (
        "{name} is ready: every tab works with it now.",
        "{name} 已就绪：各个标签页都用它了。",
    ),
    "no_model": (
        "This model cannot be used: {reason}",
        "无法使用这个模型：{reason}",
    ),
    "link_model": (
        "The model of this link cannot be used here, so nothing was opened: {reason}",
        "这里无法使用链接中的模型，所以没有打开：{reason}",
    ),
    "no_chat_template": (
        "{name} has no chat template: it was not taught to answer. It reads the conversation as plain text, User: … Assistant: …",
        "{name} 没有对话模板，没有学过回答；对话以纯文本交给它：User: … Assistant: …",
    ),
    "head_of_answer": (
        "Layer {layer}, head {head}: of all {count} heads it looks most from where the answer says “{word}” back to “{word}” in "
        "the story, with {weight} of its weight; by chance it would be {null}.",
        "第 {layer} 层第 {head} 头：在全部 {count} 个头中，它从写出答案“{word}”的位置看向故事里的“{word}”最多，权重 {weight}；"
        "随机分配时为 {null}。",
    ),
    "head_of_before": (
        "Layer {layer}, head {head}: of all {count} heads it looks most at the token just before each, with {weight} of its "
        "weight; by chance it would be {null}.",
        "第 {layer} 层第 {head} 头：在全部 {count} 个头中，它看向前一个词元最多，权重 {weight}；随机分配时为 {null}。",
    ),
    "cannot_write": (
        "{name} is an encoder: it reads texts and writes none. Look inside it, or choose another model in the settings.",
        "{name} 是编码器：只读不写。可以观察它的注意力，或在设置里选择别的模型。",
    ),
    "surrogate": (
        "The text has half of a character at position {position}, which no tokenizer can read. Remove it and try again.",
        "文本第 {position} 位是半个字符，无法读取。请删除后再试。",
    ),
    "failed": (
        "The model failed at this text: {reason}",
        "模型处理这段文本时出错：{reason}",
    ),
    "bad_setting": (
        "A setting is out of range: {reason}",
        "有一项设置超出范围：{reason}",
    ),
}

MESSAGES |= TRAIN_MESSAGES


def message(key: str, **values) -> dict[str, str]:
    """A message in both languages, as the page's status line takes it: {"en": …, "zh": …}."""
    english, chinese = MESSAGES[key]
    return {"en": english.format(**values), "zh": chinese.format(**values)}
