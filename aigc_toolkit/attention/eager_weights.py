"""Weights from the families whose attention only their own eager code sees (Bloom, MPT, GPT-J, XLNet, DeBERTa ...).

In: a model and its inputs. Out: one `WeightsSite` per layer and kind, or a sentence that says why not. These models keep queries
and keys to themselves, so what is kept is every weight: quadratic in the number of tokens, and proven by its shape and its row
sums only. Does not change how the model computes.
"""

import torch
from transformers import PreTrainedModel

from .sites import WeightsSite

OUTPUTS_OF_KINDS = {"encoder": "encoder_attentions", "decoder": "decoder_attentions", "cross": "cross_attentions"}


class NotWhole(Exception):
    """Why an attention cannot be given whole, as the end of a sentence."""


def eager_sites(model: PreTrainedModel, inputs: dict, *, keep: str) -> dict[str, list[WeightsSite]]:
    """Sites by kind ("" where the model has but one), kept on the "cpu" or the model's "device". Raises NotWhole."""
    kernel = model.config._attn_implementation
    if kernel != "eager":
        raise NotWhole(f"no attention of it passes transformers' attention interface, and it runs with the kernel {kernel!r}")
    outputs = model(**inputs, output_attentions=True, return_dict=True)
    kinds = OUTPUTS_OF_KINDS if model.config.is_encoder_decoder else {"": "attentions"}
    return {kind: _sites(outputs.get(name), kind, keep) for kind, name in kinds.items()}


def _sites(weights_of_layers: tuple | None, kind: str, keep: str) -> list[WeightsSite]:
    if not weights_of_layers:
        raise NotWhole("it gives no attention weights")
    for layer, weights in enumerate(weights_of_layers):
        if not isinstance(weights, torch.Tensor) or weights.dim() != 4 or weights.shape[0] != 1:
            shape = tuple(weights.shape) if isinstance(weights, torch.Tensor) else type(weights).__name__
            raise NotWhole(f"layer {layer} gives something else than one weight per head, query and key: {shape}")
    where = f"{kind} layer" if kind else "layer"
    return [_site(f"{where} {layer}", weights[0], keep) for layer, weights in enumerate(weights_of_layers)]


def _site(name: str, weights: torch.Tensor, keep: str) -> WeightsSite:
    kept = weights.float() if keep == "device" else weights.float().cpu()
    return WeightsSite(name=name, kept=kept, dtype=weights.dtype)
