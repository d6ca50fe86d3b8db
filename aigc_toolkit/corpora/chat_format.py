"""How a conversation is written down for a model: special tokens, the chat template, and the same rule in Python.

Comes in: messages with a role and a content. Goes out: one text with special tokens in it. `CHAT_TEMPLATE` is the same rule as a
Jinja template, the form in which transformers' tokenizers carry it (a test holds the two equal). It knows no tokenizer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

END_OF_TEXT = "<|endoftext|>"
END_OF_TURN = "<|end|>"
ROLE_TOKENS = {"system": "<|system|>", "user": "<|user|>", "assistant": "<|assistant|>"}
SPECIAL_TOKENS = (END_OF_TEXT, END_OF_TURN, *ROLE_TOKENS.values())
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


@dataclass(frozen=True)
class Message:
    """One turn: `role` is "system", "user" or "assistant"."""

    role: str
    content: str


def render_messages(messages: Iterable[Message]) -> str:
    """The conversation as the model reads it: each turn as its role's token, its content and the end-of-turn token."""
    return "".join(f"{ROLE_TOKENS[message.role]}{message.content}{END_OF_TURN}" for message in messages)
