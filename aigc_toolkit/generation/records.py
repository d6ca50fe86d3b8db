"""What a generation is made of: frozen records of plain Python values.

In: numbers measured by the decoding loop. Out: records that tests, views and the page read. They hold no tensor,
no model and no tokenizer, so they can be kept, sent and compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from ..language_model import LanguageModel
    from .branches import GenerationTree
    from .microscope import MicroscopeStep
    from .replay import Replay

StopReason = Literal["end_of_text", "stop_text", "max_new_tokens", "context_full", "max_time", "cancelled"]


@dataclass(frozen=True)
class Alternative:
    """A token the model could have chosen; `text` is its display form, `<0xE4>` for a loose byte."""

    id: int | None  # None: a server does not say
    text: str
    logprob: float  # nats, of the model's own distribution


@dataclass(frozen=True)
class TokenStep:
    """One generated token. The numbers are of the model's own distribution: temperature 1, nothing cut off.

    `text` is what the token adds to the text: "" while a character is incomplete, the whole character with the token
    that completes it, so that the texts joined are the generated text. What a server does not say is None.

    >>> step = next(stream(lm, "Once upon a time", temperature=0))
    >>> step.rank, step.position, len(step.alternatives)
    (1, 4, 10)
    """

    id: int | None
    text: str
    logprob: float | None  # nats
    rank: int | None  # 1 = the most likely token
    entropy: float | None  # nats, of the whole distribution
    alternatives: tuple[Alternative, ...]  # the most likely tokens, best first
    position: int  # index in the whole sequence, prompt included


@dataclass(frozen=True)
class Prompt:
    """A prompt whose token ids are already chosen: `ids` are read exactly as they are, `text` is what a reader sees.

    `written` are tokens that already follow it: an encoder-decoder's decoder begins with them.
    """

    text: str
    ids: tuple[int, ...]
    written: tuple[int, ...] = ()


@dataclass(frozen=True)
class Origin:
    """What a generation came from: needed to go on with it, no part of the record."""

    lm: "LanguageModel"
    settings: Mapping[str, Any]  # the keywords that `stream` was given, those left out included
    seed: int | None = None  # the one that was really used; None: nothing was sampled


@dataclass(frozen=True)
class Generation:
    """A prompt and what a model wrote after it. In a notebook it shows itself token by token.

    One that a model has just made can be gone on with: `branch`, `edit`, `tree`. Equality, copies and JSON know the record alone.

    >>> generate(lm, "Once upon a time", max_new_tokens=3, temperature=0).text
    ', there was'
    """

    prompt: str
    text: str  # the generated part alone
    tokens: tuple[TokenStep, ...] = field(repr=False)
    prompt_ids: tuple[int, ...] = field(repr=False)
    stop_reason: StopReason | None  # None: not ended yet
    model_name: str

    origin: ClassVar[Origin | None] = None  # set on an instance by `with_origin`: neither compared nor copied
    _tree: ClassVar["GenerationTree | None"] = None

    def with_origin(self, origin: Origin) -> "Generation":
        """This record, now knowing what made it."""
        object.__setattr__(self, "origin", origin)
        return self

    @property
    def tree(self) -> "GenerationTree":
        """The tree of texts that this one is a node of."""
        from .branches import tree_of

        return tree_of(self)

    @property
    def can_branch(self) -> bool:
        """Whether a model on this computer can go on from it."""
        return self.origin is not None and bool(self.prompt_ids)  # a server's ids are not known

    def branch(self, position: int, token: "int | str | Alternative", **settings) -> "Generation":
        """Go on from another token at `position` (as in `TokenStep.position`); see `GenerationTree.branch`."""
        return self.tree.branch(self, position, token, **settings)

    def edit(self, text: str, **settings) -> "Generation":
        """Go on from the changed text (prompt included), tokenized again from the change on; see `GenerationTree.edit`."""
        return self.tree.edit(self, text, **settings)

    @property
    def prompt_tokens(self) -> "tuple[TokenStep, ...]":
        """A `TokenStep` for each token of the prompt, from one pass now; nothing predicts the first, so its numbers are None."""
        from .microscope import origin_of
        from .scoring import prompt_tokens

        came_from = origin_of(self)
        return prompt_tokens(came_from.lm, self, came_from.settings["num_alternatives"])

    def microscope(self, *, num_candidates: int = 10) -> "list[MicroscopeStep]":
        """What each setting did to the candidates for each token; see `microscope`."""
        from .microscope import microscope

        return microscope(self, num_candidates=num_candidates)

    def replay(self, *, read_again: bool = False, **settings) -> "Replay":
        """Which tokens the same noise would choose otherwise under changed settings; see `replay`."""
        from .replay import replay

        return replay(self, read_again=read_again, **settings)

    def __getstate__(self) -> dict:
        return {part.name: getattr(self, part.name) for part in fields(self)}

    @property
    def ids(self) -> tuple[int, ...]:
        """Token ids of the prompt and of the generated part."""
        return self.prompt_ids + tuple(step.id for step in self.tokens)

    @property
    def mean_logprob(self) -> float | None:
        """Mean of the generated tokens that have a number, nats per token; None where none has (a server need not give any)."""
        return _mean([step.logprob for step in self.tokens])

    @property
    def mean_entropy(self) -> float | None:
        """Mean of the generated tokens that have a number, nats per token; None where none has."""
        return _mean([step.entropy for step in self.tokens])

    def _repr_mimebundle_(self, include=None, exclude=None):
        from ..views import generation_view

        return generation_view(self)._repr_mimebundle_(include=include, exclude=exclude)


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
