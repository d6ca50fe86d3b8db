"""Results the page's views come back for: kept for a while under names nobody can guess.

Comes in: a view and the session that made it. Goes out: a name, and the view again for that name. The oldest results
are dropped when the byte budget is full, those of a session when it ends. It does not know what a view draws.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

from aigc_toolkit.views import AttentionView, TimeLapseView

KeptView = AttentionView | TimeLapseView
BUDGET_BYTES = 1_000_000_000


@dataclass(frozen=True)
class _Kept:
    view: KeptView
    session: str
    num_bytes: int


class ResultStore:
    """Views by unguessable name, least recently used first out; safe to use from several threads.

    >>> store = ResultStore(budget_bytes=10**9)
    >>> store.get(store.put(view, session="a", num_bytes=10**6)) is view
    True
    """

    def __init__(self, budget_bytes: int = BUDGET_BYTES):
        self._budget_bytes = budget_bytes
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, view: KeptView, *, session: str, num_bytes: int) -> str:
        """Keep `view` and name it; results used longest ago make room for it."""
        name = secrets.token_urlsafe(24)
        with self._lock:
            self._kept[name] = _Kept(view, session, num_bytes)
            while len(self._kept) > 1 and sum(kept.num_bytes for kept in self._kept.values()) > self._budget_bytes:
                self._kept.popitem(last=False)
        return name

    def get(self, name: str) -> KeptView | None:
        """The view of that name, or None if there never was one or it has made room."""
        with self._lock:
            kept = self._kept.get(name)
            if kept is None:
                return None
            self._kept.move_to_end(name)
            return kept.view

    def drop_session(self, session: str) -> None:
        """Forget everything a session made."""
        with self._lock:
            for name in [name for name, kept in self._kept.items() if kept.session == session]:
                del self._kept[name]
