"""Which model each visitor's page works with: loaded once, shared by all who chose it, given up when memory is needed.

Comes in: the first model, the operator's settings, a session's wish. Goes out: a `PageModel` for as long as it is used. A model
made by a visitor belongs to that session alone. It draws nothing.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aigc_toolkit import LanguageModel, load_model

from .model_names import ModelNames, bytes_of
from .operator_settings import Operator
from .page_model import CACHE_BYTES, PageModel, cache_for

GIGABYTE = 10**9
MOST_SESSIONS = 10_000  # whose choice is remembered
OWN = "★ "  # begins the names of visitors' own models; no id or folder of the operator's begins so


class ModelGone(ValueError):
    """A visitor's own model is no longer kept."""


class Models:
    """The models of a page and who uses which.

    >>> models = Models(load_model("story"), Operator())
    >>> with models.use("a visitor's session") as model:
    ...     model.name
    'story'
    """

    def __init__(self, lm: LanguageModel, operator: Operator):
        self.first = PageModel(lm.name, lm, cache_bytes=CACHE_BYTES, num_waiting=operator.max_waiting)
        self.names = ModelNames(operator)
        self.budget_bytes = round(operator.model_gigabytes * GIGABYTE)
        self._loaded: OrderedDict[tuple[str | None, str], PageModel] = OrderedDict()  # by whose it is and name; used last, last
        self._chosen: OrderedDict[str, str] = OrderedDict()  # by session
        self._lock, self._loading = threading.RLock(), threading.Lock()

    def offered(self, session: str) -> list[str]:
        """Names to choose from: the first model, the visitor's own, what the operator allows."""
        with self._lock:
            own = [model.name for model in self._loaded.values() if model.session == session]
        return list(dict.fromkeys([self.first.name, *reversed(own), *self.names.offered()]))

    def chosen(self, session: str) -> str:
        """The name of the model a session's page works with."""
        return self._chosen.get(session, self.first.name)

    @contextmanager
    def use(self, session: str, name: str | None = None) -> Iterator[PageModel]:
        """The model a session has chosen, or the one called `name`; kept while it is used, loaded again where it made room.

        Raises `ModelGone` for a visitor's own that is no longer kept, and what `choose` raises.
        """
        model = self._taken(session, name or self.chosen(session))
        try:
            yield model
        finally:
            with self._lock:
                model.num_users -= 1

    def choose(self, session: str, name: str) -> None:
        """Work with another model from now on; loads it where it is not there yet, which takes seconds.

        Raises ValueError for a model that is not allowed or too large, and what `load_model` raises.
        """
        with self.use(session, name):
            self._remember(session, name)

    def add_own(self, session: str, lm: LanguageModel) -> str:
        """Keep a model that a visitor made, for that session alone, choose it, and give the name it has on the page.

        The ones used longest ago make room for it: others' models that are in nobody's hands, and the visitor's earlier ones.
        """
        name = OWN + lm.name
        model = PageModel(name, lm, cache_bytes=cache_for(lm), session=session, num_waiting=8)
        with self._lock:
            self._drop((session, name))
            self._make_room(model.num_bytes, name)
            self._loaded[(session, name)] = model
            self._remember(session, name)
        return name

    def drop_session(self, session: str) -> None:
        """Forget a session's choice and its own models."""
        with self._lock:
            self._chosen.pop(session, None)
            for key in [key for key, model in self._loaded.items() if model.session == session]:
                self._drop(key)

    def close(self) -> None:
        """End every text that is being written."""
        for model in (self.first, *self._loaded.values()):
            model.close()

    def _remember(self, session: str, name: str) -> None:
        with self._lock:
            self._chosen[session] = name
            self._chosen.move_to_end(session)
            if len(self._chosen) > MOST_SESSIONS:
                self._chosen.popitem(last=False)

    def _taken(self, session: str, name: str) -> PageModel:
        if (model := self._kept(session, name)) is not None:
            return model
        if name.startswith(OWN):
            raise ModelGone(
                f"{name!r} is no longer kept; a page keeps models while there is room. Choose another, or train it again."
            )
        with self._loading:  # one at a time: memory
            if (model := self._kept(session, name)) is None:
                model = self._load(name)
        return model

    def _kept(self, session: str, name: str) -> PageModel | None:
        """A model that is there, one user more."""
        with self._lock:
            if name == self.first.name:
                model = self.first
            else:
                key = next((key for key in ((session, name), (None, name)) if key in self._loaded), None)
                if key is None:
                    return None
                self._loaded.move_to_end(key)
                model = self._loaded[key]
            model.num_users += 1
            return model

    def _load(self, name: str) -> PageModel:
        source = self.names.source(name)
        with self._lock:
            self._make_room(bytes_of(source) or 0, name)
        model = _loaded(source, name, num_waiting=self.first.num_waiting)
        with self._lock:
            self._make_room(model.num_bytes, name)  # loaded as float32, weights may be larger than their files
            self._loaded[(None, name)] = model
            model.num_users += 1
        return model

    def _make_room(self, num_bytes: int, name: str) -> None:
        """Give up what nobody uses, longest unused first, until `num_bytes` more fit. Raises ValueError where they cannot."""
        idle = [key for key, model in self._loaded.items() if not model.num_users]
        while sum(model.num_bytes for model in self._loaded.values()) + num_bytes > self.budget_bytes:
            if num_bytes > self.budget_bytes or not idle:
                use = "" if num_bytes > self.budget_bytes else ", and models in use take them"
                raise ValueError(
                    f"The model {name!r} has {num_bytes / GIGABYTE:.1f} GB; {self.budget_bytes / GIGABYTE:g} GB are "
                    f"allowed on this page{use}. Choose a smaller one, or try again later (its operator sets AIGC_MODEL_GIGABYTES)."
                )
            self._drop(idle.pop(0))

    def _drop(self, key: tuple[str | None, str]) -> None:
        if (model := self._loaded.pop(key, None)) is not None:
            threading.Thread(target=model.close, daemon=True).start()  # waits for texts that end now


def _loaded(source: str | Path, name: str, *, num_waiting: int) -> PageModel:
    """Raises ValueError or OSError for whatever is wrong with a checkpoint: strangers make them."""
    try:
        lm = load_model(source)
        lm.name = name  # a folder's path is nobody's business
        return PageModel(name, lm, cache_bytes=cache_for(lm), num_waiting=num_waiting)
    except (OSError, ValueError):
        raise
    except Exception as failure:
        raise ValueError(
            f"The model {name!r} could not be read ({type(failure).__name__}: {str(failure)[:200]}); a whole Hugging Face folder "
            "with safetensors is allowed. Choose another model."
        ) from failure
