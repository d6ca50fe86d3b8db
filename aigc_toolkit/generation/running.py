"""A text while it is written: what every stream of steps has, whoever writes it.

In: the steps of a `TokenStream`, a `RemoteStream` or a `BranchStream`. Out: the record of what was written so far, or to the
end; and whether somebody still wants more. Does not know where steps come from.
"""

import threading
import time
from collections.abc import Iterator

from .records import Generation, Origin, StopReason, TokenStep


class RunningText(Iterator[TokenStep]):
    """Iterate it for steps: `.tokens` are those so far, `.stop_reason` is None while more may come.

    >>> stream(lm, "Once upon a time", max_new_tokens=3, temperature=0).finish().stop_reason
    'max_new_tokens'
    """

    prompt: str
    prompt_ids: tuple[int, ...]
    tokens: list[TokenStep]
    stop_reason: StopReason | None
    origin: Origin

    def finish(self) -> Generation:
        """Take all that comes and give the whole."""
        for _ in self:
            pass
        return self.generation()

    def generation(self) -> Generation:
        """What was written so far, as one record; its `stop_reason` is None while more may come."""
        text = "".join(step.text for step in self.tokens)
        made = Generation(self.prompt, text, tuple(self.tokens), self.prompt_ids, self.stop_reason, self.origin.lm.name)
        return made.with_origin(self.origin)


class Wish:
    """Whether more is still wanted: until `stop_event` is set, or for `max_time` seconds from the first look (None: for ever).

    >>> Wish(threading.Event(), max_time=None).ended() is None
    True
    """

    def __init__(self, stop_event: threading.Event | None, max_time: float | None):
        self.stop_event = stop_event or threading.Event()
        self._max_time = max_time
        self._began: float | None = None

    def ended(self) -> StopReason | None:
        """Why no more is wanted, or None."""
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        if self.stop_event.is_set():
            return "cancelled"
        return "max_time" if self._max_time is not None and now - self._began > self._max_time else None
