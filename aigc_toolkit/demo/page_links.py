"""What a link to a tab holds: its texts and settings, the model, and what was on the screen.

Comes in: the tab a link names and its JSON text, from a stranger. Goes out: a `Link` whose values a tab reads one by one, each
checked for its kind and length, or ValueError. Whether a view's state fits the text is checked by the view that shows it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

TABS = ("write", "chat", "look", "train")
LONGEST_TEXT = 4000  # characters a link holds, as in static/page_link.js and views/static/gradio_host.js
_LONGEST_LINK = 60_000  # characters: two texts, each character escaped, and a state


@dataclass(frozen=True, eq=False)  # one is opened again, though it says the same
class Link:
    """A link to `tab`; `model` is the name of the model it was made with, "" where it says none."""

    tab: str
    values: dict[str, Any]

    @property
    def model(self) -> str:
        return self.text("model", "")

    def text(self, name: str, otherwise: str | None = None) -> str:
        """The text called `name`, or `otherwise`. Raises ValueError for what is no text, or none where there must be one."""
        value = self.values.get(name, otherwise)
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise refusal(name, f"a text of at most {LONGEST_TEXT} characters")
        return value

    def table(self, name: str) -> dict[str, Any]:
        """The JSON object called `name`. Raises ValueError for anything else."""
        value = self.values.get(name)
        if not isinstance(value, dict):
            raise refusal(name, "an object")
        return value

    def talk(self) -> list[tuple[str, str]]:
        """(role, text) of a conversation's turns: a question, its answer, and so on. Raises ValueError for anything else."""
        turns = self.values.get("turns")
        if not isinstance(turns, list) or len(turns) > 1000:
            raise refusal("turns", "a list")
        said = []
        for number, turn in enumerate(turns):
            link = Link(self.tab, turn if isinstance(turn, dict) else {})
            if link.text("role") != ("user", "assistant")[number % 2]:
                raise refusal("turns", "a question, its answer, and so on")
            said.append((link.text("role"), link.text("text")))
        return said


def refusal(name: str, allowed: str) -> ValueError:
    """What is said of a link that no page of ours would have written."""
    return ValueError(f"The link's {name!r} is not as a page writes it; {allowed} is allowed. Copy the link again.")


def opened_link(tab: str, packed: str) -> Link:
    """The link to `tab` in its JSON text. Raises ValueError for anything a page of ours would not have written.

    >>> opened_link("look", '{"text": "Mia", "state": {"layer": 2}}').table("state")
    {'layer': 2}
    """
    try:
        held = json.loads(packed) if len(packed) <= _LONGEST_LINK else None
    except (ValueError, RecursionError):
        held = None
    if tab not in TABS or not isinstance(held, dict):
        raise ValueError(
            f"The link to {tab[:20]!r} holds {packed[:40]!r}; allowed are JSON objects, for {', '.join(TABS)}. Copy the link again."
        )
    link = Link(tab, held)
    link.text("model", "")
    return link
