"""Attentions made of weights that a test chose, and captured ones of small models by name."""

import numpy as np
import torch
from small_models import small_model

from aigc_toolkit.attention import Attention, capture_attention
from aigc_toolkit.attention.sites import Site
from aigc_toolkit.language_model import LanguageModel

TEXT = "Mia found the red lantern 在森林里。😀 Mia found the lantern."


def from_weights(weights: np.ndarray, token_ids=None) -> Attention:
    """A causal attention that gives these weights (L, H, T, T) from queries and keys."""
    ids = list(range(weights.shape[-1])) if token_ids is None else list(token_ids)
    sites = [_site(f"layer {layer}", torch.tensor(heads).float()) for layer, heads in enumerate(weights)]
    names = [f"t{token_id}" for token_id in ids]
    return Attention(sites, ids, names, names, kind="decoder", model_name="constructed")


def _site(name: str, weights: torch.Tensor) -> Site:
    """Keys are unit vectors and queries logarithms of weights (H, T, T), so that scores are these logarithms."""
    num_heads, num_tokens, _ = weights.shape
    unit = torch.eye(num_tokens).expand(num_heads, -1, -1)
    return Site(
        name=name,
        query=weights.log().clamp_min(-200),  # exp(-200) is 0 in float32
        key=unit,
        value=unit,
        mask=None,
        bias=None,
        sinks=None,
        scaling=1.0,
        softcap=None,
        causal=True,
        sampled_rows=torch.arange(num_tokens),
        sampled_output=weights.transpose(0, 1),  # values are unit vectors
    )


def even(num_tokens: int) -> np.ndarray:
    """Each token looks at all up to itself alike, (T, T)."""
    lower = np.tril(np.ones((num_tokens, num_tokens)))
    return lower / lower.sum(1, keepdims=True)


def looks_back(num_tokens: int, distance: int) -> np.ndarray:
    """Each token looks `distance` back, the first ones at the first token, (T, T)."""
    weights = np.zeros((num_tokens, num_tokens))
    rows = np.arange(num_tokens)
    weights[rows, np.maximum(rows - distance, 0)] = 1
    return weights


def captured(family: str, tokenizer, text: str = TEXT, **settings) -> Attention:
    """The attention of a small random model over a text."""
    return capture_attention(LanguageModel(small_model(family), tokenizer, family), text, **settings)
