"""Many readers, one model: texts asked for at the same time are written together, a token of each in turn.

In: requests from any thread. Out: a `SharedStream` each, which gives its own `TokenStep`s and nobody else's. One thread does all
the work of the model; a bounded queue holds who has to wait; a reader who leaves is forgotten at the next token. Does not know
what a reader does with the text, nor where readers come from.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..language_model import LanguageModel
from .chat_prompt import ChatPrompt, Message, chat_prompt, reply_text
from .decoding import TokenStream, stream
from .records import Generation, Prompt, StopReason, TokenStep


class SharedStream(Iterator[TokenStep]):
    """A text that is written together with others: iterate it for steps, or take them in `portions`.

    It has what a `TokenStream` has: `prompt`, `prompt_ids`, and for the steps taken so far `tokens`, `stop_reason` and
    `generation()`.
    """

    def __init__(self, scheduler: "Scheduler", steps: TokenStream, user: str, asked: ChatPrompt | None = None):
        self.prompt, self.prompt_ids, self.user = steps.prompt, steps.prompt_ids, user
        self.tokens: list[TokenStep] = []
        self.stop_reason: StopReason | None = None
        self._scheduler, self._steps, self._asked = scheduler, steps, asked
        self._changed = threading.Condition()
        self._arrived: list[TokenStep] = []  # written, taken or not
        self._failure: Exception | None = None
        self.ended = False

    @property
    def place(self) -> int:
        """How many texts wait before this one, itself included; 0 once it is being written."""
        return self._scheduler.place(self)

    @property
    def reply(self) -> str:
        """What was written so far, without the space around it and the text that ended it."""
        return reply_text("".join(step.text for step in self.tokens), self._asked.stop if self._asked else ())

    @property
    def num_left_out(self) -> int:
        """How many of the oldest messages of a conversation the context had no room for."""
        return self._asked.num_left_out if self._asked else 0

    def generation(self) -> Generation:
        """What was taken so far, as one record; its `stop_reason` is None while more may come."""
        text = "".join(step.text for step in self.tokens)
        made = self._steps.generation()
        whole = replace(made, text=text, tokens=tuple(self.tokens), stop_reason=self.stop_reason)
        return whole.with_origin(made.origin)

    def __next__(self) -> TokenStep:
        for step in self._take(1, None):
            return step
        raise StopIteration

    def portions(self, seconds: float) -> Iterator[list[TokenStep]]:
        """The steps that came since the last portion, at most every `seconds`, the last portion with the end of the text.

        While a text waits for its turn its portions are empty: a caller that is asked for something else can leave.
        """
        while self.stop_reason is None:
            yield self._take(None, seconds)
            with self._changed:
                self._changed.wait_for(lambda: self.ended, timeout=seconds)

    def _take(self, most: int | None, seconds: float | None) -> list[TokenStep]:
        """Up to `most` steps that are there, after waiting at most `seconds` for the first."""
        num_taken = len(self.tokens)
        with self._changed:
            self._changed.wait_for(lambda: self.ended or len(self._arrived) > num_taken, timeout=seconds)
            fresh = self._arrived[num_taken : None if most is None else num_taken + most]
            if self._failure is not None and not fresh:
                raise self._failure
            self.tokens += fresh
            if self.ended and len(self.tokens) == len(self._arrived):
                self.stop_reason = self._steps.stop_reason
        return fresh

    def advance(self) -> None:
        """Write one token more; for the scheduler's thread alone."""
        try:
            step = next(self._steps, None)
        except Exception as failure:  # its reader is told; everybody else's text goes on
            self.end(failure)
        else:
            with self._changed:
                self._arrived += [] if step is None else [step]
                self.ended = self._steps.stop_reason is not None
                self._changed.notify_all()

    def end(self, failure: Exception | None) -> None:
        """Nothing more comes."""
        with self._changed:
            self.ended, self._failure = True, failure
            self._changed.notify_all()


class Scheduler:
    """Writes many texts with one model at once.

    `max_sequences` texts are written together, `max_waiting` more may wait. Where there is a choice of who comes next, it is the
    longest waiting text of the user who has the fewest running.

    >>> with Scheduler(lm) as scheduler:
    ...     "".join(step.text for step in scheduler.stream("Once upon a time", max_new_tokens=3, temperature=0))
    ', there was'
    """

    class Full(RuntimeError):
        """So many texts wait already that one more is refused."""

    def __init__(self, lm: LanguageModel, *, max_sequences: int = 32, max_waiting: int = 64):
        self.lm = lm
        self._max_sequences, self._max_waiting = max_sequences, max_waiting
        self._waiting: list[SharedStream] = []
        self._running: list[SharedStream] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="aigc-scheduler", daemon=True)
        self._thread.start()

    def stream(self, prompt: str | Prompt, *, user: str = "", **settings) -> SharedStream:
        """As `stream(lm, prompt, …)`, written together with what others asked for.

        Raises ValueError as `stream` does, and `Scheduler.Full` where too many wait.
        """
        return self._submit(SharedStream(self, stream(self.lm, prompt, **settings), user))

    def chat(self, messages: Sequence[Message], *, user: str = "", max_new_tokens: int = 128, **settings) -> SharedStream:
        """The reply to `messages` as `chat(lm, messages, …)` gives it, written together with what others asked for."""
        asked = chat_prompt(self.lm, messages, max_new_tokens=max_new_tokens)
        if asked.stop:
            settings = {"stop": asked.stop} | settings
        steps = stream(self.lm, asked.prompt, max_new_tokens=max_new_tokens, **settings)
        return self._submit(SharedStream(self, steps, user, asked))

    def _submit(self, steps: SharedStream) -> SharedStream:
        with self._changed:
            if self._closed or len(self._waiting) >= self._max_waiting:
                raise Scheduler.Full(
                    f"{len(self._waiting)} texts are waiting to be written; {self._max_waiting} may wait. Try again in a moment."
                )
            self._waiting.append(steps)
            self._changed.notify_all()
        return steps

    def place(self, steps: SharedStream) -> int:
        """How many wait before this text and including it; 0 where it does not wait."""
        with self._changed:
            return self._waiting.index(steps) + 1 if steps in self._waiting else 0

    def close(self) -> None:
        """End every text and the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def __enter__(self) -> "Scheduler":
        return self

    def __exit__(self, *failure) -> None:
        self.close()

    def _work(self) -> None:
        while self._admit():
            for steps in self._running:
                steps.advance()
            self._running = [steps for steps in self._running if not steps.ended]

    def _admit(self) -> bool:
        """Wait for something to do and let in who fits; False once the scheduler is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting or self._running)
            while self._waiting and len(self._running) < self._max_sequences:
                load = Counter(steps.user for steps in self._running)
                steps = min(self._waiting, key=lambda steps: load[steps.user])
                self._waiting.remove(steps)
                self._running.append(steps)
            if self._closed:
                for steps in self._waiting + self._running:
                    steps.end(RuntimeError("closed"))
            return not self._closed
