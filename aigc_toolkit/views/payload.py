"""What a view of attention needs before any weight is asked for: tokens, sizes, what queries may see, the proof.

In: one `Attention`, or two to compare, or anything with the attributes of `AttentionRecord`. Out: small JSON without a weight in
it. Does not know how weights travel or how anything is drawn.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from aigc_toolkit.views.png import data_url, png_bytes
from aigc_toolkit.views.text_safety import without_surrogates

GROUPINGS = ("words", "sentences", "turns")
KINDS = ("encoder", "decoder", "cross")


class GroupRecord(Protocol):
    first: int
    end: int


class PictureRecord(Protocol):
    pixels: np.ndarray  # (height, width, 3), uint8
    rows: int
    columns: int
    first: int


class VerificationRecord(Protocol):
    max_error: float
    layer: int
    tolerance: float
    passed: bool


class AttentionRecord(Protocol):
    tokens: Sequence[str]
    pieces: Sequence[str]  # what each token adds to the text
    key_tokens: Sequence[str]  # what the columns stand for, a learned sink last
    has_sink: bool
    kind: str
    kinds: Sequence[str]
    model_name: str
    num_layers: int
    num_heads: int
    num_key_value_heads: int
    heads_of_layers: Sequence[int]
    other_layers: Mapping[int, str]  # layers of the model without attention
    causal: bool
    windows: Sequence[int | None]
    picture: PictureRecord | None

    def of(self, kind: str) -> "AttentionRecord": ...
    def weights(self, layer: int, head: int, rows: Any = None, columns: Any = None) -> np.ndarray: ...  # float32, (Q, K)
    def tile(
        self, layer: int, head: int, *, rows: Any = None, columns: Any = None, size: int, sink: bool = False
    ) -> np.ndarray: ...
    def cell(self, layer: int, head: int, query: int, key: int) -> Any: ...
    def score_inputs(self, layer: int) -> Any: ...
    def head_scores(self) -> Any: ...  # a table
    def groups(self, by: str) -> Sequence[GroupRecord]: ...
    def verify(self) -> VerificationRecord | None: ...


def attention_payload(attentions: Sequence[AttentionRecord], *, language: str | None, state: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a view; `state` is what is on the screen first."""
    return {
        "kind": "attention",
        "language": language,
        "state": dict(state),
        "same_tokens": len(attentions) == 2 and same_tokens(*attentions),
        "attentions": [_attention(attention) for attention in attentions],
    }


def kinds_of(attention: AttentionRecord) -> list[str]:
    """The kinds of attention it has, in the order in which a model runs them."""
    return [kind for kind in KINDS if kind in attention.kinds]


def same_tokens(first: AttentionRecord, second: AttentionRecord) -> bool:
    """Whether both are of the same texts, so that one can be subtracted from the other."""
    return all(
        list(one.tokens) == list(other.tokens) and list(one.key_tokens) == list(other.key_tokens)
        for one, other in ((first.of(kind), second.of(kind)) for kind in kinds_of(first))
    )


def _attention(attention: AttentionRecord) -> dict[str, Any]:
    proof = attention.verify()
    return {
        "model_name": without_surrogates(attention.model_name),
        "verify": proof
        and {
            "max_error": float(proof.max_error),
            "layer": int(proof.layer),
            "tolerance": float(proof.tolerance),
            "passed": bool(proof.passed),
        },
        "kinds": kinds_of(attention),
        "parts": {kind: _part(attention, attention.of(kind)) for kind in kinds_of(attention)},
    }


def _part(attention: AttentionRecord, part: AttentionRecord) -> dict[str, Any]:
    """One kind of attention. What is null for the keys is as for the queries."""
    keys = attention.of("encoder") if part.kind == "cross" else part
    alike = list(part.key_tokens) == list(part.tokens)
    sink = list(part.key_tokens[len(keys.tokens) :])
    num_model_layers = part.num_layers + len(part.other_layers)
    return {
        "tokens": _clean(part.tokens),
        "prose": _clean(_prose(part)),
        "key_tokens": None if alike else _clean(part.key_tokens),
        "key_prose": None if alike else _clean([*_prose(keys), *sink]),
        "num_layers": part.num_layers,
        "num_heads": part.num_heads,
        "num_key_value_heads": part.num_key_value_heads,
        "heads_of_layers": None if set(part.heads_of_layers) == {part.num_heads} else list(part.heads_of_layers),
        "layer_numbers": [number for number in range(num_model_layers) if number not in part.other_layers],
        "other_layers": {str(number): name for number, name in part.other_layers.items()},
        "causal": bool(part.causal),
        "sees": [{"window": window} for window in part.windows],
        "sinks": bool(part.has_sink),
        "groups": _groups(part),
        "key_groups": _groups(keys) if part.kind == "cross" else None,
        "picture": part.picture and _picture(part.picture),
        "carried": None,
    }


def _groups(part: AttentionRecord) -> dict[str, list[int]]:
    """First tokens of the groups, and the end."""
    return {by: [*(group.first for group in part.groups(by)), len(part.tokens)] for by in GROUPINGS}


def _picture(picture: PictureRecord) -> dict[str, Any]:
    return {
        "url": data_url(png_bytes(picture.pixels)),
        "rows": picture.rows,
        "columns": picture.columns,
        "first": picture.first,
        "scaled": "from the smallest to the largest value of the pixels given",
    }


def _clean(texts: Sequence[str]) -> list[str]:
    return [without_surrogates(text) for text in texts]


def _prose(part: AttentionRecord) -> list[str]:
    """The tokens as they stand in the text: with its spaces and without word-piece marks, where that is all that differs."""
    pairs = zip(part.tokens, part.pieces, strict=True)
    return [piece if piece.strip() == token.removeprefix("##").strip() else token for token, piece in pairs]
