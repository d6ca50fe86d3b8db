"""Which running text each visitor wants stopped.

Comes in: a session and the wish to start, stop or end. Goes out: the event that stops that session's text. It does not know what
is being written.
"""

from __future__ import annotations

import threading


class Stops:
    """The stop event of each session's running text; a session has at most one.

    >>> stops = Stops()
    >>> event = stops.start("a")
    >>> stops.stop("a")
    >>> event.is_set()
    True
    """

    def __init__(self):
        self._events: dict[str, threading.Event] = {}

    def start(self, session: str) -> threading.Event:
        """A fresh event for a session's new text; one that still runs is stopped."""
        self.stop(session)
        event = self._events[session] = threading.Event()
        return event

    def stop(self, session: str) -> None:
        if event := self._events.pop(session, None):
            event.set()

    def is_replaced(self, session: str, event: threading.Event) -> bool:
        """Whether the session has begun another text since: nobody looks at the one of `event` any more."""
        return self._events.get(session, event) is not event

    def end(self, session: str, event: threading.Event) -> None:
        """The text that `event` belongs to has ended, by itself or because its reader left."""
        event.set()
        if self._events.get(session) is event:
            del self._events[session]
