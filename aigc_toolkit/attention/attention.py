"""Attention weights on demand, from recorded queries and keys.

In: the sites of one forward pass and the tokens it read. Out: weights of any head and rows, recomputed in float32, and a proof
against the model's own output; `measures` holds what else can be asked. Holds nothing of the model: it may be moved, trained or
deleted afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from .measures import Measures
from .picture import Picture
from .positions import check_index, positions
from .score_inputs import ScoreInputs, score_inputs
from .sites import AnySite
from .tiles import RowSums
from .visibility import is_causal, window

TOLERANCES = {torch.float32: 1e-4, torch.float64: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}
SINK = "<sink>"  # a pseudo-token for what a learned sink takes


@dataclass(frozen=True)
class Verification:
    """How far softmax(q k) v, recomputed, is from what the kernel gave, as a share of the layer's largest value.

    Where a family keeps queries and keys to itself, only its weights are known: the error is then how far a row's sum is from 1.
    """

    max_error: float
    layer: int  # where the error is largest
    num_rows: int  # query rows compared, over all layers
    tolerance: float  # by the model's dtype
    passed: bool
    kind: str = "decoder"  # of attention, where the error is largest
    compared: str = "outputs"  # or "row sums"


class Attention(Measures):
    """The attention of one text: `.tokens`, `.num_layers`, `.num_heads`, `.weights(layer, head)`.

    Layers and heads count from 0; heads are query heads. Weights are what the model computed, in float32. Encoder-decoders have
    three kinds of attention, each an `Attention` of its own: `.of("encoder")`, `.of("decoder")`, `.of("cross")`. Of a hybrid, the
    layers are those that have attention: `.layer_names` says where they are in the model, `.other_layers` what the others are.
    Raises ValueError, naming what there is, for a layer, head, kind or position that does not exist.

    >>> attention = capture_attention(lm, "Mia found her lantern.")
    >>> attention.weights(layer=0, head=3).shape
    (6, 6)
    """

    def __init__(
        self,
        sites: Sequence[AnySite],
        token_ids: Sequence[int],
        tokens: Sequence[str],
        pieces: Sequence[str],
        *,
        kind: str,
        model_name: str,
        key_tokens: Sequence[str] | None = None,
        other_layers: Mapping[int, str] | None = None,
        other_kinds: Sequence["Attention"] = (),
        picture: Picture | None = None,
    ):
        self.sites = tuple(sites)
        self.token_ids = tuple(token_ids)  # () for pixels and sound
        self.tokens = list(tokens)  # what the rows stand for: one display string per id, special tokens included
        self.pieces = list(pieces)  # what each id adds to the text, "" while a character is incomplete
        self.kind = kind  # "decoder", "encoder" or "cross"
        self.model_name = model_name
        self.other_layers = dict(other_layers or {})  # layers of the model that have no attention, and what they are
        sink = [SINK] if self.has_sink else []
        self.key_tokens = [*(self.tokens if key_tokens is None else key_tokens), *sink]  # what the columns stand for
        self.picture = picture  # what a vision model looked at
        self._row_sums = RowSums()  # of heads whose picture was made
        self._of_kind = {kind: self} | {other.kind: other for other in other_kinds}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of attention of this model, this one first."""
        return tuple(self._of_kind)

    def of(self, kind: str) -> "Attention":
        """The attention of one kind, with its own tokens and layers. Raises ValueError for a kind that does not exist."""
        if kind not in self._of_kind:
            has = " and ".join(repr(name) for name in self._of_kind)
            raise ValueError(
                f"kind is {kind!r}; {self.model_name!r} has {has} attention only. Leave kind out, or use one of these."
            )
        return self._of_kind[kind]

    @property
    def num_layers(self) -> int:
        """Layers that have attention of this kind."""
        return len(self.sites)

    @property
    def num_model_layers(self) -> int:
        """Layers in all: more than `num_layers` for a hybrid."""
        return self.num_layers + len(self.other_layers)

    @property
    def layer_names(self) -> list[str]:
        """Where each layer's attention is in the model: its qualified module name."""
        return [site.name for site in self.sites]

    @property
    def num_heads(self) -> int:
        """Query heads of a layer (the most any layer has)."""
        return max(site.num_heads for site in self.sites)

    @property
    def heads_of_layers(self) -> list[int]:
        """Query heads of each layer: alike in nearly all models."""
        return [site.num_heads for site in self.sites]

    @property
    def num_key_value_heads(self) -> int:
        """Key/value heads of a layer: fewer than query heads under grouped-query attention."""
        return max(site.num_key_value_heads for site in self.sites)

    @property
    def has_sink(self) -> bool:
        """Whether the last of `key_tokens` stands for a learned sink."""
        return any(site.sinks is not None for site in self.sites)

    @property
    def causal(self) -> bool:
        """Whether no query sees a later key."""
        return is_causal(self.sites)

    @property
    def windows(self) -> list[int | None]:
        """Per layer: w where queries see the keys less than w positions away and no others, else None."""
        return [window(site) for site in self.sites]

    def score_inputs(self, layer: int) -> ScoreInputs | None:
        """Queries, keys and all else that the weights of a layer come from, as NumPy; None where only weights are known.

        >>> attention.score_inputs(0).query.shape
        (6, 6, 32)
        """
        check_index("layer", layer, self.num_layers)
        return score_inputs(self.sites[layer])

    @torch.inference_mode()
    def weights(
        self,
        layer: int,
        head: int,
        rows: slice | Sequence[int] | None = None,
        columns: slice | Sequence[int] | None = None,
        kind: str | None = None,
    ) -> np.ndarray:
        """Weights of one head, float32 (Q, K): row q says how much query token q took from each of `key_tokens`.

        `rows` and `columns` choose query and key positions. Where the model has learned sinks, the last column is what the sink
        took, so that rows sum to 1. Raises ValueError for a layer, head, position or kind that does not exist.
        """
        site = self._site(layer, head, kind)
        row_ids = positions(rows, site.num_queries, "rows")
        weights = site.weights(head, torch.as_tensor(row_ids, device=site.device))  # (R, K), with a sink (R, K + 1)
        numbers = weights.cpu().numpy()
        part = self if kind is None else self.of(kind)
        if site.sinks is None and len(part.key_tokens) > site.num_keys:  # only other layers have sinks
            numbers = np.pad(numbers, ((0, 0), (0, 1)))
        return numbers if columns is None else numbers[:, positions(columns, numbers.shape[1], "columns")]

    @torch.inference_mode()
    def verify(self) -> Verification:
        """Compare softmax(q k) v with the output the model's kernel gave, for sampled rows of every layer, head and kind."""
        places = [(part, layer) for part in self._of_kind.values() for layer in range(part.num_layers)]
        errors = [part.sites[layer].error() for part, layer in places]
        worst = int(np.argmax(errors))
        part, layer = places[worst]
        tolerance = TOLERANCES[part.sites[layer].dtype]
        return Verification(
            max_error=errors[worst],
            layer=layer,
            num_rows=sum(len(part.sites[layer].sampled_rows) for part, layer in places),
            tolerance=tolerance,
            passed=errors[worst] <= tolerance,
            kind=part.kind,
            compared=part.sites[layer].compared,
        )

    def __repr__(self) -> str:
        layers = f"{self.num_layers} of {self.num_model_layers}" if self.other_layers else self.num_layers
        return f"Attention({self.model_name!r}, {len(self.tokens)} tokens, {layers} layers x {self.num_heads} heads, {self.kind})"

    def _repr_mimebundle_(self, include=None, exclude=None):
        from ..views import attention_view

        return attention_view(self)._repr_mimebundle_(include=include, exclude=exclude)

    def _site(self, layer: int, head: int, kind: str | None) -> AnySite:
        part = self if kind is None else self.of(kind)
        check_index("layer", layer, part.num_layers)
        check_index("head", head, part.sites[layer].num_heads)
        return part.sites[layer]
