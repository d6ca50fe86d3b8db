"""The model a session works with, or why it cannot be used, said in both languages.

Comes in: the models and a session. Goes out: its `PageModel` while it is used. What is done with it is the tabs' matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from .models import Models, PageModel
from .problems import NO_MODEL
from .texts import message


class Unusable(ValueError):
    """The session's model is gone, or cannot do what is wanted; `text` says so in both languages."""

    def __init__(self, text: dict[str, str]):
        self.text = text
        super().__init__(text["en"])


@contextmanager
def model_of(models: Models, session: str, *, to_write: bool = False) -> Iterator[PageModel]:
    """The session's model, kept while it is used. Raises `Unusable`; `to_write`: for one that only reads, too."""
    with ExitStack() as used:
        try:
            model = used.enter_context(models.use(session))
        except NO_MODEL as problem:
            raise Unusable(message("no_model", reason=str(problem))) from problem
        if to_write and not model.writes:
            raise Unusable(message("cannot_write", name=model.name))
        yield model
