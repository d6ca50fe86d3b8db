"""The view of an attention: its text, all heads as small pictures, one head as a map.

In comes an `Attention` or anything with its attributes, out goes an object that shows itself in a notebook, saves itself
as a page, and gives other hosts what they serve. Weights leave it one head at a time; it never asks for all of them
unless they are saved.
"""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from aigc_toolkit.views.notebook import mime_bundle, notebook_widget
from aigc_toolkit.views.saved_page import save_page
from aigc_toolkit.views.text_safety import checked_language, without_surrogates

LARGEST_PAGE_BYTES = 50_000_000
_LARGEST_TILES_BYTES = 400_000
_ENTRY = "attention_view.js"


class VerificationRecord(Protocol):
    max_error: float
    layer: int
    tolerance: float
    passed: bool


class AttentionRecord(Protocol):
    tokens: Sequence[str]
    pieces: Sequence[str]  # what each token adds to the text
    model_name: str
    num_layers: int
    num_heads: int
    num_key_value_heads: int

    def weights(self, layer: int, head: int) -> np.ndarray: ...  # float32, (Q, K)
    def tile(self, layer: int, head: int, size: int = 48) -> np.ndarray: ...  # float32, (<=size, <=size), max-pooled
    def verify(self) -> VerificationRecord | None: ...


def attention_view(attention: AttentionRecord, *, language: str | None = None) -> "AttentionView":
    """A view of `attention`; `language` is "en", "zh" or None for the reader's own.

    >>> attention_view(capture_attention(lm, "The cat sat.")).save("attention.html")
    PosixPath('attention.html')
    """
    return AttentionView(attention, language=language)


class AttentionView:
    """Shows itself in a notebook; `.save(path)` writes one offline page; `.payload()` and `.head_bytes()` serve hosts."""

    def __init__(self, attention: AttentionRecord, *, language: str | None = None):
        self._attention = attention
        self._language = checked_language(language)
        self._payload: dict[str, Any] | None = None
        self._widget = None

    def payload(self, *, head_url: str | None = None) -> dict[str, Any]:
        """What the view needs before the first head is asked for, as JSON.

        `tiles` is base64 of uint8 (L, H, size, size), 255 times the square root of the weight. `head_url` is the
        address, with {layer} and {head} in it, at which a page finds `.head_bytes(layer, head)`.
        """
        if head_url is not None and not ("{layer}" in head_url and "{head}" in head_url):
            raise ValueError(
                f"head_url is {head_url!r}. It needs {{layer}} and {{head}} where the numbers go. "
                "Write for example '/gradio_api/aigc/<name>/{layer}/{head}'."
            )
        if self._payload is None:
            self._payload = self._measure()
        return {**self._payload, "head_url": head_url} if head_url else dict(self._payload)

    def head_bytes(self, layer: int, head: int) -> bytes:
        """The weights of one head: float16, little endian, row-major (T, T), a row per query."""
        self._check(layer, self._attention.num_layers, "layer")
        self._check(head, self._attention.num_heads, "head")
        return np.ascontiguousarray(self._square(layer, head)).tobytes()

    def save(self, path: str | Path) -> Path:
        """Writes one page that needs no network and holds every head, and gives its path.

        Raises `ValueError` when the weights alone would take more than 50 MB.
        """
        attention, payload = self._attention, self.payload()
        num_tokens, num_heads = len(attention.tokens), attention.num_layers * attention.num_heads
        num_weights = num_tokens * (num_tokens + 1) // 2 if payload["causal"] else num_tokens**2
        num_bytes = num_heads * num_weights * 2 * 4 // 3  # float16, base64
        if num_bytes > LARGEST_PAGE_BYTES:
            raise ValueError(
                f"The page would hold {num_heads} heads of {num_tokens} tokens, {num_bytes / 1e6:.0f} MB. "
                f"At most {LARGEST_PAGE_BYTES / 1e6:.0f} MB are written. Capture a shorter text, or look at it in a notebook."
            )
        packing = "lower" if payload["causal"] else "full"
        data = {
            f"aigc-head-{layer}-{head}": self._packed(layer, head, packing)
            for layer in range(attention.num_layers)
            for head in range(attention.num_heads)
        }
        title = f"Attention · {attention.model_name}"
        return save_page(path, entry=_ENTRY, payload={**payload, "packing": packing}, title=title, data=data)

    def answer(self, message: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]] | None:
        """The reply to a notebook view's message {id, type: "head", layer, head, base64}; None if it asks nothing."""
        if message.get("type") != "head":
            return None
        name = {"id": message.get("id")}
        try:
            data = self.head_bytes(message.get("layer"), message.get("head"))
        except Exception as error:  # the view shows it and offers a retry; raised here, it would be lost in a log
            return {**name, "type": "error", "message": f"{type(error).__name__}: {error}"}, []
        if message.get("base64"):
            return {**name, "type": "head", "data": base64.b64encode(data).decode()}, []
        return {**name, "type": "head"}, [data]

    def _measure(self) -> dict[str, Any]:
        attention = self._attention
        num_heads = attention.num_layers * attention.num_heads
        size = int(min(48, max(8, (_LARGEST_TILES_BYTES / num_heads) ** 0.5)))
        tiles = np.stack(
            [attention.tile(layer, head, size=size) for layer in range(attention.num_layers) for head in range(attention.num_heads)]
        )  # (L * H, S, S)
        levels = np.rint(255 * np.sqrt(np.clip(tiles, 0, 1))).astype(np.uint8)  # (L * H, S, S)
        proof = attention.verify()
        return {
            "kind": "attention",
            "language": self._language,
            "model_name": without_surrogates(attention.model_name),
            "tokens": [without_surrogates(token) for token in attention.tokens],
            "prose": [without_surrogates(text) for text in _prose(attention.tokens, attention.pieces)],
            "num_layers": attention.num_layers,
            "num_heads": attention.num_heads,
            "num_key_value_heads": attention.num_key_value_heads,
            "causal": not np.triu(tiles, k=1).any(),
            "tile_size": tiles.shape[-1],
            "tiles": base64.b64encode(levels.tobytes()).decode(),
            "verify": proof
            and {
                "max_error": float(proof.max_error),
                "layer": int(proof.layer),
                "tolerance": float(proof.tolerance),
                "passed": bool(proof.passed),
            },
        }

    def _packed(self, layer: int, head: int, packing: str) -> str:
        weights = self._square(layer, head)  # (T, T)
        if packing == "lower":
            weights = weights[np.tril_indices(len(weights))]  # (T * (T + 1) / 2,)
        return base64.b64encode(np.ascontiguousarray(weights).tobytes()).decode()

    def _square(self, layer: int, head: int) -> np.ndarray:
        """Weights between the tokens, float16 (T, T): what a learned sink takes has no token and is left out."""
        return np.asarray(self._attention.weights(layer, head), dtype="<f2")[:, : len(self._attention.tokens)]

    def _check(self, value: Any, count: int, name: str) -> None:
        if type(value) is not int or not 0 <= value < count:
            raise ValueError(f"{name} is {value!r}. Allowed: 0 to {count - 1}. Choose one of the {count} {name}s.")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        if self._widget is None:
            self._widget = notebook_widget(_ENTRY, self.payload(), self.answer)
        return mime_bundle(self._widget, summary=repr(self))

    def __repr__(self) -> str:
        attention = self._attention
        return (
            f"AttentionView({len(attention.tokens)} tokens, {attention.num_layers} layers x {attention.num_heads} heads "
            f"of {attention.model_name})"
        )


def _prose(tokens: Sequence[str], pieces: Sequence[str]) -> list[str]:
    """The tokens as they stand in the text: with its spaces and without word-piece marks, where that is all that differs."""
    pairs = zip(tokens, pieces, strict=True)
    return [piece if piece.strip() == token.removeprefix("##").strip() else token for token, piece in pairs]
