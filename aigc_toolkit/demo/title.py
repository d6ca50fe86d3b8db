"""What the title line says of the model the page works with.

Comes in: a `PageModel`. Goes out: the value of the block `static/title_line.js` draws.
"""

from __future__ import annotations

from .blocks import TextOnlyBlock, scripted_block
from .drawer_texts import TITLE
from .models import OWN
from .page_model import PageModel
from .texts import TEXTS


def title_line(model: PageModel) -> TextOnlyBlock:
    """The page's first line: its name, what it is for, which model is running, and the button of the settings drawer."""
    return scripted_block("title_line.js", TITLE, elem_id="title", events=("settings",), value=title_value(model))


def title_value(model: PageModel) -> dict[str, object]:
    """`model` is the name a link may hold: a visitor's own cannot be in one."""
    is_own = model.name.startswith(OWN)
    return {
        "facts": {language: _facts(model, TEXTS[language]) for language in TEXTS},
        "model": "" if is_own else model.name,
        "own": is_own,
    }


def _facts(model: PageModel, words: dict[str, str]) -> str:
    if not model.is_here:
        return words["remote_facts"].format(name=model.name, address=model.lm.address)
    key = "facts" if model.lm.context_length else "facts_unlimited"
    return words[key].format(name=model.name, parameters=_count(model.lm.num_parameters), context=model.lm.context_length)


def _count(number: int) -> str:
    """A number of parameters with the unit that suits it.

    >>> _count(2_600_000)
    '2.6 M'
    """
    size, letter = next(((size, letter) for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")) if number >= size), (1, ""))
    return f"{number / size:.1f} {letter}" if letter else str(number)
