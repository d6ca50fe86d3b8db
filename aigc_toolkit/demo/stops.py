"""Which running text each visitor wants stopped.

Comes in: a session, one of its tabs and the wish to start, stop or end. Goes out: the event that stops that text. It does not know
what is being written.
"""

from __future__ import annotations

import threading


class Running(threading.Event):
    """A text that is being written; set once it is to stop. One that `is_replaced` says no more: nobody looks at it."""

    def __init__(self, session: str, tab: str):
        super().__init__()
        self.session, self.tab, self.is_replaced = session, tab, False


class Stops:
    """The running texts by session and tab; only the newest of a session goes on.

    >>> stops = Stops()
    >>> text = stops.start("a", "write")
    >>> stops.stop("a")
    >>> text.is_set()
    True
    """

    def __init__(self):
        self._running: dict[tuple[str, str], Running] = {}

    def start(self, session: str, tab: str) -> Running:
        """A session's new text; one that still runs is stopped, and replaced where it is in the same tab."""
        text = Running(session, tab)
        self.begin(text)
        return text

    def begin(self, text: Running) -> None:
        """As `start`, of a text that was made before."""
        self.stop(text.session)
        self.replace(text.session, text.tab)
        self._running[text.session, text.tab] = text

    def stop(self, session: str) -> None:
        for text in self._of(session):
            text.set()

    def replace(self, session: str, tab: str | None = None) -> None:
        """Stop a session's texts, or that of one tab alone; they say no more."""
        for text in self._of(session):
            if tab in (None, text.tab):
                text.is_replaced = True
                self.end(text)

    def is_running(self, session: str, tab: str) -> bool:
        return (session, tab) in self._running

    def end(self, text: Running) -> None:
        """The text has ended, by itself or because its reader left."""
        text.set()
        if self._running.get((text.session, text.tab)) is text:
            del self._running[text.session, text.tab]

    def _of(self, session: str) -> list[Running]:
        return [text for text in list(self._running.values()) if text.session == session]
