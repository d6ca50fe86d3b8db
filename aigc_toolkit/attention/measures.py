"""What an `Attention` can be asked beyond its weights: pictures, means, links, rollout, head scores, groups, a file.

In: the sites and tokens of the `Attention` that inherits from `Measures`. Out: arrays and tables. Each method only chooses heads
and positions; the work is done in the module of its name. Does not run the model.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from . import cell, find_heads, grouping, head_scores, links, rollout, tiles, value_weighted
from .positions import check_index, positions
from .sites import AnySite

if TYPE_CHECKING:
    from .attention import Attention


class Measures:
    """Methods of `Attention`; `kind` chooses one of an encoder-decoder's three attentions, by default this one."""

    def tile(
        self: "Attention",
        layer: int,
        head: int,
        *,
        rows: slice | None = None,
        columns: slice | None = None,
        size: int = 48,
        reduce: str = "max",
        sink: bool = False,
        kind: str | None = None,
    ) -> np.ndarray:
        """A picture of a region of one head: float32, at most (size, size); a cell is the "max" or "mean" of what it covers.

        Holds a block of rows at a time, never all weights. With `sink`, columns are all of `key_tokens`, what a learned sink takes
        included; without, they are the tokens. Raises ValueError for a part that does not exist, an empty region, a size below 1
        and another reduction.

        >>> attention.tile(0, 3, rows=slice(100, 200), size=48).shape
        (48, 48)
        """
        site = self._site(layer, head, kind)
        part = self if kind is None else self.of(kind)
        num_columns = len(part.key_tokens) if sink else site.num_keys
        region = {
            "rows": range(site.num_queries)[slice(None) if rows is None else rows],
            "columns": range(num_columns)[slice(None) if columns is None else columns],
        }
        return tiles.tile(site, head, **region, size=size, reduce=reduce, row_sums=self._row_sums)

    def average(
        self: "Attention",
        layers: Sequence[int] | None = None,
        heads: Sequence[int] | None = None,
        rows: slice | Sequence[int] | None = None,
        kind: str | None = None,
    ) -> np.ndarray:
        """Mean weights over `layers` and `heads` (all by default), float32 (Q, K), one head held at a time.

        Raises ValueError for a layer, head or position that does not exist, and for none.

        >>> attention.average(layers=[0]).shape
        (6, 6)
        """
        part = self if kind is None else self.of(kind)
        chosen = part._chosen_heads(layers, heads)
        return links.mean_weights(chosen, part._row_ids(rows)).cpu().numpy()

    def top_links(
        self: "Attention",
        num_links: int = 20,
        *,
        min_distance: int = 0,
        first_key: int = 0,
        layers: Sequence[int] | None = None,
        heads: Sequence[int] | None = None,
        kind: str | None = None,
    ) -> pd.DataFrame:
        """The strongest links over all heads: layer, head, query, key, their tokens, distance and weight, strongest first.

        `min_distance` asks for links at least so many positions long, `first_key=1` leaves out what goes to the first token, where
        unused attention is parked. Raises ValueError for a number below 1, or a distance between two texts.

        >>> attention.top_links(1, min_distance=3).columns.tolist()
        ['layer', 'head', 'query', 'key', 'query_token', 'key_token', 'distance', 'weight']
        """
        part = self if kind is None else self.of(kind)
        if num_links < 1:
            raise ValueError(f"num_links is {num_links}; 1 or more is allowed. Ask for 20.")
        if min_distance and part.kind == "cross":
            raise ValueError("min_distance is given for cross attention, whose queries and keys are two texts. Leave it out.")
        found = [
            (layer, head, int(query), int(key), weight)
            for layer, head in part._chosen_indices(layers, heads)
            for query, key, weight in links.strongest_links(
                part.sites[layer], head, num_links, min_distance=min_distance, first_key=first_key
            )
        ]
        found = sorted(found, key=lambda link: -link[-1])[:num_links]
        return pd.DataFrame(
            [
                {
                    "layer": layer,
                    "head": head,
                    "query": query,
                    "key": key,
                    "query_token": part.tokens[query],
                    "key_token": part.key_tokens[key],
                    "distance": abs(query - key),
                    "weight": weight,
                }
                for layer, head, query, key, weight in found
            ],
            columns=["layer", "head", "query", "key", "query_token", "key_token", "distance", "weight"],
        )

    def value_weighted(
        self: "Attention", layer: int, head: int, rows: slice | Sequence[int] | None = None, kind: str | None = None
    ) -> np.ndarray:
        """||alpha v W_O||, float32 (Q, K): the length of what each token really gives each query through this head.

        Kobayashi et al. (2020), "Attention is Not Only a Weight", equation 3. Raises ValueError where the model does more than
        one linear map between attention and the residual stream, or keeps its values to itself.

        >>> attention.value_weighted(0, 3).shape
        (6, 6)
        """
        site = self._site(layer, head, kind)
        if site.output_gram is None:
            raise ValueError(
                f"The values of {site.name} do not go straight through one linear map, or were not seen; only such attention has "
                "value-weighted lengths. Use weights(layer, head)."
            )
        row_ids = torch.as_tensor(positions(rows, site.num_queries, "rows"), device=site.device)
        return value_weighted.value_weighted(site, head, row_ids).cpu().numpy()

    def cell(self: "Attention", layer: int, head: int, query: int, key: int, kind: str | None = None) -> cell.Cell:
        """Every number between one query, one key and their weight: exp(score - log_sum_exp), and the value-weighted weight.

        Raises ValueError for a layer, head or position that does not exist, and for a family of which only weights are known.

        >>> round(attention.cell(0, 3, query=5, key=2).scaling, 3)
        0.177
        """
        return cell.cell(self._site(layer, head, kind), head, query, key)

    def rollout(self: "Attention", rows: slice | Sequence[int] | None = None, kind: str | None = None) -> np.ndarray:
        """How much of each input token reaches the last layer, float32 (Q, K): the product over layers of (mean weights + I) / 2.

        Abnar and Zuidema (2020), "Quantifying Attention Flow in Transformers", section 3. Rows sum to 1, but for what learned sinks
        take, which is lost. Raises ValueError for cross attention and positions that do not exist.

        >>> attention.rollout(rows=[5]).shape
        (1, 6)
        """
        part = self._self_attention("rollout", kind)
        return rollout.rollout(part.sites, part._row_ids(rows))

    def head_scores(self: "Attention", *, num_shuffles: int = 100, seed: int = 0, kind: str | None = None) -> pd.DataFrame:
        """What each head does, one row per head: entropy, distance, previous token, first token, same token, induction.

        Each score has its null and how far it lies above it (z); `kind` is a name only where one is earned, else "none of these".
        Definitions and sources are in `.attrs`. Raises ValueError for cross attention, fewer than 2 tokens or shuffles.

        >>> attention.head_scores().attrs["definitions"]["previous_token"]
        'share; mean over queries of the weight on the token before'
        """
        part = self._self_attention("head_scores", kind)
        if len(part.tokens) < 2:
            raise ValueError("There is 1 token; 2 or more are needed to score heads. Capture a longer text.")
        if num_shuffles < 2:
            raise ValueError(f"num_shuffles is {num_shuffles}; 2 or more are needed for a spread. Use 100.")
        return head_scores.head_scores(part.sites, part.token_ids, num_shuffles=num_shuffles, seed=seed)

    def find_heads(self: "Attention", pattern: Sequence[tuple[int, int]] | np.ndarray, *, kind: str | None = None) -> pd.DataFrame:
        """All heads by how well they match `pattern`, best first: score, null, above_null, z.

        `pattern` is pairs (query, key), or an example matrix (Q, K) of numbers from 0 up. Definitions are in `.attrs`. Raises
        ValueError for an empty pattern, one of another size, negative numbers and one that no query may see.

        >>> attention.find_heads([(4, 2), (5, 2)]).columns.tolist()
        ['layer', 'head', 'score', 'null', 'above_null', 'spread', 'z', 'num_rows']
        """
        return find_heads.find_heads((self if kind is None else self.of(kind)).sites, pattern)

    def groups(self: "Attention", by: str) -> list[grouping.TokenGroup]:
        """Tokens put together by "characters", "words", "sentences" or "turns", with offsets in the text.

        >>> [group.text for group in attention.groups("words")]
        ['Mia', ' found', ' her', ' lantern', '.']
        """
        return grouping.group_tokens(self.tokens, self.pieces, by)

    def group_weights(self: "Attention", layer: int, head: int, by: str, kind: str | None = None) -> np.ndarray:
        """Weights between groups of tokens, float32: the sum over a group's keys, the mean over its queries.

        Clark et al. (2019), section 4.1. Raises ValueError for a grouping, layer or head that does not exist.

        >>> attention.group_weights(0, 3, "words").shape
        (5, 5)
        """
        part = self if kind is None else self.of(kind)
        keys = self.of("encoder") if part.kind == "cross" else part
        weights = part.weights(layer, head, columns=slice(len(keys.tokens)))  # (Q, K)
        return grouping.grouped_weights(weights, part.groups(by), keys.groups(by))

    def save(self: "Attention", path: str | Path) -> Path:
        """Write queries, keys, values and facts of all kinds as one safetensors file; `load_attention(path)` opens it.

        The file needs no model. Raises FileNotFoundError for a folder that does not exist.

        >>> attention.save("mia.safetensors")
        PosixPath('mia.safetensors')
        """
        from .saved import save_attention

        return save_attention(self, path)

    def _self_attention(self: "Attention", what: str, kind: str | None) -> "Attention":
        part = self if kind is None else self.of(kind)
        if part.kind == "cross":
            raise ValueError(f"{what} is asked of cross attention; it needs one text that looks at itself. Use kind='decoder'.")
        return part

    def _row_ids(self: "Attention", rows: slice | Sequence[int] | None) -> torch.Tensor:
        return torch.as_tensor(positions(rows, self.sites[0].num_queries, "rows"), device=self.sites[0].device)

    def _chosen_heads(self: "Attention", layers: Sequence[int] | None, heads: Sequence[int] | None) -> list[tuple[AnySite, int]]:
        return [(self.sites[layer], head) for layer, head in self._chosen_indices(layers, heads)]

    def _chosen_indices(self: "Attention", layers: Sequence[int] | None, heads: Sequence[int] | None) -> list[tuple[int, int]]:
        chosen = []
        for layer in range(self.num_layers) if layers is None else layers:
            check_index("layer", layer, self.num_layers)
            for head in range(self.sites[layer].num_heads) if heads is None else heads:
                check_index("head", head, self.sites[layer].num_heads)
                chosen.append((layer, head))
        if not chosen:
            raise ValueError("layers or heads is empty; at least one head is needed. Leave them out for all.")
        return chosen
