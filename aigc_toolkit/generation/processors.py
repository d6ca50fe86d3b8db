"""What is done to a model's scores before a token is chosen: transformers' own processors, in transformers' order.

In: `DecodingSettings`. Out: named processors for one sequence (a watermark has a memory of its own). Does not know which token
wins.
"""

from dataclasses import dataclass

import torch
import transformers
from transformers import (
    LogitsProcessor,
    MinPLogitsWarper,
    NoBadWordsLogitsProcessor,
    NoRepeatNGramLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
    SynthIDTextWatermarkingConfig,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    TypicalLogitsWarper,
    WatermarkingConfig,
)

from ..language_model import LanguageModel
from .settings import DecodingSettings

WATERMARKS = (WatermarkingConfig, SynthIDTextWatermarkingConfig)
PLAIN = frozenset({"temperature", "top_k", "top_p", "min_p", "typical_p"})  # they do not read the tokens so far


@dataclass(frozen=True)
class NamedProcessor:
    """A processor and the setting it comes from."""

    name: str
    apply: LogitsProcessor


def processors_for(settings: DecodingSettings, lm: LanguageModel, num_prompt_tokens: int = 0) -> list[NamedProcessor]:
    """The processors of one sequence; the order is that of transformers' `generate`.

    >>> [each.name for each in processors_for(DecodingSettings(temperature=0.7, top_p=0.9), lm)]
    ['temperature', 'top_p']
    """
    made = _always(settings, lm, num_prompt_tokens)
    if not settings.is_greedy:
        made |= _of_sampling(settings)
    config = watermark_config(settings.watermark)
    if config is not None:
        made["watermark"] = config.construct_processor(lm.model.config.get_text_config().vocab_size, str(lm.device))
    return [NamedProcessor(name, processor) for name, processor in made.items()]


def _always(settings: DecodingSettings, lm: LanguageModel, num_prompt_tokens: int) -> dict[str, LogitsProcessor]:
    made: dict[str, LogitsProcessor] = {}
    if settings.repetition_penalty not in (None, 1.0):
        made["repetition_penalty"] = RepetitionPenaltyLogitsProcessor(float(settings.repetition_penalty))
    if settings.no_repeat_ngram_size is not None:
        made["no_repeat_ngram_size"] = NoRepeatNGramLogitsProcessor(settings.no_repeat_ngram_size)
    if settings.bad_words:
        made["bad_words"] = NoBadWordsLogitsProcessor(bad_word_ids(settings, lm))
    return made | _of_generation_config(lm, num_prompt_tokens)


def _of_generation_config(lm: LanguageModel, num_prompt_tokens: int) -> dict[str, LogitsProcessor]:
    """What the checkpoint itself asks for: tokens that must or must not begin a text (BART, Whisper)."""
    config, device = lm.model.generation_config, lm.device
    made: dict[str, LogitsProcessor] = {}
    if config.forced_bos_token_id is not None:
        made["forced_bos_token"] = transformers.ForcedBOSTokenLogitsProcessor(config.forced_bos_token_id)
    if config.suppress_tokens:
        made["suppress_tokens"] = transformers.SuppressTokensLogitsProcessor(config.suppress_tokens, device=device)
    if config.begin_suppress_tokens:
        made["begin_suppress_tokens"] = transformers.SuppressTokensAtBeginLogitsProcessor(
            config.begin_suppress_tokens, num_prompt_tokens, device=device
        )
    return made


def _of_sampling(settings: DecodingSettings) -> dict[str, LogitsProcessor]:
    made: dict[str, LogitsProcessor] = {}
    if settings.temperature != 1:
        made["temperature"] = TemperatureLogitsWarper(float(settings.temperature))
    if settings.top_k is not None:
        made["top_k"] = TopKLogitsWarper(settings.top_k)
    if settings.top_p is not None and settings.top_p < 1:
        made["top_p"] = TopPLogitsWarper(settings.top_p)
    if settings.min_p is not None:
        made["min_p"] = MinPLogitsWarper(settings.min_p)
    if settings.typical_p is not None and settings.typical_p < 1:
        made["typical_p"] = TypicalLogitsWarper(settings.typical_p)
    return made


def bad_word_ids(settings: DecodingSettings, lm: LanguageModel) -> list[list[int]]:
    """The token sequences to forbid: a text both as the first word and after a space."""
    found: list[list[int]] = []
    for word in settings.bad_words:
        if isinstance(word, str):
            forms = [word] if word[:1].isspace() else [word, f" {word}"]
            ways = [list(lm.tokenizer(form, add_special_tokens=False, verbose=False)["input_ids"]) for form in forms]
        else:
            ways = [list(word)]
        found += [way for way in ways if way and way not in found]
    return found


def watermark_config(watermark: object) -> WatermarkingConfig | SynthIDTextWatermarkingConfig | None:
    """transformers' configuration of a watermark, from itself or from a dict of its settings."""
    if watermark is None or isinstance(watermark, WATERMARKS):
        return watermark
    if isinstance(watermark, dict):
        kind = SynthIDTextWatermarkingConfig if "keys" in watermark else WatermarkingConfig
        try:
            return kind(**watermark)
        except TypeError as error:
            raise ValueError(
                f"watermark is {watermark!r}; the settings of transformers' {kind.__name__} are allowed ({error}). "
                "Use watermark={} for its defaults."
            ) from error
    raise ValueError(
        f"watermark is a {type(watermark).__name__}; a WatermarkingConfig, a SynthIDTextWatermarkingConfig or a dict of their "
        "settings is allowed. Use watermark={} for the defaults."
    )


def processed(scores: torch.Tensor, ids: torch.Tensor | None, processors: list[NamedProcessor]) -> torch.Tensor:
    """Float32 `scores` (V,) after all processors; `ids` (T,) are the tokens so far."""
    row = scores[None]
    for each in processors:
        row = each.apply(None if ids is None else ids[None], row)
    return row[0]
