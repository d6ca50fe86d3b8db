"""The links that a view's lines show, in Python: the fewest that hold a share of the weight.

In: the attentions, requests and state of a view. Out: links between tokens or groups of tokens, largest first. The rules are
those of `static/links.js`: a group's keys are summed, its queries averaged (Clark et al. 2019, section 4.1), a sink stays alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aigc_toolkit.views.export_numbers import number
from aigc_toolkit.views.payload import AttentionRecord
from aigc_toolkit.views.requests import Requests
from aigc_toolkit.views.text_safety import without_surrogates

SHORT = 40  # groups up to which all links are shown while no token is chosen


@dataclass(frozen=True)
class Links:
    """`links` are (query group, key group, weight); groups are (first position, text), in the order of the text."""

    part: AttentionRecord
    queries: Sequence[tuple[int, str]]
    keys: Sequence[tuple[int, str]]
    links: Sequence[tuple[int, int, float]]
    held: float  # share of the weight that the links hold

    def rows(self) -> Iterator[tuple[int, str, int, str, str]]:
        """Position and text of query and key, and the weight, as a table has them."""
        for query, key, weight in self.links:
            yield (*self.queries[query], *self.keys[key], number(weight))


def shown_links(attentions: Sequence[AttentionRecord], requests: Requests, state: Mapping[str, Any]) -> Links:
    """The links of the chosen token or its group; of all of a short text when none is chosen."""
    part = attentions[0 if state["of"] == "difference" else state["of"]].of(state["kind"])
    source = attentions[0].of("encoder") if part.kind == "cross" else part
    query_edges, key_edges = _edges(part, state["grouping"]), _edges(source, state["grouping"])
    num_in_text = key_edges[-1]
    key_edges = [*key_edges, *range(num_in_text + 1, len(part.key_tokens) + 1)]  # a learned sink is a group of its own
    grouped = _grouped(_weights(part, requests, state), query_edges, key_edges, state)  # (query groups, key groups)
    reading = "row" if state["reading"] == "predict" and not (part.causal or part.kind == "cross") else state["reading"]
    if reading == "predict":
        grouped = _predicting(part, requests, state, query_edges, key_edges)
    edges = key_edges if reading == "column" else query_edges
    if state["token"] is not None:
        chosen = [int(np.searchsorted(edges, state["token"], side="right")) - 1]
    else:
        chosen = list(range(len(edges) - 1)) if max(len(query_edges), len(key_edges)) - 1 <= SHORT else []
    found, held = [], 1.0
    for group in chosen:
        values = grouped[:, group] if reading == "column" else grouped[group]
        indices, held = _by_mass(values, state["mass"])
        found += [(i, group, values[i]) if reading == "column" else (group, i, values[i]) for i in indices]
    return Links(part, _texts(part.tokens, query_edges), _texts(part.key_tokens, key_edges), found, held)


def _edges(part: AttentionRecord, grouping: str) -> list[int]:
    if grouping == "tokens":
        return list(range(len(part.tokens) + 1))
    return [*(group.first for group in part.groups(grouping)), len(part.tokens)]


def _texts(tokens: Sequence[str], edges: Sequence[int]) -> list[tuple[int, str]]:
    return [(first, without_surrogates("".join(tokens[first:end]))) for first, end in zip(edges, edges[1:], strict=False)]


def _weights(part: AttentionRecord, requests: Requests, state: Mapping[str, Any]) -> np.ndarray:
    """float16 numbers of the whole head, (Q, K); of a difference, of both heads."""
    ofs = (0, 1) if state["of"] == "difference" else (state["of"],)
    step = max(1, 2**20 // len(part.key_tokens))
    found = []
    for of in ofs:
        name = {"of": of, "kind": state["kind"], "layer": state["layer"], "head": state["head"]}
        edges = [*range(0, len(part.tokens), step), len(part.tokens)]
        data = b"".join(requests.answer("rows", {**name, "first": a, "end": b}) for a, b in zip(edges, edges[1:], strict=False))
        found.append(np.frombuffer(data, "<f2").reshape(len(part.tokens), -1).astype(np.float64))  # (Q, K)
    return found[0] if len(found) == 1 else found[0] - found[1]


def _grouped(weights: np.ndarray, query_edges: Sequence[int], key_edges: Sequence[int], state: Mapping[str, Any]) -> np.ndarray:
    if state["skip_first"]:
        weights = weights.copy()
        weights[:, 0] = 0
    summed = np.add.reduceat(weights, key_edges[:-1], axis=1)  # (Q, key groups)
    return np.add.reduceat(summed, query_edges[:-1], axis=0) / np.diff(query_edges)[:, None]


def _predicting(
    part: AttentionRecord, requests: Requests, state: Mapping[str, Any], query_edges: Sequence[int], key_edges: Sequence[int]
) -> np.ndarray:
    """A row per query group, read one token earlier: those from which its tokens were predicted."""
    by_token = _grouped(_weights(part, requests, state), range(len(part.tokens) + 1), key_edges, state)  # (Q, key groups)
    rows = []
    for first, end in zip(query_edges, query_edges[1:], strict=False):
        read = by_token[max(0, first - 1) : end - 1]
        rows.append(read.mean(axis=0) if len(read) else np.zeros(by_token.shape[1]))
    return np.stack(rows)


def _by_mass(values: np.ndarray, mass: float) -> tuple[list[int], float]:
    """Places of the fewest values that hold `mass` of all, and the share they hold."""
    sizes = np.abs(values)
    order = [i for i in np.argsort(-sizes, kind="stable") if sizes[i] > 0]
    total, held, chosen = float(sizes.sum()), 0.0, []
    for i in order:
        if held >= (mass - 1e-9) * total:
            break
        held += float(sizes[i])
        chosen.append(int(i))
    return chosen, min(1.0, held / total) if total > 0 else 0.0
