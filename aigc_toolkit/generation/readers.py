"""How a model reads the tokens of several sequences, one more of each at a time.

In: a `LanguageModel` and where each text starts. Out: logits after the last token of each sequence. Models whose formulas are
known read all sequences in one pass (`FastReader`); any other is called as transformers calls it (`ModelReader`). Rows are dense:
the last one takes the place of one that is dropped. Does not know sampling or text.
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import DynamicCache

from ..language_model import LanguageModel
from .cache import BufferedLayer, new_cache
from .fast_layers import Plan, plan_of
from .fast_step import FastStep
from .prompt_reading import ReadPrompt, Text, read_prompts
from .prompts import Start


class ModelReader:
    """Sequences of any model that transformers generates with, each with a cache of its own."""

    def __init__(self, lm: LanguageModel):
        self._lm = lm
        self._texts: list[Text] = []

    def add(self, starts: Sequence[Start], *, reuse: Sequence[bool]) -> list[Tensor]:
        """Read prompts as the last rows; float32 logits (V,) after each. One that stands there several times is read once."""
        read: dict[int, tuple[Text, Tensor]] = {}
        for start, each_reuse in zip(starts, reuse, strict=True):
            if id(start) not in read:
                text = Text(self._lm, start, each_reuse)
                read[id(start)] = text, text.read_prompt(start.ids)
            else:
                text = copy.copy(read[id(start)][0])
                text.cache = copy.deepcopy(text.cache)
            self._texts.append(text)
        return [read[id(start)][1] for start in starts]

    def step(self, ids: Tensor, lengths: Sequence[int]) -> Tensor:
        """Float32 logits (B, V) after one more token of each of the first B rows."""
        return torch.stack(
            [text.read(token_id[None], length) for text, token_id, length in zip(self._texts, ids, lengths, strict=False)]
        )

    def move(self, row: int, to: int) -> None:
        """Put a row in the place of another."""
        self._texts[to] = self._texts[row]

    def drop_last(self) -> None:
        self._texts.pop()

    def cache(self, row: int, num_tokens: int) -> DynamicCache | None:
        """The keys and values of a row of so many tokens, where they can be kept."""
        cache = self._texts[row].cache
        return cache if type(cache) is DynamicCache else None


class FastReader:
    """Sequences of a model whose formulas are known, in one buffer for all; `max_tokens` is the length of the longest."""

    def __init__(self, lm: LanguageModel, plan: Plan, max_sequences: int, max_tokens: int):
        self._lm, self._plan = lm, plan
        self._max_sequences, self._max_tokens = max_sequences, max_tokens
        self._num_rows = 0
        self._keys: list[Tensor] = []  # of each layer (max_sequences, Hkv, max_tokens, Dh)
        self._values: list[Tensor] = []
        self._step: FastStep | None = None
        self._cache: DynamicCache | None = None

    def add(self, starts: Sequence[Start], *, reuse: Sequence[bool]) -> list[Tensor]:
        if self._max_sequences == 1:
            text = Text(self._lm, starts[0], reuse[0], self._max_tokens)
            logits = [text.read_prompt(starts[0].ids)]
            self._use(text.cache)
        else:
            read = read_prompts(self._lm, starts, reuse)
            logits = [read[id(start)].logits for start in starts]
            for row, start in enumerate(starts, self._num_rows):
                self._put(row, read[id(start)], len(start.ids))
        self._num_rows += len(starts)
        return logits

    def step(self, ids: Tensor, lengths: Sequence[int]) -> Tensor:
        return self._step(ids, lengths)

    def move(self, row: int, to: int) -> None:
        for buffer in (*self._keys, *self._values):
            buffer[to] = buffer[row]

    def drop_last(self) -> None:
        self._num_rows -= 1

    def cache(self, row: int, num_tokens: int) -> DynamicCache | None:
        if self._cache is not None:
            return self._cache
        cache = new_cache(self._lm.model, num_tokens)
        for layer, keys, values in zip(cache.layers, self._keys, self._values, strict=True):
            layer.update(keys[row : row + 1, :, :num_tokens], values[row : row + 1, :, :num_tokens])
        return cache

    def _use(self, cache: DynamicCache) -> None:
        """Go on in the prompt's own buffers: there is one sequence."""
        self._cache = cache
        self._keys, self._values = ([getattr(layer, name) for layer in cache.layers] for name in ("key_buffer", "value_buffer"))
        self._step = FastStep(self._plan, self._keys, self._values)

    def _put(self, row: int, read: ReadPrompt, length: int) -> None:
        layers: list[BufferedLayer] = read.cache.layers
        self._make(layers)
        for number, layer in enumerate(layers):
            self._keys[number][row, :, :length] = layer.key_buffer[read.row, :, :length]
            self._values[number][row, :, :length] = layer.value_buffer[read.row, :, :length]

    def _make(self, layers: Sequence[BufferedLayer]) -> None:
        if self._step is None:
            like = layers[0].key_buffer
            shape = (self._max_sequences, like.shape[1], self._max_tokens, like.shape[3])
            self._keys, self._values = ([like.new_zeros(shape) for _ in layers] for _ in range(2))
            self._step = FastStep(self._plan, self._keys, self._values)


def reader_for(lm: LanguageModel, max_sequences: int, max_tokens: int) -> FastReader | ModelReader:
    """The quickest reader this model has."""
    plan = plan_of(lm.model)
    return ModelReader(lm) if plan is None else FastReader(lm, plan, max_sequences, max_tokens)
