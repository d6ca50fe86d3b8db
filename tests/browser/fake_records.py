"""Records with the attributes the views read, made without a model: tokens of any kind and smooth causal weights."""

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

HOSTILE = [
    "</script>",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "${alert(1)}",
    "{{value}}",
    "\u202egnirts",
    "\u2066x\u2069",
    "\ud800",
    "\x00\x07",
    "a\u2028b",
    "\u200b",
    "'\"&lt;",
    "x" * 10_000,
]


@dataclass(frozen=True)
class FakeVerification:
    max_error: float = 3.1e-7
    layer: int = 2
    tolerance: float = 1e-4
    passed: bool = True


@dataclass(frozen=True)
class FakeGroup:
    first: int
    end: int


@dataclass
class FakeAttention:
    """One kind of attention whose weights alone are known: no queries, no keys, no arithmetic."""

    tokens: list[str]
    num_layers: int = 4
    num_heads: int = 4
    num_key_value_heads: int = 2
    model_name: str = "story"
    proof: FakeVerification | None = field(default_factory=FakeVerification)
    causal: bool = True
    shift: int = 0  # another number, other weights

    has_sink = False
    picture = None

    @property
    def kind(self) -> str:
        return "decoder" if self.causal else "encoder"

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.kind,)

    @property
    def pieces(self) -> list[str]:
        return self.tokens

    @property
    def key_tokens(self) -> list[str]:
        return self.tokens

    @property
    def other_layers(self) -> dict[int, str]:
        return {}

    @property
    def heads_of_layers(self) -> list[int]:
        return [self.num_heads] * self.num_layers

    @property
    def windows(self) -> list[None]:
        return [None] * self.num_layers

    def of(self, kind: str) -> "FakeAttention":
        assert kind == self.kind
        return self

    def weights(self, layer: int, head: int, rows: slice | None = None, columns: slice | None = None) -> np.ndarray:
        num_tokens = len(self.tokens)
        query, key = np.meshgrid(np.arange(num_tokens), np.arange(num_tokens), indexing="ij")  # (T, T)
        focus = (head * 3 + layer + self.shift) % 7
        random = np.random.default_rng(1000 * layer + head).normal(size=(num_tokens, num_tokens))  # (T, T)
        scores = 0.9 * random - 0.25 * np.abs(query - key - focus) + 1.5 * (layer / 3) * (key == 0)
        if self.causal:
            scores = np.where(key <= query, scores, -np.inf)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
        return weights[rows or slice(None)][:, columns or slice(None)]

    def tile(
        self,
        layer: int,
        head: int,
        *,
        rows: slice | None = None,
        columns: slice | None = None,
        size: int = 48,
        sink: bool = False,
    ) -> np.ndarray:
        weights = self.weights(layer, head, rows, columns)
        for axis, count in enumerate(weights.shape):
            num_bins = min(count, size)
            weights = np.maximum.reduceat(weights, np.arange(num_bins) * count // num_bins, axis=axis)
        return weights

    def cell(self, layer: int, head: int, query: int, key: int) -> None:
        raise ValueError("This family shows its weights only.")

    def score_inputs(self, layer: int) -> None:
        return None

    def head_scores(self) -> pd.DataFrame:
        heads = [(layer, head) for layer in range(self.num_layers) for head in range(self.num_heads)]
        records = [
            {
                "layer": layer,
                "head": head,
                "kind": "first token" if self.weights(layer, head)[1:, 0].mean() > 0.5 else "none of these",
                "first_token": float(self.weights(layer, head)[1:, 0].mean()),
                "first_token_null": 0.1,
                "first_token_z": 3.0,
            }
            for layer, head in heads
        ]
        table = pd.DataFrame(records)
        table.attrs["definitions"] = {"first_token": "share of the weight on the first token", "kind": "the largest share"}
        return table

    def groups(self, by: str) -> list[FakeGroup]:
        return [FakeGroup(index, index + 1) for index in range(len(self.tokens))]

    def verify(self) -> FakeVerification | None:
        return self.proof


@dataclass(frozen=True)
class FakeAlternative:
    id: int
    text: str
    logprob: float


@dataclass(frozen=True)
class FakeStep:
    id: int
    text: str
    logprob: float
    rank: int
    entropy: float
    alternatives: tuple[FakeAlternative, ...]
    position: int


@dataclass(frozen=True)
class FakeGeneration:
    prompt: str
    tokens: tuple[FakeStep, ...]
    stop_reason: str | None = "end_of_text"
    model_name: str = "story"
    can_branch: bool = False

    @property
    def text(self) -> str:
        return "".join(step.text for step in self.tokens)


def fake_generation(prompt: str, pieces: list[str], *, stop_reason: str | None = "end_of_text") -> FakeGeneration:
    """One step per piece; probabilities fall off geometrically, every sixth token is the second choice."""
    random = np.random.default_rng(7)
    steps = []
    for position, piece in enumerate(pieces):
        best = float(random.beta(2.2, 1.1))
        probabilities = [best * (1 - best) ** i for i in range(8)]
        rank = 2 if position % 6 == 5 else 1
        names = [f" word{i}" for i in range(8)]
        names[rank - 1] = piece
        ids = [100 + i for i in range(8)]
        alternatives = tuple(FakeAlternative(ids[i], names[i], math.log(max(p, 1e-9))) for i, p in enumerate(probabilities))
        entropy = -sum(p * math.log(p) for p in probabilities if p > 0)
        chosen = alternatives[rank - 1]
        steps.append(FakeStep(chosen.id, piece, chosen.logprob, rank, entropy, alternatives, position))
    return FakeGeneration(prompt, tuple(steps), stop_reason)
