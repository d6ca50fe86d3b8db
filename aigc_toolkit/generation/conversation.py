"""Dialogue: one reply to messages (`chat`), and a conversation that goes on (`Conversation`).

In: a model and messages. Out: replies as `Generation`s whose prompt is exactly what the model read. Every reply goes through
`stream`; the keys and values of the turns before are used again. Does not know how messages become a prompt (`chat_prompt`).
"""

from collections.abc import Iterator, Sequence

from ..language_model import LanguageModel
from ..remote import RemoteModel
from .chat_prompt import ChatPrompt, Message, chat_prompt, reply_text
from .decoding import TokenStream, stream
from .records import Generation, TokenStep
from .remote import RemoteStream, remote_chat


def chat(lm: LanguageModel | RemoteModel, messages: Sequence[Message], **settings) -> Generation:
    """The model's reply to `messages`, {"role": "system" | "user" | "assistant", "content": text} each, the last the user's.

    Settings are those of `stream`. The prompt is written by the tokenizer's chat template, or as "User: …" and "Assistant: …"
    lines for a model without one. Where the context is too short the oldest turns are left out; the system prompt and the last
    user's turn always stay (`chat_prompt` has the rule). `.prompt` is what the model read; a server writes its prompt itself, so
    there it is the messages as JSON.

    Raises ValueError for messages that are no conversation waiting for a reply, and as `stream` does.

    >>> question = "Mia had a kite. She put the kite in the drawer.\\n\\nWhere is the kite now?"
    >>> chat(lm, [{"role": "user", "content": question}], temperature=0).text
    'It is in the drawer.'
    """
    steps = stream_chat(lm, messages, **settings)
    for _ in steps:
        pass
    return steps.generation()


def stream_chat(
    lm: LanguageModel | RemoteModel, messages: Sequence[Message], *, max_new_tokens: int | None = None, **settings
) -> TokenStream | RemoteStream:
    """The same reply as a stream of `TokenStep`s."""
    asked = chat_prompt(lm, messages, max_new_tokens=max_new_tokens)
    return _start(lm, asked, max_new_tokens=max_new_tokens, **settings)


def _start(lm: LanguageModel | RemoteModel, asked: ChatPrompt, **settings) -> TokenStream | RemoteStream:
    if asked.stop:
        settings = {"stop": asked.stop} | settings
    if not isinstance(lm, RemoteModel):
        return stream(lm, asked.prompt, **{"reuse": True} | settings)
    if not lm.abilities.chats:
        return stream(lm, asked.prompt.text, **settings)
    return remote_chat(lm, asked.prompt.text, asked.messages, **settings)


class Conversation:
    """A dialogue with a model: `reply(text)`, `stream(text)`, `regenerate()`, `edit(index, text)`, `undo()`, `messages`.

    `settings` are those of `chat` and can be overridden for one reply. `messages` starts it in the middle of a dialogue.
    Raises ValueError for messages that are no dialogue, an `index` that no message has, and as `chat` does.

    >>> talk = Conversation(lm, temperature=0)
    >>> talk.reply("Mia had a kite. She put the kite in the drawer.\\n\\nWhere is the kite now?").text
    'It is in the drawer.'
    >>> talk.reply("Who has the kite?").prompt == talk.prompt_text
    True
    """

    def __init__(self, lm: LanguageModel | RemoteModel, messages: Sequence[Message] = (), *, system: str | None = None, **settings):
        self._lm, self._settings = lm, {"max_new_tokens": None} | settings
        self._messages: tuple[Message, ...] = ()
        self.last: Generation | None = None  # the last whole reply, to look inside
        if system:
            self.add("system", system)
        for message in messages:
            self.add(message["role"], message["content"])

    @property
    def messages(self) -> list[dict[str, str]]:
        """All messages so far, the system prompt first; a copy."""
        return [dict(message) for message in self._messages]

    @property
    def prompt_text(self) -> str:
        """What the model reads, or read, for the reply to the last user's message: the text with its special tokens."""
        return self._asked().prompt.text

    @property
    def num_left_out(self) -> int:
        """How many of the oldest messages `prompt_text` has no room for."""
        return self._asked().num_left_out

    def add(self, role: str, content: str) -> None:
        """Append a message, as if it had been said."""
        self._messages += ({"role": role, "content": content},)

    def reply(self, text: str | None = None, **settings) -> Generation:
        """The model's answer to `text`, or to the last user's message; both become part of the conversation."""
        steps = self.stream(text, **settings)
        for _ in steps:
            pass
        return steps.generation()

    def stream(self, text: str | None = None, **settings) -> "ReplyStream":
        """`reply` token by token; the answer becomes part of the conversation when it has ended, cancelled or not."""
        asking = self._messages if text is None else (*self._messages, {"role": "user", "content": text})
        chosen = self._settings | settings
        asked = chat_prompt(self._lm, asking, max_new_tokens=chosen["max_new_tokens"])
        steps = _start(self._lm, asked, **chosen)
        self._messages = asking
        return ReplyStream(self, steps, asked)

    def regenerate(self, **settings) -> Generation:
        """Another reply in place of the last one. Greedy or with the same seed it is the same: pass another `seed`."""
        self._messages = self._up_to_question()
        return self.reply(**settings)

    def edit(self, index: int, content: str) -> None:
        """Change message `index` and forget what followed it; after a user's message `reply()` answers the new one."""
        if not 0 <= index < len(self._messages):
            raise ValueError(
                f"There is no message {index}; this conversation has {len(self._messages)}, counted from 0. Pass one of them."
            )
        changed = dict(self._messages[index]) | {"content": content}
        self._messages = (*self._messages[:index], changed)

    def undo(self) -> str:
        """Take back the last user's message with its reply, and give its text."""
        self._messages, taken = self._up_to_question()[:-1], self._up_to_question()[-1]
        return taken["content"]

    def _asked(self) -> ChatPrompt:
        return chat_prompt(self._lm, self._up_to_question(), max_new_tokens=self._settings["max_new_tokens"])

    def _up_to_question(self) -> tuple[Message, ...]:
        users = [number for number, message in enumerate(self._messages) if message["role"] == "user"]
        if not users:
            raise ValueError("The user has said nothing yet; a reply needs a message to answer. Call reply('…') first.")
        return self._messages[: users[-1] + 1]

    def _answered(self, asking: tuple[Message, ...], generation: Generation, text: str) -> None:
        if self._messages is asking:  # not if it was edited while the reply came
            self.add("assistant", text)
            self.last = generation

    def __repr__(self) -> str:
        return f"Conversation({self._lm.name!r}, {len(self._messages)} messages)"


class ReplyStream(Iterator[TokenStep]):
    """A running reply: iterate it for steps; `.tokens`, `.stop_reason`, `.prompt_ids` and `.generation()` as of a `TokenStream`."""

    def __init__(self, conversation: Conversation, steps: TokenStream | RemoteStream, asked: ChatPrompt):
        self._conversation, self._steps, self._stop = conversation, steps, asked.stop
        self._asking = conversation._messages
        self.prompt, self.prompt_ids, self.num_left_out = steps.prompt, steps.prompt_ids, asked.num_left_out
        self._is_told = False

    @property
    def tokens(self) -> list[TokenStep]:
        """The steps so far."""
        return self._steps.tokens

    @property
    def stop_reason(self) -> str | None:
        """Why the reply ended; None while more may come."""
        return self._steps.stop_reason

    @property
    def text(self) -> str:
        """What the reply says so far."""
        return reply_text("".join(step.text for step in self._steps.tokens), self._stop)

    def generation(self) -> Generation:
        """What was written so far, as one record."""
        return self._steps.generation()

    def __next__(self) -> TokenStep:
        try:
            return next(self._steps)
        finally:
            if self.stop_reason is not None and not self._is_told:
                self._is_told = True
                self._conversation._answered(self._asking, self.generation(), self.text)
