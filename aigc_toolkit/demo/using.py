"""The model a session works with, or why it cannot be used, said in both languages.

Comes in: the models and a session. Goes out: its `PageModel` while it is used. What is done with it is the tabs' matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from .models import Models
from .page_model import PageModel
from .problems import NO_MODEL, Refusal
from .texts import message


@contextmanager
def model_of(models: Models, session: str, *, to_write: bool = False) -> Iterator[PageModel]:
    """The session's model, kept while it is used. Raises `Refusal`; `to_write`: for one that only reads, too."""
    with ExitStack() as used:
        try:
            model = used.enter_context(models.use(session))
        except NO_MODEL as problem:
            raise Refusal(message("no_model", reason=str(problem))) from problem
        if to_write and not model.writes:
            raise Refusal(message("cannot_write", name=model.name))
        yield model
