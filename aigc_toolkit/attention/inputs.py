"""Turn what a user hands over into what a model reads, and name its tokens.

In: a text, a pair, token ids, a tokenizer's output, a finished generation, pixels or sound features. Out: `ModelInputs`. Padding is
left out: a model reads one text at a time and needs none. Does not run the model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import nn

from ..language_model import LanguageModel
from ..tokens import check_text
from .memory import config_number

INPUT_DIMENSIONS = {"pixel_values": 4, "input_features": 3, "input_values": 2}


@runtime_checkable
class HasIds(Protocol):
    """A finished text as the model's token ids, prompt included."""

    @property
    def ids(self) -> Sequence[int]: ...


@dataclass(frozen=True)
class Read:
    """One side of what a model reads: token ids, or a tensor of pixels or sound features."""

    ids: tuple[int, ...] = ()
    tensor: torch.Tensor | None = None
    extra: dict = field(default_factory=dict)  # further model inputs of the same length: token types

    def arguments(self, lm: LanguageModel, name: str) -> dict:
        if self.tensor is not None:
            return {lm.model.main_input_name: self.tensor.to(lm.device, lm.model.dtype)}
        return {name: torch.tensor([self.ids], device=lm.device)} | self.extra


def read(lm: LanguageModel, given: object, *, is_target: bool = False) -> Read:
    """`given` as this model reads it. Raises ValueError or TypeError for what it cannot read."""
    if isinstance(given, torch.Tensor) and given.is_floating_point():
        return Read(tensor=_input_tensor(lm, given))
    result = _read_ids(lm, given, is_target)
    if not result.ids:
        raise ValueError("There is no text to look at; at least one token is needed. Pass a text, token ids or a generation.")
    if lm.context_length is not None and len(result.ids) > lm.context_length:
        raise ValueError(f"The text has {len(result.ids)} tokens; {lm.name!r} reads at most {lm.context_length}. Shorten the text.")
    _check_ids(lm, result.ids)
    return result


def shifted(lm: LanguageModel, target: Read) -> Read:
    """What the decoder of an encoder-decoder reads to write the text `target`: its start token, then all but the last."""
    start = lm.model.generation_config.decoder_start_token_id
    if start is None:
        start = config_number(lm.model.config, "decoder_start_token_id") or lm.tokenizer.bos_token_id
    if start is None:
        raise ValueError(
            f"{lm.name!r} states no token with which its decoder starts; a text as target needs one. "
            "Pass the decoder's token ids instead, or set generation_config.decoder_start_token_id."
        )
    return Read(ids=(start, *target.ids[:-1]))


def token_names(lm: LanguageModel, given: Read, num_tokens: int) -> list[str]:
    """One display string for each of the `num_tokens` positions that the model's attention has."""
    if given.tensor is None:
        return lm.texts.displays(given.ids)
    if lm.model.main_input_name != "pixel_values":
        return [f"frame {index}" for index in range(num_tokens)]
    return _patch_names(lm, given.tensor, num_tokens)


def _read_ids(lm: LanguageModel, given: object, is_target: bool) -> Read:
    if isinstance(given, str):
        return _encoded(lm, (given,), is_target)
    if isinstance(given, tuple) and given and all(isinstance(part, str) for part in given):
        if len(given) != 2:
            raise ValueError(f"The tuple holds {len(given)} texts; a pair is two. Pass a list to look at several texts in turn.")
        return _encoded(lm, given, is_target)
    if isinstance(given, Mapping):
        return _from_encoding(lm, given)
    return Read(ids=_flat(given.ids if isinstance(given, HasIds) else given))


def _encoded(lm: LanguageModel, texts: tuple[str, ...], is_target: bool) -> Read:
    if lm.tokenizer is None:
        raise ValueError(f"A text was given, but {lm.name!r} has no tokenizer; it reads {lm.model.main_input_name}. Pass a tensor.")
    for text in texts:
        check_text(text)
    if texts == ("",):
        return Read()
    if is_target:
        return Read(ids=tuple(lm.tokenizer(text_target=texts[0], verbose=False)["input_ids"]))
    return _from_encoding(lm, lm.tokenizer(*texts, return_token_type_ids=len(texts) == 2, verbose=False))


def _from_encoding(lm: LanguageModel, encoding: Mapping) -> Read:
    """A tokenizer's output of one text, without what it marks as padding."""
    ids, types = _flat(encoding["input_ids"]), _flat(encoding.get("token_type_ids", ()))
    seen = [index for index, mark in enumerate(_flat(encoding.get("attention_mask", (1,) * len(ids)))) if mark]
    extra = lm.accepted(token_type_ids=torch.tensor([[types[index] for index in seen]], device=lm.device)) if types else {}
    return Read(ids=tuple(ids[index] for index in seen), extra=extra)


def _flat(ids: object) -> tuple[int, ...]:
    """Token ids as a tuple, from any sequence of numbers or a batch of one."""
    if isinstance(ids, (torch.Tensor, np.ndarray)):
        ids = ids.tolist()
    try:
        ids = list(ids)
        if len(ids) == 1 and not isinstance(ids[0], (int, str)) and isinstance(ids[0], Sequence):
            ids = ids[0]
        return tuple(int(token_id) for token_id in ids)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"A {type(ids).__name__} cannot be read; a text, a pair of texts, token ids, a tokenizer's output of one text, a "
            "generation, or a float tensor of pixels or sound features is allowed. Pass a list to look at several in turn."
        ) from error


def _check_ids(lm: LanguageModel, ids: Sequence[int]) -> None:
    embeddings = lm.model.get_input_embeddings()
    if not isinstance(embeddings, nn.Embedding):
        return
    size = embeddings.num_embeddings
    outside = [token_id for token_id in ids if not 0 <= token_id < size]
    if outside:
        raise ValueError(f"Token id {outside[0]} does not exist; {lm.name!r} has 0 to {size - 1}. Use its own tokenizer.")


def _input_tensor(lm: LanguageModel, tensor: torch.Tensor) -> torch.Tensor:
    name = lm.model.main_input_name
    num_dimensions = INPUT_DIMENSIONS.get(name)
    if num_dimensions is None:
        raise ValueError(f"A float tensor was given, but {lm.name!r} reads {name}. Pass a text or token ids.")
    if tensor.dim() == num_dimensions - 1:
        tensor = tensor[None]
    if tensor.dim() != num_dimensions or len(tensor) != 1:
        raise ValueError(
            f"The tensor has shape {tuple(tensor.shape)}; {lm.name!r} reads {name} with {num_dimensions} dimensions, the first of "
            "size 1. Pass one at a time."
        )
    return tensor


def patch_size(lm: LanguageModel) -> int:
    """Pixels a side of an image's patches; 0 where the configuration states none."""
    config = lm.model.config
    return config_number(getattr(config, "vision_config", config), "patch_size")  # CLIP-like models keep it with the tower


def _patch_names(lm: LanguageModel, pixels: torch.Tensor, num_tokens: int) -> list[str]:
    """ "[CLS]", further special tokens where there are any, then "patch row,column" of an image (1, C, height, width)."""
    size = patch_size(lm)
    rows, columns = (length // size for length in pixels.shape[-2:]) if size else (0, num_tokens)
    num_special = num_tokens - rows * columns
    if not size or num_special < 0:
        return [f"token {index}" for index in range(num_tokens)]
    special = ["[CLS]", *(f"[special {index}]" for index in range(1, num_special))][:num_special]
    return special + [f"patch {row},{column}" for row in range(rows) for column in range(columns)]
