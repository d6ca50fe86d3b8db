"""How a model reads the tokens of several sequences, one more of each at a time.

In: a `LanguageModel` and where each text starts. Out: logits after the last token of each sequence. Models whose formulas are
known read all sequences in one pass (`FastReader`); any other is called as transformers calls it (`ModelReader`). Rows are dense:
the last one takes the place of one that is dropped. Does not know sampling or text.
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache

from ..language_model import LanguageModel
from .cache import BufferedLayer, new_cache
from .fast_layers import Plan, plan_of
from .fast_step import FastStep
from .prefix_cache import kept_caches
from .prompts import Start


class ModelReader:
    """Sequences of any model that transformers generates with, each with a cache of its own."""

    def __init__(self, lm: LanguageModel):
        self._lm = lm
        self._texts: list[_Text] = []

    def add(self, start: Start, *, reuse: bool = False) -> Tensor:
        """Read a prompt as the last row; float32 logits (V,) after it."""
        text = _Text(self._lm, start, reuse)
        self._texts.append(text)
        return text.read_prompt(start.ids)

    def copy(self, row: int) -> None:
        """The sequence of `row` once more, as the last row."""
        self._texts.append(copy.copy(self._texts[row]))
        self._texts[-1].cache = copy.deepcopy(self._texts[row].cache)

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

    def add(self, start: Start, *, reuse: bool = False) -> Tensor:
        text = _Text(self._lm, start, reuse, self._max_tokens if self._max_sequences == 1 else len(start.ids))
        logits = text.read_prompt(start.ids)
        layers: list[BufferedLayer] = text.cache.layers
        if self._max_sequences == 1:
            self._use(text.cache)
        else:
            self._make(layers)
            for number, layer in enumerate(layers):
                self._keys[number][self._num_rows, :, : len(start.ids)] = layer.key_buffer[0, :, : len(start.ids)]
                self._values[number][self._num_rows, :, : len(start.ids)] = layer.value_buffer[0, :, : len(start.ids)]
        self._num_rows += 1
        return logits

    def copy(self, row: int) -> None:
        self.move(row, self._num_rows)
        self._num_rows += 1

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


class _Text:
    """One sequence and its cache, read by the model's own forward."""

    def __init__(self, lm: LanguageModel, start: Start, reuse: bool = False, num_tokens: int | None = None):
        self._lm, self._model = lm, lm.model
        self._options = lm.accepted(use_cache=True, logits_to_keep=1)
        self._has_positions = bool(lm.accepted(position_ids=None))
        self._cache_name = next(iter(lm.accepted(past_key_values=None, cache_params=None)), None)
        self._encoded: dict = {}
        self._num_read = 0
        self.cache: DynamicCache | EncoderDecoderCache | None = None
        num_tokens = num_tokens or start.end
        if start.source:
            self._encoded = {"encoder_outputs": self._model.get_encoder()(**start.source)}
            self.cache = EncoderDecoderCache(new_cache(self._model, num_tokens), DynamicCache())
        elif reuse:
            self.cache, self._num_read = kept_caches(lm).start(start.ids, num_tokens)
        elif self._cache_name is not None:
            self.cache = new_cache(self._model, num_tokens)
        self._ids: tuple[int, ...] = ()  # of a model without such a cache: what it has read, and what it remembers of it
        self._memory = None

    def read_prompt(self, ids: Sequence[int]) -> Tensor:
        return self.read(torch.tensor(ids[self._num_read :], device=self._lm.device), self._num_read)

    def read(self, ids: Tensor, position: int) -> Tensor:
        """Float32 logits (V,) after `ids` (T,), of which the first is at `position`."""
        if self._cache_name is None:
            return self._read_all(ids, position)
        name = "decoder_input_ids" if self._encoded else "input_ids"
        inputs = {name: ids[None], self._cache_name: self.cache} | self._encoded
        if self._has_positions:
            inputs["position_ids"] = torch.arange(position, position + len(ids), device=ids.device)[None]  # (1, T)
        return self._model(**inputs, **self._options).logits[0, -1].float()

    def _read_all(self, ids: Tensor, position: int) -> Tensor:
        """For a model with a memory of its own kind (XLNet): prepared as transformers does."""
        self._ids = (*self._ids[:position], *ids.tolist())
        whole = torch.tensor([self._ids], device=ids.device)
        output = self._model(**self._model.prepare_inputs_for_generation(whole, past_key_values=self._memory))
        self._memory = output.get("mems")
        return output.logits[0, -1].float()
