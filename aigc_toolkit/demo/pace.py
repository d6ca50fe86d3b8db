"""How often what is being written is drawn again.

Comes in: the scheduler. Goes out: seconds between two updates of one reader's page: less often when many texts are written, because
the page's own work grows with every reader. It knows nothing of what is drawn.
"""

from __future__ import annotations

from collections.abc import Callable

from aigc_toolkit import Scheduler

SECONDS = 0.12
READERS_AT_FULL_PACE = 8


def pace_of(scheduler: Scheduler) -> Callable[[], float]:
    """A function that gives the seconds until the next update."""
    return lambda: SECONDS * max(1.0, scheduler.num_running / READERS_AT_FULL_PACE)
