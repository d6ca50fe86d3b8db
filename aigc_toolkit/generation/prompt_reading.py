"""How a model reads prompts, before it writes: one text by the model's own forward, or several prompts in one pass.

In: a `LanguageModel` and where texts start. Out: logits after each prompt, and the cache that holds its keys and values. Prompts of
nearly the same length are read together, the shorter ones padded behind their end: no token looks ahead, so nothing before the end
changes. Does not know sampling, text or what is written later.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache

from ..language_model import LanguageModel
from .cache import new_cache
from .prefix_cache import kept_caches
from .prompts import Start

JOINT_TOKENS = 4096  # read in one pass, padding included
JOINT_LOGITS = 2**25  # of one pass: 128 MiB
PADDING = 0  # any id will do


@dataclass(frozen=True)
class ReadPrompt:
    """A prompt that was read: its logits (V,), and the row of a cache that begins with it."""

    logits: Tensor
    cache: DynamicCache
    row: int


def read_prompts(lm: LanguageModel, starts: Sequence[Start], reuse: Sequence[bool]) -> dict[int, ReadPrompt]:
    """Each prompt once, by the `id` of its start, for a causal model whose cache has plain buffers.

    One with `reuse` of which at least half is kept from an earlier text is read alone, from there on.
    """
    read, fresh = {}, {}
    for start, each_reuse in zip(starts, reuse, strict=True):
        if id(start) in read or id(start) in fresh:
            continue
        text = Text(lm, start, each_reuse, len(start.ids))
        if 2 * text.num_read >= len(start.ids):
            read[id(start)] = ReadPrompt(text.read_prompt(start.ids), text.cache, 0)
        else:
            fresh[id(start)] = start
    for group in groups(fresh.values(), lm.model.config.vocab_size):
        read |= _read_group(lm, group)
    return read


def groups(starts: Iterable[Start], num_logits: int) -> list[list[Start]]:
    """Starts of lengths that are near each other, so many as one pass may hold."""
    made: list[list[Start]] = []
    for start in sorted(starts, key=lambda each: len(each.ids)):
        group = [*(made[-1] if made else []), start]
        ends = {len(each.ids) for each in group}
        small = len(group) * max(ends) <= JOINT_TOKENS and len(group) * len(ends) * num_logits <= JOINT_LOGITS
        if made and small and max(ends) <= 2 * min(ends):
            made[-1] = group
        else:
            made.append([start])
    return made


def _read_group(lm: LanguageModel, group: Sequence[Start]) -> dict[int, ReadPrompt]:
    longest = max(len(start.ids) for start in group)
    ids = torch.tensor([[*start.ids, *[PADDING] * (longest - len(start.ids))] for start in group], device=lm.device)  # (G, T)
    ends = sorted({len(start.ids) for start in group})
    cache = new_cache(lm.model, longest)
    kept = torch.tensor(ends, device=lm.device) - 1
    logits = lm.model(
        input_ids=ids, past_key_values=cache, **lm.accepted(use_cache=True, logits_to_keep=kept)
    ).logits.float()  # (G, ends, V)
    return {id(start): ReadPrompt(logits[row, ends.index(len(start.ids))], cache, row) for row, start in enumerate(group)}


class Text:
    """One sequence and its cache, read by the model's own forward."""

    def __init__(self, lm: LanguageModel, start: Start, reuse: bool = False, num_tokens: int | None = None):
        self._lm, self._model = lm, lm.model
        self._options = lm.accepted(use_cache=True, logits_to_keep=1)
        self._has_positions = bool(lm.accepted(position_ids=None))
        self._cache_name = next(iter(lm.accepted(past_key_values=None, cache_params=None)), None)
        self._encoded: dict = {}
        self.num_read = 0
        self.cache: DynamicCache | EncoderDecoderCache | None = None
        num_tokens = num_tokens or start.end
        if start.source:
            self._encoded = {"encoder_outputs": self._model.get_encoder()(**start.source)}
            self.cache = EncoderDecoderCache(new_cache(self._model, num_tokens), DynamicCache())
        elif reuse:
            self.cache, self.num_read = kept_caches(lm).start(start.ids, num_tokens)
        elif self._cache_name is not None:
            self.cache = new_cache(self._model, num_tokens)
        self._ids: tuple[int, ...] = ()  # of a model without such a cache: what it has read, and what it remembers of it
        self._memory = None

    def read_prompt(self, ids: Sequence[int]) -> Tensor:
        return self.read(torch.tensor(ids[self.num_read :], device=self._lm.device), self.num_read)

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
