"""Many readers, one model: texts asked for at the same time are written together, each forward pass gives a token to all of them.

In: requests from any thread. Out: a `SharedStream` each, which gives its own `TokenStep`s and nobody else's. One thread does the
work; a bounded queue holds who has to wait; a text nobody wants any more is dropped between two tokens. What no batch can hold
(beams, a text longer than it) is written by a second thread, one after the other; a model on a server is asked by several threads,
for the server batches itself. Does not know where readers come from.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from ..language_model import LanguageModel
from ..remote import RemoteModel
from .batch import Batch
from .chat_prompt import Message, chat_prompt
from .conversation import stream_chat
from .decoding import stream
from .records import Prompt
from .shared_stream import SharedStream

LONGEST = 4096  # tokens of a text in a batch: its buffers are made for that many
USUAL_REPLY_TOKENS = 128


class Scheduler:
    """Writes many texts with one model at once.

    `max_sequences` texts are written together, `max_waiting` more may wait. Who comes next is the longest waiting text of the user
    with the fewest running. Each text equals what `stream` gives alone, but for float rounding; a `seed` makes it repeatable.

    Raises `Scheduler.Full` where too many texts wait already, and as `stream` does.

    >>> with Scheduler(lm) as scheduler:
    ...     "".join(step.text for step in scheduler.stream("Once upon a time", max_new_tokens=3, temperature=0))
    ', there was'
    """

    class Full(RuntimeError):
        """No more texts are taken: too many wait, or the scheduler is closed."""

    def __init__(self, lm: LanguageModel | RemoteModel, *, max_sequences: int = 32, max_waiting: int = 64):
        self.lm = lm
        self._max_sequences, self._max_waiting = max_sequences, max_waiting
        self._max_tokens = min(lm.context_length or LONGEST, LONGEST)
        self._waiting: list[SharedStream] = []
        self._running: dict[int, SharedStream] = {}  # by slot of the batch
        self._alone: set[SharedStream] = set()  # being written beside it
        self._changed = threading.Condition()
        self._closed = False
        self._is_remote = isinstance(lm, RemoteModel)
        work = [self._write_alone] * max_sequences if self._is_remote else [self._write_together, self._write_alone]
        self._threads = [threading.Thread(target=each, daemon=True) for each in work]
        for thread in self._threads:
            thread.start()

    def stream(self, prompt: str | Prompt, *, user: str = "", **settings) -> SharedStream:
        """As `stream(lm, prompt, …)`, written together with what others asked for; `user` is who asks, for fairness.

        Raises ValueError as `stream` does, and `Scheduler.Full` where too many wait.
        """
        return self._submit(SharedStream(stream(self.lm, prompt, **settings), user, self._place))

    def chat(
        self, messages: Sequence[Message], *, user: str = "", max_new_tokens: int = USUAL_REPLY_TOKENS, **settings
    ) -> SharedStream:
        """The reply to `messages` as `chat(lm, messages, …)` gives it, written together with what others asked for."""
        if self._is_remote:
            return self._submit(
                SharedStream(stream_chat(self.lm, messages, max_new_tokens=max_new_tokens, **settings), user, self._place)
            )
        asked = chat_prompt(self.lm, messages, max_new_tokens=max_new_tokens)
        if asked.stop:
            settings = {"stop": asked.stop} | settings
        source = stream(self.lm, asked.prompt, max_new_tokens=max_new_tokens, **{"reuse": True} | settings)
        return self._submit(SharedStream(source, user, self._place, asked))

    @property
    def num_running(self) -> int:
        """How many texts are being written now."""
        return len(self._running) + len(self._alone)

    def close(self) -> None:
        """End every text and the threads."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        for each in (*self._waiting, *self._written()):
            each.fail(RuntimeError("The scheduler was closed while this text was being written. Ask another one for it."))

    def __enter__(self) -> "Scheduler":
        return self

    def __exit__(self, *failure) -> None:
        self.close()

    def _submit(self, shared: SharedStream) -> SharedStream:
        with self._changed:
            if self._closed:
                raise Scheduler.Full("The scheduler is closed; an open one takes texts. Make a new Scheduler.")
            self._drop_stopped()
            if len(self._waiting) >= self._max_waiting:
                raise Scheduler.Full(
                    f"{len(self._waiting)} texts are waiting to be written; {self._max_waiting} may wait. Try again in a moment."
                )
            self._waiting.append(shared)
            self._changed.notify_all()
        return shared

    def _place(self, shared: SharedStream) -> int:
        with self._changed:
            self._drop_stopped()
            return self._waiting.index(shared) + 1 if shared in self._waiting else 0

    def _drop_stopped(self) -> None:
        """Out of the line with who was stopped; the others are not asked `has_ended`, which would start their `max_time`."""
        for shared in [each for each in self._waiting if each.source.wish.stop_event.is_set()]:
            self._waiting.remove(shared)
            shared.source.has_ended()
            shared.give(None)

    def _written(self) -> tuple[SharedStream, ...]:
        return (*tuple(self._running.values()), *tuple(self._alone))

    def _fits(self, shared: SharedStream) -> bool:
        """Whether a batch can hold this text."""
        return not self._is_remote and shared.source.settings.num_beams == 1 and shared.source.start.end <= self._max_tokens

    def _write_together(self) -> None:
        batch = Batch(self.lm, self._max_sequences, self._max_tokens)
        while not self._closed:
            self._begin(batch, self._next(self._fits, busy=bool(self._running), free=batch.num_free))
            try:
                self._step(batch)
            except Exception as failure:  # readers are told, and others can go on with a new batch
                for shared in self._running.values():
                    shared.fail(failure)
                self._running.clear()
                batch = Batch(self.lm, self._max_sequences, self._max_tokens)

    def _begin(self, batch: Batch, fresh: Sequence[SharedStream]) -> None:
        """Read prompts; a failure is that of the texts which begin now alone."""
        slots = [slot for slot in (self._add(batch, shared) for shared in fresh) if slot is not None]
        try:
            batch.read()
        except Exception as failure:
            for slot in slots:
                batch.remove(slot)
                self._running.pop(slot).fail(failure)

    def _add(self, batch: Batch, shared: SharedStream) -> int | None:
        source = shared.source
        source.has_ended()  # its time begins
        try:
            slot = batch.add(source.start, source.settings, seed=source.seed, reuse=source.reuse)
        except Exception as failure:
            shared.fail(failure)
            return None
        self._running[slot] = shared
        return slot

    def _step(self, batch: Batch) -> None:
        """A token for each running text, and out with those that have ended."""
        for slot, shared in list(self._running.items()):
            if shared.source.has_ended():
                self._end(batch, slot)
                shared.give(None)
        for slot, choice in batch.step():
            shared = self._running[slot]
            shared.give(shared.source.take(choice))
            if shared.source.stop_reason is not None:
                self._end(batch, slot)

    def _end(self, batch: Batch, slot: int) -> None:
        self._running.pop(slot).source.leave(batch, slot)

    def _write_alone(self) -> None:
        while not self._closed:
            with self._changed:  # who is taken is counted before another is chosen
                taken = self._next(lambda each: not self._fits(each), busy=False, free=1)
                self._alone.update(taken)
            for shared in taken:
                self._write(shared)

    def _write(self, shared: SharedStream) -> None:
        try:
            for step in shared.source:
                shared.give(step)
                if self._closed and shared.source.stop_reason is None:
                    return  # `close` tells its reader
            shared.give(None)
        except Exception as failure:
            shared.fail(failure)
        self._alone.remove(shared)

    def _next(self, fits: Callable[[SharedStream], bool], *, busy: bool, free: int) -> list[SharedStream]:
        """The texts to begin now, at most `free`; waits for one where there is nothing else to do (`busy` False)."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or busy or any(map(fits, self._waiting)))
            self._drop_stopped()
            candidates = [] if self._closed else [each for each in self._waiting if fits(each)]
            load, chosen = Counter(each.user for each in self._written()), []
            while candidates and len(chosen) < free:
                chosen.append(min(candidates, key=lambda each: load[each.user]))  # the first of the least, so the longest waiting
                load[chosen[-1].user] += 1
                candidates.remove(chosen[-1])
                self._waiting.remove(chosen[-1])
            return chosen
