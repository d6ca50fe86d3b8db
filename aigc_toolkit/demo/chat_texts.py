"""The words of the tab Chat, in English and Chinese.

Comes in: nothing. Goes out: `CHAT_TEXTS`, for Gradio's own blocks, and `CHAT_BLOCK`, for the block that draws a conversation.
"""

from __future__ import annotations

CHAT_TEXTS = {
    "en": {
        "chat": "Chat",
        "message": "Message",
        "message_placeholder": "Tell a short story and ask about it, or ask for a summary …",
        "send": "Send",
        "new_chat": "New conversation",
        "choices": "Every choice in the last answer",
    },
    "zh": {
        "chat": "对话",
        "message": "消息",
        "message_placeholder": "讲一个小故事再提问，或请模型总结 …",
        "send": "发送",
        "new_chat": "新对话",
        "choices": "最近一次回答的每个选择",
    },
}

CHAT_BLOCK = {
    "en": {
        "conversation": "Conversation",
        "empty": "The conversation appears here. Choose an example below: a story with a question, then go on asking.",
        "working": "reading …",
        "waiting": "{waiting} texts are written first …",
        "left_out": "The context is full: the model no longer sees the {messages} oldest messages.",
        "user": "You",
        "assistant": "Model",
        "facts": "{tokens} tokens · mean log-probability {mean} nats",
        "stops": {
            "max_new_tokens": "length reached",
            "cancelled": "stopped by you",
            "context_full": "context full",
            "max_time": "time limit reached",
            "stop_text": "ended where asked",
        },
        "copy": "Copy",
        "copied": "Copied",
        "edit": "Edit",
        "retry": "Answer again",
        "undo": "Take back",
        "look": "Look inside this answer",
        "send_again": "Send",
        "cancel": "Cancel",
    },
    "zh": {
        "conversation": "对话",
        "empty": "对话将显示在这里。请在下面选一个例子：一个故事加一个问题，然后接着问。",
        "working": "正在阅读 …",
        "waiting": "前面还有 {waiting} 段文本 …",
        "left_out": "上下文已满：模型看不到最早的 {messages} 条消息了。",
        "user": "你",
        "assistant": "模型",
        "facts": "{tokens} 个词元 · 平均对数概率 {mean} 奈特",
        "stops": {
            "max_new_tokens": "达到长度上限",
            "cancelled": "已被停止",
            "context_full": "上下文已满",
            "max_time": "达到时间上限",
            "stop_text": "遇到指定文本而止",
        },
        "copy": "复制",
        "copied": "已复制",
        "edit": "修改",
        "retry": "重新回答",
        "undo": "撤回",
        "look": "观察这个回答的注意力",
        "send_again": "发送",
        "cancel": "取消",
    },
}
