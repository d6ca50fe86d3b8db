"""What a model's own eager kernel gives with `output_attentions=True`: the reference that captured attention is compared with."""

import torch
from transformers import PreTrainedModel

from aigc_toolkit.attention import Attention


@torch.inference_mode()
def eager_attention(eager_model: PreTrainedModel, arguments: dict, kinds: tuple[str, ...]) -> dict[str, list[torch.Tensor]]:
    """Weights (H, Q, K) of every layer that has any, by kind; `kinds` are those of the captured attention."""
    outputs = eager_model(**arguments, output_attentions=True, return_dict=True)
    names = {kind: f"{kind}_attentions" if kind == "cross" or len(kinds) > 1 else "attentions" for kind in kinds}
    return {kind: [layer[0] for layer in outputs[name] if layer is not None] for kind, name in names.items()}


def largest_difference(attention: Attention, reference: dict[str, list[torch.Tensor]]) -> float:
    """Largest difference over every kind, layer, head and cell; a layer too many or too few fails."""
    largest = 0.0
    for kind, layers in reference.items():
        part = attention.of(kind)
        assert part.num_layers == len(layers), f"{part.num_layers} layers captured, {len(layers)} in the reference"
        for layer, weights in enumerate(layers):
            assert part.sites[layer].num_heads == len(weights)
            for head, expected in enumerate(weights.float().numpy()):
                captured = part.weights(layer, head, columns=slice(expected.shape[1]))  # a sink's column is not in the reference
                assert captured.shape == expected.shape
                largest = max(largest, abs(captured - expected).max().item())
    return largest
