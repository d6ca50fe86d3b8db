"""The trainings of a page: one at a time, the others in line, each of them its visitor's alone.

Comes in: trainings by session. Goes out: their places in line; the finished ones until their visitor leaves or newer ones need the
room. It does not know what a training does.
"""

from __future__ import annotations

import threading
import traceback
from collections import OrderedDict

from .texts import message
from .train_process import Training
from .train_settings import Refusal

MOST_KEPT = 64  # finished trainings, 10 to 15 MB of disk each, three times that once downloaded


class TrainQueue:
    """Trainings one after the other; a session has at most one, that which it began last.

    >>> queue = TrainQueue(most_waiting=8)
    >>> queue.enter("a visitor's session", training)
    >>> queue.place(training)
    0
    """

    def __init__(self, *, most_waiting: int):
        self._most_waiting = most_waiting
        self._by_session: OrderedDict[str, Training] = OrderedDict()  # longest ago first
        self._waiting: list[Training] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def enter(self, session: str, training: Training) -> None:
        """Take a place in line; the session's training before is given up. Raises `Refusal` where the line is full."""
        self.leave(session)
        with self._changed:
            if len(self._waiting) >= self._most_waiting:
                training.close()
                raise Refusal(message("train_full", waiting=len(self._waiting), most=self._most_waiting))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            self._by_session[session] = training
            self._waiting.append(training)
            self._changed.notify_all()
        self._make_room()

    def of(self, session: str) -> Training | None:
        """The session's training, however it stands."""
        return self._by_session.get(session)

    def find(self, secret: str) -> Training | None:
        """The training of that secret name."""
        with self._changed:
            return next((each for each in self._by_session.values() if each.secret == secret), None)

    def place(self, training: Training) -> int:
        """How many trainings go first, the running one included; 0 once it has begun."""
        with self._changed:
            return self._waiting.index(training) + 1 if training in self._waiting else 0

    def stop(self, session: str) -> None:
        """Stop the session's training and keep what it has learned; one that waits gives up its place."""
        training = self.of(session)
        if training is None:
            return
        training.stop()
        with self._changed:
            is_waiting = training in self._waiting
            if is_waiting:
                self._waiting.remove(training)
        if is_waiting:
            training.run()  # it has been stopped: it only says so

    def leave(self, session: str) -> None:
        """Stop the session's training and forget it."""
        self.stop(session)
        with self._changed:
            training = self._by_session.pop(session, None)
        if training is not None:
            training.close()

    def _make_room(self) -> None:
        with self._changed:
            finished = [session for session, each in self._by_session.items() if each.ended.is_set()]
        for session in finished[: max(0, len(finished) - MOST_KEPT)]:
            self.leave(session)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                training = self._waiting.pop(0)
            try:
                training.run()
            except Exception:  # a full disk, a message that is none: its visitor has been told, the others go on
                traceback.print_exc()
