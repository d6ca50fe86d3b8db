"""How to write: every setting of a generation, and what is refused before anything is computed.

In: keywords with transformers' own names. Out: one frozen record that the loop, the processors and the records read. A setting
that could not do what it says (a cut-off with greedy choice, beams with sampling) is refused rather than ignored. Knows no model
but its sizes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from ..language_model import LanguageModel

CUTS = ("top_k", "top_p", "min_p", "typical_p")  # they act on sampling alone
SHARES = ("top_p", "min_p", "typical_p")
USUAL_ALTERNATIVES = 10


@dataclass(frozen=True)
class DecodingSettings:
    """The settings of `stream` and `generate`. `temperature` 0 is greedy; None leaves a setting out.

    >>> DecodingSettings(temperature=0).is_greedy
    True
    """

    max_new_tokens: int | None = None  # None: 128, or as many as the context has room for
    temperature: float = 1.0
    top_k: int | None = None  # keep this many of the most likely tokens
    top_p: float | None = None  # keep the most likely tokens that together have this probability
    min_p: float | None = None  # keep tokens at least this many times as likely as the most likely one
    typical_p: float | None = None  # keep the tokens of most typical surprise that together have this probability
    repetition_penalty: float | None = None  # above 1: tokens that were there already become less likely
    no_repeat_ngram_size: int | None = None  # no run of so many tokens comes twice
    bad_words: Sequence[str | Sequence[int]] = ()  # texts or token ids that must not come
    num_beams: int = 1  # texts kept side by side; the one with the best mean log-probability wins
    watermark: Any = None  # transformers' WatermarkingConfig or SynthIDTextWatermarkingConfig, or their settings as a dict
    seed: int | None = None  # None: a new one each time
    stop: str | Sequence[str] = ()  # texts that end the text once they came; they stay in it
    max_time: float | None = None  # seconds
    num_alternatives: int = USUAL_ALTERNATIVES  # likeliest tokens kept of every choice; all of a vocabulary that has fewer
    num_return_sequences: int = 1
    truncation: Literal["refuse", "left"] = "refuse"  # of a prompt longer than the context; "left" keeps its end

    @property
    def is_greedy(self) -> bool:
        return self.temperature == 0

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop texts, one or several."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop)

    def keywords(self) -> dict[str, Any]:
        """The settings as keywords for one more text like this one, in plain values that can be written down as JSON."""
        named = {each.name: getattr(self, each.name) for each in fields(self)}
        named |= {"stop": list(self.stops), "bad_words": list(self.bad_words), "num_return_sequences": 1}
        if self.watermark is not None and not isinstance(self.watermark, dict):
            named["watermark"] = self.watermark.to_dict()
        return named

    def check(self, lm: LanguageModel) -> None:
        """Raise ValueError or TypeError for what cannot be done with `lm`, naming what is allowed."""
        vocabulary_size = lm.model.config.get_text_config().vocab_size
        self.check_ranges(vocabulary_size)
        self._check_stops()
        self._check_together()
        limit = lm.context_length
        if self.max_new_tokens is not None and limit is not None and self.max_new_tokens > limit:
            raise ValueError(
                f"max_new_tokens is {self.max_new_tokens}; {lm.name!r} reads {limit} tokens, prompt included, so 1 to {limit} is "
                "allowed. Ask for fewer; a text that reaches the end of the context ends there."
            )

    def check_ranges(self, vocabulary_size: int) -> None:
        """Raise ValueError where a number is out of range for this vocabulary."""
        if not 0 <= self.temperature < math.inf:  # false for NaN too
            raise ValueError(
                f"temperature is {self.temperature}; 0 (greedy) or a positive number is allowed. "
                "Use 1 for the model's own distribution."
            )
        if self.max_new_tokens is not None and self.max_new_tokens < 1:
            raise ValueError(f"max_new_tokens is {self.max_new_tokens}; 1 or more is allowed. Ask for at least one token.")
        if not 0 <= self.num_alternatives <= max(vocabulary_size, USUAL_ALTERNATIVES):
            raise ValueError(
                f"num_alternatives is {self.num_alternatives}; 0 to {vocabulary_size} (the vocabulary) is allowed. "
                "Use 10 for the ten most likely tokens."
            )
        if self.top_k is not None and not 1 <= self.top_k <= vocabulary_size:
            raise ValueError(
                f"top_k is {self.top_k}; 1 to {vocabulary_size} (the vocabulary) is allowed. Use None to keep all tokens."
            )
        for name in SHARES:
            share = getattr(self, name)
            if share is not None and not 0 < share <= 1:
                raise ValueError(f"{name} is {share}; above 0 and up to 1 is allowed. Use None or 1 to keep all tokens.")
        self._check_counts(vocabulary_size)

    def _check_counts(self, vocabulary_size: int) -> None:
        for name, least in (("no_repeat_ngram_size", 1), ("num_beams", 1), ("num_return_sequences", 1)):
            count = getattr(self, name)
            if count is not None and count < least:
                raise ValueError(f"{name} is {count}; {least} or more is allowed. Leave it out to go without.")
        for name in ("repetition_penalty", "max_time"):
            number = getattr(self, name)
            if number is not None and not 0 < number < math.inf:
                raise ValueError(f"{name} is {number}; a number above 0 is allowed. Leave it out to go without.")
        if self.truncation not in ("refuse", "left"):
            raise ValueError(
                f"truncation is {self.truncation!r}; 'refuse' or 'left' is allowed. 'left' keeps the end of the prompt."
            )
        for word in self.bad_words:
            ids = () if isinstance(word, str) else tuple(word)
            if not word or any(not isinstance(token_id, int) or not 0 <= token_id < vocabulary_size for token_id in ids):
                raise ValueError(
                    f"bad_words has {word!r}; texts and lists of token ids from 0 to {vocabulary_size - 1} are allowed, none of "
                    "them empty. Pass the words themselves, for example bad_words=['dragon']."
                )

    def _check_stops(self) -> None:
        for text in self.stops:
            if not isinstance(text, str):
                raise TypeError(
                    f"stop has a {type(text).__name__}; a text or several texts are allowed. Pass for example stop='\\n'."
                )
            if not text:
                raise ValueError(
                    "stop has an empty text; texts of at least one character are allowed. Leave stop out to go without."
                )

    def _check_together(self) -> None:
        """Refuse what contradicts itself; a seed beside greedy choice is harmless and allowed."""
        cuts = [
            f"{name}={getattr(self, name)}" for name in CUTS if getattr(self, name) not in (None, 1.0 if name != "top_k" else None)
        ]
        if self.is_greedy and cuts:
            raise ValueError(
                f"temperature is 0, which takes the most likely token, and {', '.join(cuts)} cuts what is sampled from; one of the "
                "two is allowed. Leave the cut out, or use a temperature above 0."
            )
        if self.num_beams > 1 and not self.is_greedy:
            raise ValueError(
                f"num_beams is {self.num_beams} and temperature {self.temperature}; beams are not sampled, so only temperature 0 "
                "is allowed with them. Pass temperature=0, or leave num_beams out."
            )
        if self.is_greedy and self.num_return_sequences > self.num_beams:
            raise ValueError(
                f"num_return_sequences is {self.num_return_sequences} with temperature 0 and {self.num_beams} beams; without "
                "sampling there are no more texts than beams. Use a temperature above 0, or as many beams."
            )
