"""Ctrl-C that waits until a step is whole.

In: SIGINT. Out: a note that it came, for whoever is in the middle of something. A second one is not held back. Only the main thread
receives signals; in others nothing is held. Does not know what is done about it.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Interrupt:
    """Whether Ctrl-C `came`; itself the handler of the signal."""

    def __init__(self, came: bool = False):
        self.came = came

    def __call__(self, _signal: int, _frame: object) -> None:
        if self.came:
            raise KeyboardInterrupt
        self.came = True


@contextmanager
def held() -> Iterator[Interrupt]:
    """Inside, the first Ctrl-C is noted instead of raised. Within another `held`, what that one has noted is known here too.

    >>> with held() as interrupt:
    ...     interrupt.came
    False
    """
    if threading.current_thread() is not threading.main_thread():
        yield Interrupt()
        return
    before = signal.getsignal(signal.SIGINT)
    interrupt = Interrupt(isinstance(before, Interrupt) and before.came)
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupt
    finally:
        if isinstance(before, Interrupt):
            before.came = interrupt.came
        signal.signal(signal.SIGINT, before)
