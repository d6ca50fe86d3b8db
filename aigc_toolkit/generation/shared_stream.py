"""A text that a scheduler writes together with others, as its reader sees it.

In: tokens from the scheduler's thread. Out: `TokenStep`s for the reader's thread, one by one or in portions; only what the reader
has taken counts as written. Does not know who else is being served.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from .chat_prompt import ChatPrompt, reply_text
from .decoding import TokenStream
from .records import Generation, StopReason, TokenStep
from .remote import SECONDS_BETWEEN_LOOKS, RemoteStream
from .strategies import measures


class SharedStream(Iterator[TokenStep]):
    """Iterate it for steps, or take them in `portions`.

    It has what a `TokenStream` has: `prompt`, `prompt_ids`, and for the steps taken so far `tokens`, `stop_reason` and
    `generation()`. `user` is who asked, as a name of any kind.
    """

    def __init__(
        self, source: TokenStream | RemoteStream, user: str, place: Callable[["SharedStream"], int], asked: ChatPrompt | None = None
    ):
        self.prompt, self.prompt_ids, self.user = source.prompt, source.prompt_ids, user
        self.tokens: list[TokenStep] = []
        self.stop_reason: StopReason | None = None
        self.source = source  # the scheduler's
        self._place, self._asked = place, asked
        self._changed = threading.Condition()
        self._arrived: list[TokenStep] = []  # written, taken or not
        self._ended = False
        self._failure: Exception | None = None

    @property
    def place(self) -> int:
        """How many texts are begun before this one, itself included; 0 once it is being written."""
        return self._place(self)

    @property
    def reply(self) -> str:
        """What was written so far, without the space around it and the text that ended it."""
        return reply_text("".join(step.text for step in self.tokens), self._asked.stop if self._asked else ())

    @property
    def num_left_out(self) -> int:
        """How many of the oldest messages of a conversation the context had no room for."""
        return self._asked.num_left_out if self._asked else 0

    @property
    def numbers(self) -> dict[str, Any]:
        """Mean log-probability, entropy, distinct-n and repetition of what was taken so far, as `compare_strategies` has them."""
        return measures(self.generation())

    def generation(self) -> Generation:
        """What was taken so far, as one record; its `stop_reason` is None while more may come."""
        made = self.source.generation()
        text = "".join(step.text for step in self.tokens)
        taken = replace(made, text=text, tokens=tuple(self.tokens), stop_reason=self.stop_reason)
        return taken.with_origin(made.origin)

    def __next__(self) -> TokenStep:
        while self.stop_reason is None:
            for step in self._take(1, SECONDS_BETWEEN_LOOKS):
                return step
        raise StopIteration

    def portions(self, pace: Callable[[], float]) -> Iterator[list[TokenStep]]:
        """The steps that came since the last portion, one every `pace()` seconds, the last portion with the end of the text.

        While a text waits for its turn its portions are empty, so that its reader can do something else or leave.
        """
        while self.stop_reason is None:
            yield self._take(None, pace())
            with self._changed:
                self._changed.wait_for(lambda: self._ended, timeout=pace())

    def give(self, step: TokenStep | None) -> None:
        """One token more, or the end. For the scheduler's thread alone."""
        with self._changed:
            self._arrived += [] if step is None else [step]
            self._ended = self.source.stop_reason is not None
            if self._ended or len(self._arrived) == len(self.tokens) + 1:  # a reader who is behind is not waiting
                self._changed.notify_all()

    def fail(self, failure: Exception) -> None:
        """Nothing more comes, and this is why. For the scheduler's thread alone."""
        with self._changed:
            self._ended, self._failure = True, failure
            self._changed.notify_all()

    def _take(self, most: int | None, seconds: float | None) -> list[TokenStep]:
        """Up to `most` steps that are there, after waiting at most `seconds` for the first."""
        num_taken = len(self.tokens)
        if not num_taken:
            self._place(self)  # a text that was stopped while it waits leaves the line
        with self._changed:
            self._changed.wait_for(lambda: self._ended or len(self._arrived) > num_taken, timeout=seconds)
            fresh = self._arrived[num_taken : None if most is None else num_taken + most]
            if self._failure is not None and not fresh:
                raise self._failure
            self.tokens += fresh
            if self._ended and self._failure is None and len(self.tokens) == len(self._arrived):
                self.stop_reason = self.source.stop_reason
        return fresh
