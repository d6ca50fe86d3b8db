"""What a model on a server writes, as the records of a model on this computer.

In: a `RemoteModel`, a prompt or messages, settings. Out: a `RemoteStream` of `TokenStep`s. A number the server does not give is
None: ids and entropy always, the rank unless the token is among the alternatives, the log-probability where there is none. A
setting the protocol does not have is refused. Does not know HTTP.
"""

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any

from ..remote import RemoteError, RemoteModel
from .prompts import USUAL_NEW_TOKENS
from .records import Alternative, Origin, StopReason, TokenStep
from .running import RunningText, Wish
from .settings import DecodingSettings

SENT = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "seed")  # under their own names, where they are given
HERE = ("max_new_tokens", "stop", "max_time", "num_alternatives")  # translated, or minded on this side
DEFAULTS = {each.name: None if each.default is MISSING else each.default for each in fields(DecodingSettings)}
ENDS: dict[str, StopReason] = {"stop": "end_of_text", "length": "max_new_tokens"}
LARGE = 2**31  # a vocabulary size nobody knows
SECONDS_BETWEEN_LOOKS = 0.05


class RemoteStream(RunningText):
    """A text that comes from a server: iterate it for steps; otherwise as a `TokenStream`.

    A step is a token where the server gives log-probabilities, otherwise what came at once. `.prompt_ids` is empty and positions
    count from the first new token. Raises `RemoteError` where the server fails; what had come by then is in `.generation()`.
    """

    prompt_ids: tuple[int, ...] = ()

    def __init__(
        self,
        lm: RemoteModel,
        prompt: str,
        settings: dict[str, Any],
        *,
        messages: Sequence[Mapping[str, str]] | None = None,
        stop_event: threading.Event | None = None,
        reuse: bool = False,  # the server keeps what it likes
    ):
        self._leave = threading.Event()  # first: what is dropped half made sets it
        self._lm, self.prompt = lm, prompt
        self.settings = _checked(lm, settings, lm.abilities.num_logprobs if messages is None else lm.abilities.num_chat_logprobs)
        self._path, body = (
            ("/completions", {"prompt": prompt}) if messages is None else ("/chat/completions", {"messages": messages})
        )
        self._body = body | _body(self.settings, is_chat=messages is not None, gives_logprobs=self.settings.num_alternatives > 0)
        self.tokens: list[TokenStep] = []
        self.stop_reason: StopReason | None = None
        self.origin = Origin(lm, self.settings.keywords())
        self.wish = Wish(stop_event, self.settings.max_time)
        self._arrived: queue.SimpleQueue[dict | Exception | None] = queue.SimpleQueue()  # None: the server has said all
        self._waiting: list[TokenStep] = []
        self._finish_reason: str | None = None
        self._is_asked = False  # the server
        self._failure: Exception | None = None

    def __next__(self) -> TokenStep:
        if self._failure is not None:
            raise self._failure
        while not self._waiting and self.stop_reason is None:
            self._listen()
        if not self._waiting:
            raise StopIteration
        step = self._waiting.pop(0)
        self.tokens.append(step)
        return step

    def has_ended(self) -> bool:
        """Whether no more steps are wanted or to come."""
        if self.stop_reason is None and (reason := self.wish.ended()) is not None:
            self._end(reason)
        return self.stop_reason is not None

    def close(self) -> None:
        """Leave the server alone: it sees that nobody listens any more."""
        self._leave.set()

    def _listen(self) -> None:
        """Take one thing that has arrived, or see that time is up."""
        if not self._is_asked:
            self._is_asked = True
            if not self.has_ended():
                events = self._lm.events(self._path, self._body, self._leave)
                threading.Thread(target=_fetch, args=(events, self._arrived), daemon=True).start()
        if self.has_ended():
            return
        try:
            event = self._arrived.get(timeout=SECONDS_BETWEEN_LOOKS)
        except queue.Empty:
            return
        if isinstance(event, Exception):
            self._failure = event
            raise event
        if event is not None:
            self._take(event)
        elif self._finish_reason is None:
            self._failure = RemoteError(f"{self._lm.address} ended in the middle of an answer. Ask again.")
            raise self._failure
        else:
            self._end(ENDS.get(self._finish_reason, "end_of_text"))

    def _take(self, event: dict) -> None:
        choice = next(iter(event.get("choices") or []), None)
        if not isinstance(choice, dict):
            return  # numbers about the whole
        self._finish_reason = choice.get("finish_reason") or self._finish_reason
        first = len(self.tokens) + len(self._waiting)
        self._waiting += event_steps(choice, first, self.settings.num_alternatives)

    def _end(self, reason: StopReason) -> None:
        self.stop_reason = reason
        self.close()

    def __del__(self):
        self._leave.set()


def _fetch(events: Iterator[dict], arrived: queue.SimpleQueue) -> None:
    """Pass events on. Does not hold the stream, so that one nobody reads any more is closed."""
    try:
        for event in events:
            arrived.put(event)
        arrived.put(None)
    except Exception as error:  # to be raised where the text is read
        arrived.put(error)


def event_steps(choice: dict, first: int, num_alternatives: int) -> list[TokenStep]:
    """The steps of one event's choice, numbered from `first`; their texts joined are the event's text."""
    delta = choice.get("delta")
    text = (delta.get("content") if isinstance(delta, dict) else choice.get("text")) or ""
    numbers = choice.get("logprobs") or {}
    tokens = _chat_tokens(numbers) if "content" in numbers else _completion_tokens(numbers)
    if not tokens:
        return [TokenStep(None, text, None, None, None, (), first)] if text else []
    texts = [name for name, _, _ in tokens]
    if "".join(texts) != text:  # loose bytes, or names that are not texts
        texts = [""] * (len(tokens) - 1) + [text]
    return [
        TokenStep(None, part, logprob, _rank(name, best), None, tuple(best[:num_alternatives]), first + number)
        for number, (part, (name, logprob, best)) in enumerate(zip(texts, tokens, strict=True))
    ]


Token = tuple[str, float | None, list[Alternative]]  # what the server calls it, its log-probability, the best ones


def _completion_tokens(numbers: dict) -> list[Token]:
    names, own, best = (numbers.get(name) or [] for name in ("tokens", "token_logprobs", "top_logprobs"))
    best = best or [None] * len(names)
    if not len(names) == len(own) == len(best):
        return []
    return [(str(name), _number(logprob), _best(top or {})) for name, logprob, top in zip(names, own, best, strict=True)]


def _chat_tokens(numbers: dict) -> list[Token]:
    return [
        (
            str(token.get("token")),
            _number(token.get("logprob")),
            _best({other.get("token"): other.get("logprob") for other in token.get("top_logprobs") or []}),
        )
        for token in numbers["content"] or []
    ]


def _best(logprobs: dict) -> list[Alternative]:
    known = [Alternative(None, str(text), number) for text, number in logprobs.items() if _number(number) is not None]
    return sorted(known, key=lambda alternative: -alternative.logprob)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _rank(name: str, best: list[Alternative]) -> int | None:
    texts = [alternative.text for alternative in best]
    return texts.index(name) + 1 if name in texts else None


def _checked(lm: RemoteModel, settings: dict[str, Any], num_logprobs: int) -> DecodingSettings:
    asked = settings.get("num_alternatives")
    if asked is not None and asked > num_logprobs:
        raise ValueError(
            f"num_alternatives is {asked}; {lm.address} gives {num_logprobs} for a token. Ask for at most so many, or leave it out."
        )
    chosen = DecodingSettings(**{"num_alternatives": min(DEFAULTS["num_alternatives"], num_logprobs)} | settings)
    chosen.check_ranges(LARGE)
    for name in DEFAULTS:
        if name not in (*SENT, *HERE) and getattr(chosen, name) != DEFAULTS[name]:
            raise ValueError(
                f"{name} is given, but a server of this protocol has no such setting; {', '.join((*SENT, *HERE))} are allowed. "
                "Leave it out, or load the model on this computer."
            )
    return chosen


def _body(settings: DecodingSettings, *, is_chat: bool, gives_logprobs: bool) -> dict[str, Any]:
    body = {name: getattr(settings, name) for name in SENT if getattr(settings, name) is not None}
    body["max_tokens"] = settings.max_new_tokens or USUAL_NEW_TOKENS
    if settings.stops:
        body["stop"] = list(settings.stops)
    if gives_logprobs:
        number = settings.num_alternatives
        body |= {"logprobs": True, "top_logprobs": number} if is_chat else {"logprobs": number}
    return body


def remote_stream(lm: RemoteModel, prompt: str, **settings) -> RemoteStream:
    """`stream` for a model on a server. Raises ValueError where the server cannot go on after a text."""
    options = {name: settings.pop(name) for name in ("stop_event", "reuse") if name in settings}
    if not isinstance(prompt, str):
        raise TypeError(f"The prompt is a {type(prompt).__name__}; a server reads a text. Pass it as str.")
    if not lm.abilities.completes:
        raise ValueError(f"{lm.address} answers messages and does not go on after a text: it has no /completions. Use chat().")
    return RemoteStream(lm, prompt, settings, **options)


def remote_chat(lm: RemoteModel, prompt: str, messages: Sequence[Mapping[str, str]], **settings) -> RemoteStream:
    """The reply to `messages`; `prompt` is what a reader sees of them."""
    options = {name: settings.pop(name) for name in ("stop_event", "reuse") if name in settings}
    return RemoteStream(lm, prompt, settings, messages=[dict(message) for message in messages], **options)
