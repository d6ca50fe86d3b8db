"""A model on a server: what it is called there, and what the server can do.

In: an address and a name. Out: a `RemoteModel` whose abilities were tried out once, with a few requests of one token. What a
server lacks is said by name. Does not know sampling or generations.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event
from urllib.parse import urlsplit

from .connection import Connection, Limits
from .errors import RemoteError

MOST_LOGPROBS = (20, 10, 5, 1)  # tried in this order: servers refuse more than they give
NUM_TRIES = 2  # for each ability: a server may answer 500 to what it does not know
FATAL = (401, 403, 429)  # refusals that say nothing about an ability


@dataclass(frozen=True)
class Abilities:
    """What a server was seen to do."""

    completes: bool  # goes on after a text (/completions)
    chats: bool  # answers messages (/chat/completions)
    num_logprobs: int  # alternatives it gives for each token of a completion; 0: none
    num_chat_logprobs: int
    echoes: bool  # can give the prompt back with its completion

    def __str__(self) -> str:
        has = [
            f"completions ({_logprobs(self.num_logprobs)})" if self.completes else "no completions",
            f"chat ({_logprobs(self.num_chat_logprobs)})" if self.chats else "no chat",
            "echo" if self.echoes else "no echo",
        ]
        return ", ".join(has)


class RemoteModel:
    """A model on an OpenAI-compatible server: for `generate`, `stream`, `chat` and `summarize`. It has no weights and no attention.

    Made by `load_model(address, model=name)`. `.abilities` says what the server can do; `.context_length` is None, since the
    server counts the tokens: what is too long for it, it refuses itself. The key is read from AIGC_API_KEY, else OPENAI_API_KEY.

    >>> load_model("http://localhost:8000/v1", model="qwen")
    RemoteModel('qwen' at http://localhost:8000/v1: completions (20 log-probabilities), chat (20 log-probabilities), echo)
    """

    context_length = None

    def __init__(self, address: str, model: str | None = None, *, limits: Limits | None = None):
        self.address = _checked(address)
        self._connection = Connection(self.address, limits or Limits())
        self.name = model or self._only_model()
        self.abilities = self._abilities()
        if not (self.abilities.completes or self.abilities.chats):
            raise ValueError(
                f"{self.address} neither completes nor chats with {self.name!r}: {self._refusal}. A server with /completions or "
                "/chat/completions is needed. Check the address (it usually ends in /v1) and the model's name."
            )

    def events(self, path: str, body: dict, stop: Event) -> Iterator[dict]:
        """The events of a streaming answer to `body`, for this model."""
        return self._connection.events(path, {"model": self.name, "stream": True} | body, stop)

    def _only_model(self) -> str:
        listed = self._connection.ask("/models")
        try:
            names = [entry["id"] for entry in listed["data"]]
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"{self.address}/models lists no models in OpenAI's form; an address of that protocol is needed. "
                "Check it (it usually ends in /v1)."
            ) from error
        if len(names) != 1:
            raise ValueError(
                f"model is not given, and {self.address} has {len(names)} models: {', '.join(names[:20])}. "
                "Pass one of them: load_model(address, model=…)."
            )
        return names[0]

    def _abilities(self) -> Abilities:
        self._refusal = ""
        completed = self._tried("/completions", {"prompt": "a b"})
        chatted = self._tried("/chat/completions", {"messages": [{"role": "user", "content": "a b"}]})
        num_logprobs = num_chat_logprobs = 0
        echoes = False
        if completed is not None:
            num_logprobs = self._most("/completions", {"prompt": "a b"}, lambda number: {"logprobs": number}, _num_completion)
            echoed = self._tried("/completions", {"prompt": "a b", "echo": True})
            echoes = echoed is not None and str(_choice(echoed).get("text", "")).startswith("a b")
        if chatted is not None:
            asked = {"messages": [{"role": "user", "content": "a b"}], "logprobs": True}
            num_chat_logprobs = self._most("/chat/completions", asked, lambda number: {"top_logprobs": number}, _num_chat)
        return Abilities(completed is not None, chatted is not None, num_logprobs, num_chat_logprobs, echoes)

    def _most(self, path: str, body: dict, wanted, count) -> int:
        """The largest number of log-probabilities the server gives."""
        for number in MOST_LOGPROBS:
            answer = self._tried(path, body | wanted(number))
            if answer is not None:
                return count(_choice(answer))
        return 0

    def _tried(self, path: str, body: dict) -> dict | None:
        """The answer to a request for one token; None where the server refuses it."""
        try:
            answer = self._connection.ask(path, {"model": self.name, "max_tokens": 1, "temperature": 0} | body, num_tries=NUM_TRIES)
        except RemoteError as error:
            if error.status is None or error.status in FATAL:
                raise
            self._refusal = str(error).rstrip(".")
            return None
        return answer if isinstance(answer, dict) and answer.get("choices") else None

    def __repr__(self) -> str:
        return f"RemoteModel({self.name!r} at {self.address}: {self.abilities})"


def _checked(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{address!r} is no address of a server; http://host:port/v1 or https://… is allowed. Write it so.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            f"The address of {parts.hostname!r} holds a name, a password or a query; the bare address is allowed, since it is "
            "shown. Put the key into the environment variable AIGC_API_KEY."
        )
    return address.rstrip("/")


def _choice(answer: dict) -> dict:
    choice = answer["choices"][0]
    return choice if isinstance(choice, dict) else {}


def _num_completion(choice: dict) -> int:
    best = (choice.get("logprobs") or {}).get("top_logprobs") or [None]
    return len(best[0] or ())


def _num_chat(choice: dict) -> int:
    tokens = (choice.get("logprobs") or {}).get("content") or [{}]
    return len(tokens[0].get("top_logprobs") or ())


def _logprobs(number: int) -> str:
    return f"{number} log-probabilities" if number else "no log-probabilities"
