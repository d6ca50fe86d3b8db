"""What a link to the tab Look holds: one text or two, and what was on the screen.

Comes in: the JSON text of a link, from a stranger. Goes out: an `OpenedLink`, or ValueError. Whether the state fits the text
is checked by the view that shows it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

LONGEST_TEXT = 4000  # characters a link holds, as in views/static/gradio_host.js
_LONGEST_LINK = 60_000  # characters: two texts, each character escaped, and a state


@dataclass(frozen=True)
class OpenedLink:
    """`text`, the `other` text it is compared with ("" for none), and the `state` of the view."""

    text: str
    other: str
    state: dict[str, Any]


def opened_link(packed: str) -> OpenedLink:
    """The text and state in the JSON of a link.

    Raises ValueError for anything a page of ours would not have written.

    >>> opened_link('{"text": "Mia", "state": {"layer": 2}}')
    OpenedLink(text='Mia', other='', state={'layer': 2})
    """
    try:
        held = json.loads(packed) if len(packed) <= _LONGEST_LINK else None
    except (ValueError, RecursionError):
        held = None
    if isinstance(held, dict):
        link = OpenedLink(held.get("text"), held.get("other", ""), held.get("state"))
        texts = (link.text, link.other)
        if all(isinstance(text, str) and len(text) <= LONGEST_TEXT for text in texts) and isinstance(link.state, dict):
            return link
    raise ValueError(
        f"The link holds {packed[:40]!r}. Allowed: JSON with a text and a state, texts of at most {LONGEST_TEXT} characters. "
        "Copy the link again."
    )
