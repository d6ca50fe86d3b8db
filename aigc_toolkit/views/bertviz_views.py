"""BertViz's own head view and model view, drawn from exact weights.

In: an `Attention`. Out: what BertViz makes of it. Token text cannot end its script: "<" is escaped there, and what is invisible is
written out. BertViz (Vig 2019, "A Multiscale Visualization of Attention in the Transformer Model") writes every weight as text into
the page, and loads require.js, d3 and jQuery from cdnjs.cloudflare.com when shown. `attention_view` does neither.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import numpy as np

from aigc_toolkit.views.visible_text import visible

LARGEST_WEIGHTS = 2_400_000  # in one view: 128 tokens of 12 layers x 12 heads
_SCRIPT = '\n<script type="text/javascript">\n'  # before the script in what BertViz returns


class AttentionRecord(Protocol):
    tokens: Sequence[str]
    key_tokens: Sequence[str]
    kinds: Sequence[str]
    num_layers: int
    num_heads: int

    def of(self, kind: str) -> "AttentionRecord": ...
    def weights(self, layer: int, head: int) -> np.ndarray: ...  # float32 (Q, K)


def bertviz_head_view(
    attention: AttentionRecord,
    *,
    layer: int | None = None,
    heads: Sequence[int] | None = None,
    layers: Sequence[int] | None = None,
    html_action: Literal["view", "return"] = "view",
) -> Any:
    """BertViz's head view: lines between two columns of tokens. Shows it in a notebook, or gives its `HTML` with "return".

    `layer` and `heads` are what it opens with, `layers` those it holds (all by default). Needs a network when it is shown. Raises
    ValueError for more weights than BertViz can draw, for a layer that is not there and for another `html_action`.

    >>> bertviz_head_view(attention, html_action="return").data.lstrip()[:30]
    '<script src="https://cdnjs.clo'
    """
    from bertviz import head_view

    return _shown(head_view, attention, layers, html_action, layer=layer, heads=None if heads is None else list(heads))


def bertviz_model_view(
    attention: AttentionRecord,
    *,
    layers: Sequence[int] | None = None,
    display_mode: Literal["light", "dark"] = "light",
    html_action: Literal["view", "return"] = "view",
) -> Any:
    """BertViz's model view: every head of every layer as a small drawing of lines.

    As `bertviz_head_view` in all else.

    >>> bertviz_model_view(attention, html_action="return").data.lstrip()[:30]
    '<script src="https://cdnjs.clo'
    """
    from bertviz import model_view

    return _shown(model_view, attention, layers, html_action, display_mode=display_mode)


def _shown(view: Any, attention: AttentionRecord, layers: Sequence[int] | None, html_action: str, **options: Any) -> Any:
    if html_action not in ("view", "return"):
        raise ValueError(f"html_action is {html_action!r}. Allowed: 'view', 'return'. Use 'return' outside a notebook.")
    parts = {kind: attention.of(kind) for kind in attention.kinds}
    chosen = _checked_layers(parts, layers)
    if options.get("layer") not in (None, *chosen):
        raise ValueError(f"layer is {options['layer']!r}. Allowed: {', '.join(map(str, chosen))}. Choose one of the layers shown.")
    mark = _unused_character([token for part in parts.values() for token in (*part.tokens, *part.key_tokens)])
    data = _arguments(parts, chosen, lambda tokens: [visible(token).replace("<", mark) for token in tokens])
    page = view(**data, **options, include_layers=chosen, prettify_tokens=False, html_action="return").data
    return _output(page.replace(json.dumps(mark)[1:-1], "\\u003c"), html_action)


def _checked_layers(parts: Mapping[str, AttentionRecord], layers: Sequence[int] | None) -> list[int]:
    counts = {part.num_layers for part in parts.values()}
    if layers is None and len(counts) > 1:
        raise ValueError(
            f"The kinds of attention have {' and '.join(map(str, sorted(counts)))} layers; BertViz shows the same layers of each. "
            f"Give layers=range({min(counts)}), or use attention_view(attention)."
        )
    chosen = list(range(min(counts)) if layers is None else layers)
    if not chosen or any(type(layer) is not int or not 0 <= layer < min(counts) for layer in chosen):
        raise ValueError(f"layers is {chosen!r}. Allowed: some of 0 to {min(counts) - 1}. Leave it out for all of them.")
    heads = len(chosen) * sum(part.num_heads for part in parts.values())
    num_weights = sum(len(chosen) * part.num_heads * len(part.tokens) * len(part.key_tokens) for part in parts.values())
    if num_weights > LARGEST_WEIGHTS:
        raise ValueError(
            f"{max(len(part.tokens) for part in parts.values())} tokens in {heads} heads are {num_weights / 1e6:.1f} million "
            f"weights; BertViz draws up to {LARGEST_WEIGHTS / 1e6:.1f} million, "
            f"{int((LARGEST_WEIGHTS / heads) ** 0.5)} tokens here. "
            "Give fewer layers=, or use attention_view(attention), which has no such limit."
        )
    return chosen


def _arguments(parts: Mapping[str, AttentionRecord], layers: Sequence[int], written: Callable[[Sequence[str]], list[str]]) -> dict:
    """What BertViz's views take: a tensor (1, H, Q, K) per layer, and tokens; a learned sink makes the columns another text."""
    if len(parts) == 1:
        (part,) = parts.values()
        tokens, keys, tensors = written(part.tokens), written(part.key_tokens), _tensors(part, layers)
        if tokens == keys:
            return {"attention": tensors, "tokens": tokens}
        return {"cross_attention": tensors, "decoder_tokens": tokens, "encoder_tokens": keys}
    tensors = {f"{kind}_attention": _tensors(part, layers) for kind, part in parts.items()}
    return {**tensors, "encoder_tokens": written(parts["encoder"].tokens), "decoder_tokens": written(parts["decoder"].tokens)}


def _tensors(part: AttentionRecord, layers: Sequence[int]) -> list[Any]:
    """A list with a place for every layer; BertViz looks at those in `layers` only."""
    import torch

    held = {
        layer: torch.from_numpy(np.stack([part.weights(layer, head) for head in range(part.num_heads)]))[None] for layer in layers
    }  # (1, H, Q, K) each
    return [held.get(layer, held[layers[0]]) for layer in range(part.num_layers)]


def _unused_character(tokens: Sequence[str]) -> str:
    """A private-use character that stands in no token, neither as itself nor as its JSON escape: it holds the place of "<"."""
    text = json.dumps(list(tokens))
    return next(chr(code) for code in range(0xE000, 0xF8FF) if f"\\u{code:04x}" not in text)


def _output(page: str, html_action: str) -> Any:
    from IPython.display import HTML, Javascript, display

    if html_action == "return":
        return HTML(page)
    frame, _, script = page.partition(_SCRIPT)
    display(HTML(frame), Javascript(script.removesuffix("\n</script>\n")))
    return None
