"""Whether a text carries a watermark: transformers' detector, and the mean g-value for SynthID.

In: a text or a generation, and the watermark's settings, which must be those it was written with. Out: how far the tokens are from
what chance gives. Does not write; the watermark itself is a processor of `generate(watermark=…)`.
"""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from transformers import SynthIDTextWatermarkingConfig, WatermarkDetector, WatermarkingConfig

from ..language_model import LanguageModel
from .processors import watermark_config
from .records import Generation

LEAST_Z = 3.0  # Kirchenbauer et al. 2023 ask for 4; transformers' detector takes 3: about one text in 740 by chance


@dataclass(frozen=True)
class WatermarkEvidence:
    """`z_score`: standard deviations above chance; `p_value`: how often chance alone gives as much."""

    is_watermarked: bool
    z_score: float
    p_value: float
    share: float  # of green tokens, or the mean g-value of SynthID
    share_by_chance: float
    num_tokens: int


def detect_watermark(
    lm: LanguageModel, text: str | Generation, watermark: dict | WatermarkingConfig | SynthIDTextWatermarkingConfig
):
    """`WatermarkEvidence` for a text, or for the generated part of a generation.

    `watermark` as in `generate`. A green-red one (Kirchenbauer et al. 2023) is found by transformers' `WatermarkDetector`; for
    SynthID (Dathathri et al. 2024) it is the mean of the g-values, which needs no trained detector. Raises ValueError for a text
    too short to say anything, and for a watermark that is none.

    >>> story = generate(lm, "Once upon a time", max_new_tokens=100, seed=0, watermark={"bias": 4.0})
    >>> detect_watermark(lm, story, {"bias": 4.0}).is_watermarked
    True
    """
    config = watermark_config(watermark)
    if config is None:
        raise ValueError("watermark is None; the settings the text was written with are needed. Use {} for transformers' defaults.")
    width = config.ngram_len - 1 if isinstance(config, SynthIDTextWatermarkingConfig) else config.context_width
    written = text.ids[max(len(text.prompt_ids) - width, 0) :] if isinstance(text, Generation) else None
    ids = tuple(lm.texts.encode(text)) if written is None else written
    if len(ids) < width + 2:
        raise ValueError(f"The text has {len(ids)} tokens; at least {width + 2} are needed to tell. Pass a longer text.")
    rows = torch.tensor([ids], device=lm.device)
    return _mean_g_value(lm, rows, config) if isinstance(config, SynthIDTextWatermarkingConfig) else _green_share(lm, rows, config)


def _green_share(lm: LanguageModel, rows: torch.Tensor, config: WatermarkingConfig) -> WatermarkEvidence:
    model_config = copy.copy(lm.model.config.get_text_config())
    model_config.bos_token_id = -1  # transformers 5.23 fails on None, and a token that is there counts like any other
    detector = WatermarkDetector(model_config=model_config, device=str(lm.device), watermarking_config=config)
    found = detector(rows, z_threshold=LEAST_Z, return_dict=True)
    z_score, share = float(found.z_score[0]), float(found.green_fraction[0])
    return WatermarkEvidence(
        z_score > LEAST_Z, z_score, _chance(z_score), share, config.greenlist_ratio, int(found.num_tokens_scored[0])
    )


def _mean_g_value(lm: LanguageModel, rows: torch.Tensor, config: Mapping) -> WatermarkEvidence:
    processor = config.construct_processor(lm.model.config.get_text_config().vocab_size, str(lm.device))
    values = processor.compute_g_values(rows)[0].double()  # (T - ngram_len + 1, depth) of 0 and 1
    fresh = processor.compute_context_repetition_mask(rows)[0].bool()  # a context that came before was not marked again
    values = values[fresh]
    share = values.mean().item()
    z_score = 2 * (share - 0.5) * math.sqrt(values.numel())  # by chance each is 0 or 1 with probability one half
    return WatermarkEvidence(z_score > LEAST_Z, z_score, _chance(z_score), share, 0.5, len(values))


def _chance(z_score: float) -> float:
    """The upper tail of the normal distribution."""
    return 0.5 * math.erfc(z_score / math.sqrt(2))
