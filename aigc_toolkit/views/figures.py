"""Figures for a paper through Plotly: a head as a heat map, a score of every head, entropy by layer.

In: an `Attention`. Out: a `plotly.graph_objects.Figure` each, on white, with units in the titles and the views' colour-blind-safe
scale. Token text is escaped: Plotly reads tags, entities and dollar signs in any text it draws. Exact numbers, no browser.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from aigc_toolkit.views.checks import listed
from aigc_toolkit.views.color_ramp import color_ramp
from aigc_toolkit.views.visible_text import label_text

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

LARGEST_SIDE = 1024  # rows or columns of a heat map: a figure carries every number as text
NAMED_TOKENS = 48  # at most so many tokens are written on an axis
_INK, _LINE = "#14181d", "#dfe4e9"
_UNITS = {"entropy": "nats", "distance": "tokens"}  # of head scores; all others are shares of weight


class AttentionRecord(Protocol):
    tokens: Sequence[str]
    key_tokens: Sequence[str]
    kind: str
    model_name: str
    num_layers: int
    num_heads: int

    def of(self, kind: str) -> "AttentionRecord": ...
    def weights(self, layer: int, head: int, rows: slice | None = None, columns: slice | None = None) -> np.ndarray: ...
    def head_scores(self) -> "pd.DataFrame": ...


def heat_map(
    attention: AttentionRecord,
    layer: int,
    head: int,
    *,
    rows: slice | None = None,
    columns: slice | None = None,
    curve: Literal["linear", "root"] = "linear",
    kind: str | None = None,
) -> "go.Figure":
    """The weights of one head: queries down, keys across; `rows` and `columns` choose positions.

    `curve` "root" colours by the square root, so that small weights are seen; the numbers are the weights either way. Raises
    ValueError for more than 1,024 rows or columns, an empty choice and another curve.

    >>> heat_map(attention, 0, 3).layout.title.text
    'Attention weights, layer 0, head 3 (story)'
    """
    part = attention if kind is None else attention.of(kind)
    row_ids = range(len(part.tokens))[rows or slice(None)]
    column_ids = range(len(part.key_tokens))[columns or slice(None)]
    for name, ids in (("rows", row_ids), ("columns", column_ids)):
        if not 1 <= len(ids) <= LARGEST_SIDE:
            raise ValueError(
                f"{name} has {len(ids)} positions; 1 to {LARGEST_SIDE} are drawn. Choose some with {name}=slice(first, end), "
                "or use attention_view(attention)."
            )
    if curve not in ("linear", "root"):
        raise ValueError(f"curve is {curve!r}. Allowed: 'linear', 'root'. Leave it out for 'linear'.")
    weights = part.weights(layer, head, rows=rows, columns=columns)  # (R, C)
    queries, keys = _names(part.tokens, row_ids), _names(part.key_tokens, column_ids)
    most = float(weights.max()) or 1.0
    figure = _figure(f"Attention weights, layer {layer}, head {head}", part.model_name)
    figure.add_heatmap(
        z=weights if curve == "linear" else np.sqrt(weights),
        customdata=np.dstack([np.broadcast_to(np.array(keys), weights.shape), weights.astype(object)]),
        x=list(column_ids),
        y=list(row_ids),
        text=np.broadcast_to(np.array(queries)[:, None], weights.shape),
        hovertemplate="query %{y} %{text}<br>key %{x} %{customdata[0]}<br>weight %{customdata[1]:.4g}<extra></extra>",
        colorscale=_colorscale(),
        zmin=0,
        zmax=most if curve == "linear" else most**0.5,
        colorbar=_colorbar("weight", most, curve),
    )
    figure.update_xaxes(title="key (position, token)", **_token_axis(column_ids, keys), side="bottom")
    figure.update_yaxes(title="query (position, token)", **_token_axis(row_ids, queries), autorange="reversed")
    if len(row_ids) == len(column_ids):
        figure.update_yaxes(scaleanchor="x", constrain="domain")
        figure.update_xaxes(constrain="domain")
    return figure


def head_score_map(attention: AttentionRecord, measure: str = "induction", *, kind: str | None = None) -> "go.Figure":
    """One score of every head, layers down and heads across: a column of `attention.head_scores()`.

    Raises ValueError for a score that is not measured.

    >>> head_score_map(attention, "previous_token").layout.coloraxis.colorbar.title.text
    'previous token (share)'
    """
    part = attention if kind is None else attention.of(kind)
    table = part.head_scores()
    measures = [name for name in table.columns if name in table.attrs["sources"]]
    if measure not in measures:
        raise ValueError(f"measure is {measure!r}. Allowed: {listed(measures)}. Choose one of these.")
    scores = np.full((part.num_layers, part.num_heads), np.nan)  # (L, H)
    scores[table["layer"], table["head"]] = table[measure]
    words = f"{measure.replace('_', ' ')} ({_UNITS.get(measure, 'share')})"
    figure = _figure(f"{words.capitalize()} of each head", part.model_name)
    figure.add_heatmap(
        z=scores,
        coloraxis="coloraxis",
        hovertemplate=f"layer %{{y}}, head %{{x}}<br>{words} %{{z:.4g}}<extra></extra>",
        xgap=1,
        ygap=1,
    )
    bar = {"title": {"text": words}, "outlinewidth": 0}
    most = 1.0 if np.isnan(scores).all() else float(np.nanmax(scores)) or 1.0
    figure.update_layout(coloraxis={"colorscale": _colorscale(), "cmin": 0, "cmax": most, "colorbar": bar})
    figure.update_xaxes(title="head", dtick=1 if part.num_heads <= 16 else None, showgrid=False, constrain="domain")
    figure.update_yaxes(title="layer", dtick=1 if part.num_layers <= 32 else None, autorange="reversed", showgrid=False)
    figure.update_yaxes(scaleanchor="x", constrain="domain")
    return figure


def entropy_by_layer(attention: AttentionRecord, *, kind: str | None = None) -> "go.Figure":
    """Mean entropy of the heads of each layer (nats): a dot per head, a line through their means, and even attention for scale.

    The entropy is that of `attention.head_scores()`: Clark et al. (2019), section 3.2.

    >>> [trace.name for trace in entropy_by_layer(attention).data]
    ['even attention', 'head', 'mean of the layer']
    """
    part = attention if kind is None else attention.of(kind)
    table = part.head_scores()
    by_layer = table.groupby("layer")[["entropy", "entropy_null"]].mean()
    figure = _figure("Entropy of attention by layer", part.model_name)
    layers = by_layer.index.to_list()
    hover = "layer %{x}<br>%{y:.3f} nats<extra></extra>"
    dashed = {"color": "#5a646f", "dash": "dash", "width": 1}
    dots = {"color": _hex(150), "size": 6, "symbol": "circle-open"}
    name = "head %{customdata}, layer %{x}<br>%{y:.3f} nats<extra></extra>"
    figure.add_scatter(x=layers, y=by_layer["entropy_null"], mode="lines", name="even attention", line=dashed, hovertemplate=hover)
    figure.add_scatter(
        x=table["layer"], y=table["entropy"], customdata=table["head"], mode="markers", name="head", marker=dots, hovertemplate=name
    )
    line = {"color": _hex(230), "width": 2}
    figure.add_scatter(x=layers, y=by_layer["entropy"], mode="lines", name="mean of the layer", line=line, hovertemplate=hover)
    figure.update_xaxes(title="layer", dtick=1 if len(layers) <= 32 else None, showgrid=False, zeroline=False)
    figure.update_yaxes(title="entropy (nats)", rangemode="tozero", gridcolor=_LINE)
    return figure


def _figure(title: str, model_name: str) -> "go.Figure":
    import plotly.graph_objects as go

    return go.Figure(
        layout={
            "title": {"text": f"{title} ({escaped(model_name)})", "font": {"size": 16}},
            "template": "none",
            "paper_bgcolor": "white",
            "plot_bgcolor": "white",
            "font": {"family": "Helvetica, Arial, Noto Sans CJK SC, sans-serif", "size": 12, "color": _INK},
            "margin": {"l": 96, "r": 24, "t": 56, "b": 88},
            "width": 640,
            "height": 560,
        }
    )


def escaped(text: str) -> str:
    """`text` as Plotly draws it letter for letter: no tag, no entity, no formula.

    >>> escaped("<b>$x$ & y")
    '&lt;b&gt;&#36;x&#36; &amp; y'
    """
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        text = text.replace(character, entity)
    return text


def _names(tokens: Sequence[str], positions: Sequence[int]) -> list[str]:
    labels = [label_text(tokens[position]) for position in positions]
    return [escaped(label if len(label) <= 16 else label[:15] + "…") for label in labels]


def _token_axis(positions: Sequence[int], names: Sequence[str]) -> dict[str, Any]:
    """Every token by name where there is room, else evenly spread ones; each stands exactly at its position."""
    stride = -(-len(positions) // NAMED_TOKENS)
    chosen = range(0, len(positions), stride)
    shown = [f"{positions[i]} {names[i]}" for i in chosen]
    return {
        "tickvals": [positions[i] for i in chosen],
        "ticktext": shown,
        "tickfont": {"size": 9},
        "showgrid": False,
        "zeroline": False,
    }


def _colorbar(words: str, most: float, curve: str) -> dict[str, Any]:
    shown = np.linspace(0, 1, 6) ** (1 if curve == "linear" else 2) * most
    places = shown if curve == "linear" else np.sqrt(shown)
    return {"title": {"text": words}, "tickvals": places.tolist(), "ticktext": [f"{x:.3g}" for x in shown], "outlinewidth": 0}


def _hex(place: int) -> str:
    return "#" + bytes(color_ramp()[place].tolist()).hex()


def _colorscale() -> list[list[Any]]:
    return [[place / 255, _hex(place)] for place in range(0, 256, 15)]
