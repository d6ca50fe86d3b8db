"""The attention of a prompt at one snapshot, from queries and keys in float16.

In: what a snapshot keeps, and the settings of the layers, which do not change. Out: weights of any head, recomputed in float32,
with the attributes that views ask an attention for. Holds neither values nor outputs: how far it is from the model was measured
when the snapshot was taken. Does not know torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aigc_toolkit.views.payload import GROUPINGS
from aigc_toolkit.views.recomputed import recomputed_weights

if TYPE_CHECKING:
    from aigc_toolkit import Attention

ROWS_COMPARED = 8


@dataclass(frozen=True)
class LayerFacts:
    """What turns a layer's queries and keys into scores."""

    scaling: float
    softcap: float | None
    window: int | None  # queries see the keys less than this many positions away


@dataclass(frozen=True)
class PromptText:
    """A prompt as the model reads it; `groups` are the first tokens of words, sentences and turns."""

    text: str
    token_ids: tuple[int, ...]
    tokens: tuple[str, ...]
    pieces: tuple[str, ...]
    groups: dict[str, list[int]]

    @classmethod
    def of(cls, attention: Attention, text: str) -> PromptText:
        """The text that an attention was captured over."""
        groups = {by: [group.first for group in attention.groups(by)] for by in GROUPINGS}
        return cls(text, tuple(attention.token_ids), tuple(attention.tokens), tuple(attention.pieces), groups)


@dataclass(frozen=True)
class Proof:
    """How far the weights of the whole recording were from the model's own output, by `Attention.verify`, when it was made."""

    max_error: float
    layer: int
    tolerance: float
    passed: bool = True  # a recording that does not pass is not made


@dataclass(frozen=True)
class Group:
    first: int
    end: int


@dataclass(frozen=True)
class Inputs:
    """What `recomputed_weights` reads of one layer."""

    query: np.ndarray  # (H, T, D), float32
    key: np.ndarray  # (Hkv, T, D), float32
    scaling: float
    softcap: float | None
    seen: np.ndarray | None  # (1, T, T), bool; None: what `causal` says
    bias: None = None
    sinks: None = None
    causal: bool = True


class KeptAttention:
    """The attention of one prompt at one snapshot: `.tokens`, `.num_layers`, `.num_heads`, `.weights(layer, head)`.

    >>> timelapse.attention(step=128).weights(layer=0, head=3).shape
    (6, 6)
    """

    kind, kinds = "decoder", ("decoder",)
    has_sink, causal, picture = False, True, None
    other_layers: dict[int, str] = {}

    def __init__(
        self, text: PromptText, layers: tuple[LayerFacts, ...], query: np.ndarray, key: np.ndarray, *, name: str, proof: Proof
    ):
        self.model_name, self.proof = name, proof
        self.tokens, self.pieces = list(text.tokens), list(text.pieces)
        self.key_tokens = self.tokens
        self.num_layers, self.num_heads, self.num_key_value_heads = len(query), query.shape[1], key.shape[1]
        self.heads_of_layers = [self.num_heads] * self.num_layers
        self.windows = [layer.window for layer in layers]
        self._text, self._layers, self._query, self._key = text, layers, query, key

    def of(self, kind: str) -> KeptAttention:
        """Itself: there is one kind. Raises ValueError for another."""
        if kind != self.kind:
            raise ValueError(f"kind is {kind!r}; a time-lapse has 'decoder' attention only. Leave kind out.")
        return self

    def weights(self, layer: int, head: int, rows: Any = None) -> np.ndarray:
        """Weights of one head, float32 (Q, K): row q says how much query token q took from each token.

        `rows` chooses query positions. Raises ValueError for a layer or head that does not exist.
        """
        for name, value, count in (("layer", layer, self.num_layers), ("head", head, self.num_heads)):
            if not 0 <= value < count:
                raise ValueError(f"{name} is {value}; 0 to {count - 1} exist. Choose one of these.")
        positions = np.arange(len(self.tokens))[slice(None) if rows is None else rows]
        kept = kept_inputs(self._query[layer], self._key[layer], self._layers[layer])
        return recomputed_weights(kept, head, positions)

    def groups(self, by: str) -> list[Group]:
        """Words, sentences or turns, as they were found when the prompt was read."""
        starts = [*self._text.groups[by], len(self.tokens)]
        return [Group(first, end) for first, end in zip(starts, starts[1:], strict=False)]

    def verify(self) -> Proof:
        """The proof that was made with the recording."""
        return self.proof


def layer_facts(attention: Attention) -> tuple[LayerFacts, ...]:
    """The settings of each layer. Raises ValueError where only weights are known."""
    found = []
    for layer in range(attention.num_layers):
        inputs = attention.score_inputs(layer)
        if inputs is None or not attention.causal:
            raise ValueError(
                f"{attention.model_name!r} keeps its queries and keys to itself, or reads in both directions; a time-lapse keeps "
                "those of a model that reads from left to right. Use such a model, for example GPT(...)."
            )
        found.append(LayerFacts(float(inputs.scaling), inputs.softcap, attention.windows[layer]))
    return tuple(found)


def rounded_difference(attention: Attention, layer: int, facts: LayerFacts) -> float:
    """The largest difference of a weight, over some rows of every head, when it is computed from what a snapshot keeps."""
    inputs = attention.score_inputs(layer)
    rows = np.unique(np.linspace(0, len(attention.tokens) - 1, ROWS_COMPARED).round().astype(np.int64))
    kept = kept_inputs(inputs.query.astype(np.float16), inputs.key.astype(np.float16), facts)
    pairs = [(recomputed_weights(kept, head, rows), attention.weights(layer, head, rows=rows)) for head in range(len(inputs.query))]
    return max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs)


def kept_inputs(query: np.ndarray, key: np.ndarray, facts: LayerFacts) -> Inputs:
    """A layer's inputs from float16 (H, T, D) and (Hkv, T, D)."""
    positions = np.arange(query.shape[1])
    seen = None if facts.window is None else (positions[:, None] - positions < facts.window)[None]  # (1, T, T)
    return Inputs(query.astype(np.float32), key.astype(np.float32), facts.scaling, facts.softcap, seen)
