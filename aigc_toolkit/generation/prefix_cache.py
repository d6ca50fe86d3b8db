"""Keys and values of texts a model has read, kept so that a text which begins alike is not read again.

In: the ids a cache holds, and the cache. Out: for other ids a new cache that already holds the longest kept beginning, copied, and
how many ids that is. Kept per model, at most `limit_bytes` in all, the longest unused dropped first; what was dropped is computed
again. Only caches of plain buffers can be cut: models with windows or recurrent states keep none. Knows no text.
"""

import threading
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import torch
from transformers import DynamicCache, PreTrainedModel

from ..language_model import LanguageModel
from .cache import BufferedLayer, new_cache

LIMIT_BYTES = 256 * 2**20  # for each loaded model


class KeptCaches:
    """The kept caches of one model; any thread may use it.

    >>> caches = KeptCaches(lm.model)
    >>> caches.keep(ids, cache)
    >>> cache, num_read = caches.start((*ids[:5], 7), num_tokens=20)
    >>> num_read
    5
    """

    def __init__(self, model: PreTrainedModel, limit_bytes: int = LIMIT_BYTES):
        self._model = model
        self._limit_bytes = limit_bytes
        self._kept: dict[tuple[int, ...], DynamicCache] = {}  # the latest used last
        self._num_bytes = 0
        self._lock = threading.Lock()

    @property
    def num_bytes(self) -> int:
        """Bytes held now."""
        with self._lock:
            return self._num_bytes

    def keep(self, ids: Sequence[int], cache: DynamicCache) -> bool:
        """Keep `cache`, which holds `ids` and is written to no more; False where it cannot be cut or is beyond the limit."""
        if not _can_be_cut(cache, len(ids)) or _bytes(cache) > self._limit_bytes:
            return False
        with self._lock:
            self._drop(tuple(ids))
            self._kept[tuple(ids)] = cache
            self._num_bytes += _bytes(cache)
            while self._num_bytes > self._limit_bytes:
                self._drop(next(iter(self._kept)))
        return True

    @torch.inference_mode()
    def start(self, ids: Sequence[int], num_tokens: int) -> tuple[DynamicCache, int]:
        """A cache for `num_tokens` with the longest kept beginning of `ids`, and its length; the last id is always left to read."""
        cache = new_cache(self._model, num_tokens)
        with self._lock:
            best = max(self._kept, key=lambda kept: num_shared(kept, ids), default=())
            num_read = min(num_shared(best, ids), len(ids) - 1)
            if num_read < 1:
                return cache, 0
            source = self._kept[best] = self._kept.pop(best)
        for to, of in zip(cache.layers, source.layers, strict=True):
            to.update(of.key_buffer[:, :, :num_read], of.value_buffer[:, :, :num_read])
        return cache, num_read

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._kept.clear()
            self._num_bytes = 0

    def _drop(self, ids: tuple[int, ...]) -> None:
        if ids in self._kept:
            self._num_bytes -= _bytes(self._kept.pop(ids))


_OF_MODEL: WeakKeyDictionary[LanguageModel, KeptCaches] = WeakKeyDictionary()
_LOCK = threading.Lock()


def kept_caches(lm: LanguageModel) -> KeptCaches:
    """What is kept for `lm`; gone when `lm` is."""
    with _LOCK:
        if lm not in _OF_MODEL:
            _OF_MODEL[lm] = KeptCaches(lm.model)
        return _OF_MODEL[lm]


def _can_be_cut(cache: DynamicCache, num_ids: int) -> bool:
    plain = all(type(layer) is BufferedLayer and layer.is_initialized for layer in cache.layers)
    return plain and bool(cache.layers) and all(layer.key_buffer.shape[2] >= num_ids > 0 for layer in cache.layers)


def _bytes(cache: DynamicCache) -> int:
    return sum(layer.key_buffer.nbytes + layer.value_buffer.nbytes for layer in cache.layers)


def num_shared(one: Sequence, other: Sequence) -> int:
    """How many ids, or characters, two texts begin with alike.

    >>> num_shared((5, 6, 7), (5, 6, 8, 9))
    2
    """
    different = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(different, min(len(one), len(other)))
