"""Messages to the prompt a model reads: its chat template, or a plain one, and what is left out when the context is full.

In: a `LanguageModel` and messages as {"role", "content"}. Out: a `ChatPrompt`: text and ids, how many messages it leaves out, and
the texts that end a reply. A content that holds the text of a special token is refused: it could end its turn or speak in another
role. Knows neither decoding nor a running conversation.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import TemplateError

from ..language_model import LanguageModel
from ..remote import RemoteModel
from .prompts import USUAL_NEW_TOKENS
from .records import Prompt

ROLES = ("system", "user", "assistant")
PLAIN_NAMES = {"user": "User", "assistant": "Assistant"}
PLAIN_STOP = ("\nUser:",)
LARGEST_RESERVE = 4  # a reply is kept room for at most one of so many parts of the context
Message = Mapping[str, str]


@dataclass(frozen=True)
class ChatPrompt:
    """What a model is given to answer: `prompt.text` shows it whole."""

    prompt: Prompt
    messages: tuple[Message, ...]  # those it holds
    num_left_out: int  # oldest messages the context had no room for
    stop: tuple[str, ...]  # texts that end the reply where the model has no token for it


def chat_prompt(lm: LanguageModel | RemoteModel, messages: Sequence[Message], *, max_new_tokens: int | None = None) -> ChatPrompt:
    """The prompt for the next reply to `messages`, the last of which is the user's.

    Written by the tokenizer's chat template; where there is none as "User: …" and "Assistant: …" lines under the system prompt
    (`plain_text`). Rule for a full context: `max_new_tokens` (128 unless given), but at most a quarter of the context, stay free
    for the reply; the oldest turns are left out first, and the system prompt and the last user's turn always stay. A server gets
    all messages and does what it does: it alone has the template and counts the tokens.

    Raises ValueError for messages that are no conversation (see `check_messages`) or that the template refuses.

    >>> chat_prompt(lm, [{"role": "user", "content": "Hello"}], max_new_tokens=20).prompt.text
    '<|user|>Hello<|end|><|assistant|>'
    """
    check_messages(messages)
    if isinstance(lm, RemoteModel):
        return _remote_prompt(lm, messages)
    _check_special_tokens(lm, messages)
    stop = () if lm.tokenizer.chat_template else PLAIN_STOP
    system, turns = list(messages[:1]), list(messages[1:])
    if system[0]["role"] != "system":
        system, turns = [], list(messages)
    num_all = len(turns)
    prompt = _prompt(lm, system + turns)
    while len(turns) > 1 and not _fits(lm, prompt, max_new_tokens):
        turns = _without_oldest(turns)
        prompt = _prompt(lm, system + turns)
    return ChatPrompt(prompt, (*system, *turns), num_all - len(turns), stop)


def check_messages(messages: Sequence[Message]) -> None:
    """Raise ValueError unless these are a conversation that waits for a reply."""
    if not messages:
        raise ValueError("There is no message; at least one, from the user, is needed. Pass [{'role': 'user', 'content': …}].")
    for number, message in enumerate(messages):
        if not isinstance(message, Mapping) or set(message) < {"role", "content"} or not isinstance(message["content"], str):
            raise ValueError(
                f"Message {number} is {message!r}; a mapping with 'role' and 'content', both texts, is allowed. "
                "Write {'role': 'user', 'content': …}."
            )
        if message["role"] not in ROLES or (message["role"] == "system" and number > 0):
            raise ValueError(
                f"Message {number} has the role {message['role']!r}; allowed are {', '.join(ROLES)}, and 'system' only as "
                "message 0. Change its role."
            )
    if messages[-1]["role"] != "user":
        raise ValueError(
            f"The last message has the role {messages[-1]['role']!r}; a reply answers one of the role 'user'. "
            "Add the user's message, or take the last reply away."
        )


def plain_text(messages: Sequence[Message]) -> str:
    """The messages for a model without a chat template.

    >>> plain_text([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}])
    'Be brief.\\n\\nUser: Hello\\nAssistant:'
    """
    lines = [
        f"{PLAIN_NAMES[message['role']]}: {message['content']}\n" if message["role"] in PLAIN_NAMES else f"{message['content']}\n\n"
        for message in messages
    ]
    return "".join(lines) + "Assistant:"


def reply_text(text: str, stop: Sequence[str]) -> str:
    """What a reply says, without the text that ended it and the space around it."""
    for ending in stop:
        text = text.partition(ending)[0]
    return text.strip()


def _fits(lm: LanguageModel, prompt: Prompt, max_new_tokens: int | None) -> bool:
    if lm.context_length is None:
        return True
    return len(prompt.ids) + min(max_new_tokens or USUAL_NEW_TOKENS, lm.context_length // LARGEST_RESERVE) <= lm.context_length


def _without_oldest(turns: list[Message]) -> list[Message]:
    """The turns without the oldest user's message and what answered it."""
    later = (number for number, message in enumerate(turns) if number > 0 and message["role"] == "user")
    return turns[next(later, len(turns) - 1) :]


def _prompt(lm: LanguageModel, messages: list[Message]) -> Prompt:
    if not lm.tokenizer.chat_template:
        text = plain_text(messages)
        return Prompt(text, tuple(lm.texts.encode(text)))
    plain = [dict(message) for message in messages]
    try:
        text = lm.tokenizer.apply_chat_template(plain, tokenize=False, add_generation_prompt=True)
    except TemplateError as error:
        raise ValueError(
            f"The chat template of {lm.name!r} refuses these messages: {error}. Messages it has a form for are allowed. "
            "Try without a system prompt, and with users and assistant taking turns."
        ) from error
    return Prompt(text, tuple(lm.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]))


def _remote_prompt(lm: RemoteModel, messages: Sequence[Message]) -> ChatPrompt:
    if lm.abilities.chats:
        plain = [dict(message) for message in messages]
        return ChatPrompt(Prompt(json.dumps(plain, ensure_ascii=False, indent=1), ()), tuple(messages), 0, ())
    return ChatPrompt(Prompt(plain_text(messages), ()), tuple(messages), 0, PLAIN_STOP)


def _check_special_tokens(lm: LanguageModel, messages: Sequence[Message]) -> None:
    special = [token.content for token in lm.tokenizer.added_tokens_decoder.values() if token.special]
    for number, message in enumerate(messages):
        for token in special:
            if token in message["content"]:
                raise ValueError(
                    f"Message {number} holds {token!r}, which {lm.name!r} reads as a special token; plain text is allowed. "
                    "Remove it or write it with a space inside."
                )
