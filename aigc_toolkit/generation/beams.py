"""Several texts side by side, of which the one with the best mean log-probability wins: transformers' own beam search.

In: where a text starts, settings with `num_beams`. Out: the choices of the winner, measured in one parallel pass over the finished
text. Between two tokens it looks whether anybody still wants it. Does not know text.
"""

import threading
import time
from collections.abc import Iterator

import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from ..language_model import LanguageModel
from .processors import bad_word_ids, watermark_config
from .prompts import Start
from .sampling import Choice
from .scoring import choices_of
from .settings import DecodingSettings


class _Unwanted(StoppingCriteria):
    """Ends the search when its event is set or its time is over."""

    def __init__(self, stop_event: threading.Event, max_time: float | None):
        self._stop_event, self._until = stop_event, None if max_time is None else time.monotonic() + max_time

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs) -> torch.Tensor:
        over = self._stop_event.is_set() or (self._until is not None and time.monotonic() > self._until)
        return torch.full((len(input_ids),), over, device=input_ids.device)


@torch.inference_mode()
def beam_ids(lm: LanguageModel, start: Start, settings: DecodingSettings, stop_event: threading.Event) -> list[tuple[int, ...]]:
    """The ids of the best `num_return_sequences` texts after the start, best first."""
    ids = torch.tensor([start.ids], device=lm.device)
    inputs = dict(start.source) | {"decoder_input_ids": ids} if start.source else {"input_ids": ids}
    if "input_features" not in inputs:
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    config = watermark_config(settings.watermark)
    ends = lm.model.generation_config.eos_token_id
    found = lm.model.generate(
        **inputs,
        do_sample=False,
        num_beams=settings.num_beams,
        num_return_sequences=settings.num_return_sequences,
        max_new_tokens=start.end - len(start.ids),
        repetition_penalty=settings.repetition_penalty,
        no_repeat_ngram_size=settings.no_repeat_ngram_size,
        bad_words_ids=bad_word_ids(settings, lm) or None,
        watermarking_config=config,
        stopping_criteria=StoppingCriteriaList([_Unwanted(stop_event, settings.max_time)]),
        stop_strings=list(settings.stops) or None,
        tokenizer=lm.tokenizer if settings.stops else None,
        pad_token_id=_PAD if ends is None else None,
    )
    new = [row[len(start.ids) :] for row in found.tolist()]
    return [tuple(row[: _length(row, lm)]) for row in new]


def beam_choices(
    lm: LanguageModel, start: Start, settings: DecodingSettings, stop_event: threading.Event, beam: int = 0
) -> Iterator[Choice]:
    """The choices of text number `beam`, the best is 0."""
    ids = beam_ids(lm, start, settings, stop_event)[beam]
    if stop_event.is_set():
        return
    yield from choices_of(lm, start, ids, settings.num_alternatives)


_PAD = 0  # never read: without an end-of-text token all texts have the same length


def _length(row: list[int], lm: LanguageModel) -> int:
    """Up to and with the first end-of-text token; what follows is padding."""
    from .prompts import end_of_text_ids

    ends = end_of_text_ids(lm)
    return next((number + 1 for number, token_id in enumerate(row) if token_id in ends), len(row))
