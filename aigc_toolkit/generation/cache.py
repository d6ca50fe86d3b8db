"""Key/value memory of a decoding run, in buffers made once instead of grown at every token.

In: a model and the largest number of tokens. Out: a transformers cache. Layers with a window or a recurrent state
keep the cache transformers has for them. Does not know tokens or sampling.
"""

import torch
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer


class BufferedLayer(DynamicLayer):
    """A layer's keys and values, written into buffers for `num_tokens` and handed out as views of what is filled."""

    def __init__(self, num_tokens: int):
        super().__init__()
        self._num_tokens = num_tokens
        self._length = 0

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        self.dtype, self.device = key_states.dtype, key_states.device
        self.key_buffer = _buffer(key_states, self._num_tokens)  # (B, Hkv, num_tokens, D)
        self.value_buffer = _buffer(value_states, self._num_tokens)
        self.is_initialized = True

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args, **kwargs):
        """Append (B, Hkv, T, D) and return all keys and values so far."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start, end = self._length, self._length + key_states.shape[2]
        self.key_buffer[:, :, start:end] = key_states
        self.value_buffer[:, :, start:end] = value_states
        self._length = end
        self.keys = self.key_buffer[:, :, :end]
        self.values = self.value_buffer[:, :, :end]
        return self.keys, self.values

    def get_seq_length(self) -> int:
        return self._length


def new_cache(model: PreTrainedModel, num_tokens: int) -> DynamicCache:
    """An empty cache for one sequence of at most `num_tokens`."""
    cache = DynamicCache(config=model.config.get_text_config(decoder=True))
    cache.layers = [BufferedLayer(num_tokens) if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


def _buffer(like: torch.Tensor, num_tokens: int) -> torch.Tensor:
    return like.new_empty(*like.shape[:2], num_tokens, like.shape[3])
