"""The saved page of an attention: one offline file that stays interactive.

In: the attentions of a view, its payload and the heads to carry. Out: the file. It carries what weights are computed from, small
pictures of the carried heads and their scores; how each part is packed is the matter of `saved_part`.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aigc_toolkit.views.packing import Elements, packed_bytes
from aigc_toolkit.views.payload import AttentionRecord, kinds_of
from aigc_toolkit.views.requests import DIFFERENCE, Requests, small_picture
from aigc_toolkit.views.saved_page import page_text, write_page
from aigc_toolkit.views.saved_part import Head, saved_part

LARGE_PAGE_BYTES = 50_000_000


def save_attention_page(
    path: str | Path,
    attentions: Sequence[AttentionRecord],
    payload: dict[str, Any],
    requests: Requests,
    *,
    heads: Sequence[Head] | None = None,
    layers: Sequence[int] | None = None,
) -> Path:
    """Writes the page and gives its path; see `AttentionView.save`."""
    chosen = None if heads is None and layers is None else _chosen(attentions, heads or (), layers or ())
    elements = Elements()
    saved = [
        {**facts, "parts": _parts(attention, index, facts["parts"], chosen, requests, elements)}
        for index, (attention, facts) in enumerate(zip(attentions, payload["attentions"], strict=True))
    ]
    differences = _difference_pictures(attentions, chosen, elements) if payload["same_tokens"] else None
    payload = {**payload, "attentions": saved, "saved": {"difference_tiles": differences}}
    payload["state"] = _carried_state(payload)
    names = " and ".join(attention.model_name for attention in attentions)
    has_picture = any(part["picture"] for attention in saved for part in attention["parts"].values())
    page = page_text(
        entry="attention_view.js", payload=payload, title=f"Attention · {names}", data=elements.texts, has_pictures=has_picture
    )
    if len(page) > LARGE_PAGE_BYTES:
        warnings.warn(
            f"{path} will have {len(page) / 1e6:.0f} MB. Pages of up to {LARGE_PAGE_BYTES / 1e6:.0f} MB open quickly. "
            "Pass heads=[(layer, head), ...] or layers=[...] to carry less.",
            stacklevel=3,
        )
    return write_page(path, page)


def _parts(
    attention: AttentionRecord,
    index: int,
    facts: dict[str, Any],
    chosen: set[Head] | None,
    requests: Requests,
    elements: Elements,
) -> dict[str, Any]:
    parts = {}
    for kind in kinds_of(attention):
        part = attention.of(kind)
        heads = _carried(part, chosen)
        record = saved_part(part, heads, elements)
        record["tiles"] = _pictures([part], heads, elements)
        record["scores"] = requests.answer("scores", {"of": index, "kind": kind})
        parts[kind] = {**facts[kind], "carried": chosen and [list(head) for head in heads], "saved": record}
    return parts


def _difference_pictures(attentions: Sequence[AttentionRecord], chosen: set[Head] | None, elements: Elements) -> dict[str, Any]:
    """Small pictures of A - B by kind and layer."""
    found = {}
    for kind in kinds_of(attentions[0]):
        parts = [attention.of(kind) for attention in attentions]
        heads = sorted(set(_carried(parts[0], chosen)) & set(_carried(parts[1], chosen)))
        found[kind] = _pictures(parts, heads, elements)
    return found


def _pictures(parts: Sequence[AttentionRecord], heads: Sequence[Head], elements: Elements) -> dict[str, str]:
    """Ids of the small pictures of each layer: uint8 (H, side, side), 0 for heads that are not carried."""
    ids = {}
    num_heads = min(part.num_heads for part in parts)
    for layer in sorted({layer for layer, _ in heads}):
        own = {head: small_picture(parts, layer, head) for of_layer, head in heads if of_layer == layer}
        empty = np.zeros_like(next(iter(own.values())))
        ids[str(layer)] = elements.add(packed_bytes(np.stack([own.get(head, empty) for head in range(num_heads)])))
    return ids


def _carried(part: AttentionRecord, chosen: set[Head] | None) -> list[Head]:
    """The heads of this part that the page carries."""
    every = [(layer, head) for layer in range(part.num_layers) for head in range(part.heads_of_layers[layer])]
    return every if chosen is None else [head for head in every if head in chosen]


def _chosen(attentions: Sequence[AttentionRecord], heads: Sequence[Head], layers: Sequence[int]) -> set[Head]:
    """The heads asked for, each of which exists in some part."""
    parts = [attention.of(kind) for attention in attentions for kind in kinds_of(attention)]
    every = {head for part in parts for head in _carried(part, None)}
    num_layers, num_heads = (1 + max(pair[axis] for pair in every) for axis in (0, 1))
    for layer in layers:
        if (layer, 0) not in every:
            raise ValueError(f"layers hold {layer!r}. Allowed: 0 to {num_layers - 1}. Choose some of these.")
    for head in heads:
        if not isinstance(head, (tuple, list)) or tuple(head) not in every:
            raise ValueError(
                f"heads hold {head!r}. Allowed: (layer, head) with layers 0 to {num_layers - 1} and heads 0 to {num_heads - 1}. "
                "Choose some of these."
            )
    chosen = {tuple(head) for head in heads} | {head for head in every if head[0] in set(layers)}
    if not chosen:
        raise ValueError("heads and layers are empty. At least one head is needed. Leave both out to carry all.")
    return chosen


def _carried_state(payload: dict[str, Any]) -> dict[str, Any]:
    """The view's state, at a head that the page carries."""
    state = payload["state"]
    carried = payload["attentions"][0 if state["of"] == DIFFERENCE else state["of"]]["parts"][state["kind"]]["carried"]
    if not carried or [state["layer"], state["head"]] in carried:
        return state
    return {**state, "layer": carried[-1][0], "head": carried[-1][1], "cell": None}
