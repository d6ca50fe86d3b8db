"""One model on the page: what it can do, how many texts it writes together, and in how much memory.

Comes in: a `LanguageModel`, the memory for what it writes. Goes out: a `PageModel`. It does not know who uses it.
"""

from __future__ import annotations

import threading

from aigc_toolkit import LanguageModel, Scheduler

CACHE_BYTES = 4 * 10**9  # keys and values of all texts the first model writes together
SMALLEST_CACHE_BYTES = 128 * 10**6  # of another model; else half of its weights
MOST_TOGETHER, MOST_TOGETHER_OF_ONE = 32, 4  # texts; of a model that one visitor uses
LONGEST_TEXT = 4096  # tokens of a text that is written together with others


class PageModel:
    """A model on the page. `session`: whose it is alone, None: everybody's; `cache_bytes`: memory for what it writes."""

    def __init__(self, name: str, lm: LanguageModel, *, cache_bytes: int, session: str | None = None, num_waiting: int = 64):
        self.name, self.lm, self.session, self.num_waiting = name, lm, session, num_waiting
        self.num_users = 0
        self.num_together = _num_together(lm, cache_bytes, MOST_TOGETHER if session is None else MOST_TOGETHER_OF_ONE)
        self.num_bytes = _weight_bytes(lm) + self.num_together * _cache_bytes(lm)
        self._scheduler: Scheduler | None = None
        self._lock = threading.Lock()

    @property
    def is_here(self) -> bool:
        """Whether it runs on this computer; else its server shows no attention."""
        return isinstance(self.lm, LanguageModel)

    @property
    def reads_text(self) -> bool:
        return not self.is_here or self.lm.tokenizer is not None

    @property
    def writes(self) -> bool:
        return not self.is_here or (self.reads_text and self.lm.model.can_generate())

    @property
    def shows_attention(self) -> bool:
        """Whether the tab Look can show what it does with one text."""
        return self.is_here and self.reads_text and not self.lm.model.config.is_encoder_decoder

    @property
    def has_chat_template(self) -> bool:
        """Whether it was taught to answer; a server has the template itself."""
        return not self.is_here or (self.reads_text and bool(self.lm.tokenizer.chat_template))

    @property
    def scheduler(self) -> Scheduler:
        """Writes everybody's texts with this model; made when the first is asked for."""
        with self._lock:
            if self._scheduler is None:
                self._scheduler = Scheduler(self.lm, max_sequences=self.num_together, max_waiting=self.num_waiting)
            return self._scheduler

    def warm(self) -> None:
        """Write one token, so that what a model's first text needs is there before its first reader."""
        for _ in self.scheduler.stream("Once", max_new_tokens=1, num_alternatives=0):
            pass

    def close(self) -> None:
        """End what is being written."""
        with self._lock:
            if self._scheduler is not None:
                self._scheduler.close()


def _weight_bytes(lm: LanguageModel) -> int:
    return sum(each.nbytes for each in lm.model.parameters()) if isinstance(lm, LanguageModel) else 0


def _cache_bytes(lm: LanguageModel) -> int:
    """Keys and values of one text, at most: grouped heads need less."""
    if not isinstance(lm, LanguageModel):
        return 0
    config = lm.model.config.get_text_config()
    tokens = min(lm.context_length or LONGEST_TEXT, LONGEST_TEXT)
    return 2 * config.num_hidden_layers * config.hidden_size * lm.model.dtype.itemsize * tokens


def cache_for(lm: LanguageModel) -> int:
    """Memory for what a model writes that is not the page's first."""
    return max(SMALLEST_CACHE_BYTES, _weight_bytes(lm) // 2)


def _num_together(lm: LanguageModel, cache_bytes: int, most: int) -> int:
    """How many texts are written together in so much memory."""
    return max(1, min(most, cache_bytes // max(1, _cache_bytes(lm))))
