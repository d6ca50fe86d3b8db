"""The small scenes that many plots are made of: somebody feels something, says thank you, goes somewhere.

Comes in: a `Cast` and who takes part. Goes out: `Event`s. It does not know the plots.
"""

from __future__ import annotations

from collections.abc import Iterator

from .cast import Cast
from .world import Event


def feel(person: str, feeling: str, cause: Event | None = None) -> Event:
    """`person` comes to feel something, because of `cause` where one is given."""
    return Event("feel", actor=person, feeling=feeling, cause=cause)


def thanks(c: Cast, who: str, whom: str, probability: float = 0.6) -> Iterator[Event]:
    if c.maybe(probability):
        yield Event("thank", actor=who, other=whom)


def arrive(c: Cast, who: str, place: str) -> Event:
    """Somebody goes somewhere; in half of the stories it is said when."""
    return Event("go", actor=who, place=place, time=c.time if c.maybe() else None)


def go_to(c: Cast, who: str, place: str) -> Event:
    return Event("go", actor=who, place=place)
