"""What a generation is made of: frozen records of plain Python values.

In: numbers measured by the decoding loop. Out: records that tests, views and the page read. They hold no tensor,
no model and no tokenizer, so they can be kept, sent and compared.
"""

from dataclasses import dataclass, field
from typing import Literal

StopReason = Literal["end_of_text", "max_new_tokens", "cancelled", "context_full"]


@dataclass(frozen=True)
class Alternative:
    """A token the model could have chosen; `text` is its display form, `<0xE4>` for a loose byte."""

    id: int
    text: str
    logprob: float  # nats, of the model's own distribution


@dataclass(frozen=True)
class TokenStep:
    """One generated token. The numbers are of the model's own distribution: temperature 1, nothing cut off.

    `text` is what the token adds to the text: "" while a character is incomplete, the whole character with the token
    that completes it, so that the texts joined are the generated text.
    """

    id: int
    text: str
    logprob: float  # nats
    rank: int  # 1 = the most likely token
    entropy: float  # nats, of the whole distribution
    alternatives: tuple[Alternative, ...]  # the most likely tokens, best first
    position: int  # index in the whole sequence, prompt included


@dataclass(frozen=True)
class Generation:
    """A prompt and what a model wrote after it. In a notebook it shows itself token by token.

    >>> generate(lm, "Once upon a time", max_new_tokens=3, temperature=0).text
    ', there was'
    """

    prompt: str
    text: str  # the generated part alone
    tokens: tuple[TokenStep, ...] = field(repr=False)
    prompt_ids: tuple[int, ...] = field(repr=False)
    stop_reason: StopReason | None  # None: not ended yet
    model_name: str

    @property
    def ids(self) -> tuple[int, ...]:
        """Token ids of the prompt and of the generated part."""
        return self.prompt_ids + tuple(step.id for step in self.tokens)

    def _repr_mimebundle_(self, include=None, exclude=None):
        from ..views import generation_view

        return generation_view(self)._repr_mimebundle_(include=include, exclude=exclude)
