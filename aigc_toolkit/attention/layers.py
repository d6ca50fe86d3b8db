"""Put the attention calls of a pass into layers, and make sure that none is missing.

In: a model and its sites in the order in which they ran. Out: a `Stack` per kind of attention: "encoder", "decoder", "cross".
Layers of hybrids that have no attention (recurrent, linear, convolution) are named; a layer whose attention was not heard is
refused. Does not know weights.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import nn
from transformers import PreTrainedModel

from .eager_weights import NotWhole
from .memory import config_number
from .sites import AnySite

KINDS_OF_ENCODER_DECODERS = ("encoder", "decoder", "cross")  # in the order in which they run first
FIRST_NUMBER = re.compile(r"(^|\.)(\d+)(\.|$)")
ATTENTION_CLASS = re.compile("attention|attn", re.IGNORECASE)


@dataclass(frozen=True)
class Stack:
    """All attention of one kind, in the order of layers."""

    sites: tuple[AnySite, ...]
    other_layers: dict[int, str] = field(default_factory=dict)  # layers of the model that have no attention, and what they are

    @property
    def num_model_layers(self) -> int:
        return len(self.sites) + len(self.other_layers)


def stacks(model: PreTrainedModel, sites: Sequence[AnySite]) -> dict[str, Stack]:
    """The recorded `sites` as whole stacks. Raises NotWhole where a layer is missing or cannot be told from another."""
    if model.config.is_encoder_decoder:
        return {kind: _stack(model, part, frozenset()) for kind, part in _encoder_decoder_parts(sites).items()}
    stack = _stack(model, sites, _stated_layers(model))
    return {_kind(model, sites): stack}


def weight_stacks(model: PreTrainedModel, sites_of_kinds: dict[str, Sequence[AnySite]]) -> dict[str, Stack]:
    """The same for weights that came layer by layer. Raises NotWhole where their number is not the number of layers."""
    if model.config.is_encoder_decoder:
        return {kind: Stack(tuple(sites)) for kind, sites in sites_of_kinds.items()}
    (sites,) = sites_of_kinds.values()
    stated = _stated_layers(model)
    if len(sites) not in stated:
        raise NotWhole(f"{len(sites)} attentions were given by {_in_words(stated)} layers")
    return {_kind(model, sites): Stack(tuple(sites))}


def without_attention(model: PreTrainedModel) -> str | None:
    """What the layers of a model are that has no attention at all (Mamba, RWKV), or None."""
    if any(ATTENTION_CLASS.search(type(module).__name__) for module in model.modules()):
        return None
    inner = [
        type(part).__name__ for layers in model.modules() if isinstance(layers, nn.ModuleList) for part in layers[0].children()
    ]
    mixers = [name for name in inner if "norm" not in name.lower() and name not in ("ModuleList", "Sequential", "Identity")]
    return mixers[0] if mixers else type(model).__name__


def _stated_layers(model: PreTrainedModel) -> frozenset[int]:
    """The numbers of layers that the configuration states: one, or one for each part (text, vision, sound)."""
    parts = [getattr(model.config, name) for name in model.config.sub_configs]
    numbers = [config_number(config, "num_hidden_layers") for config in (model.config, *parts) if config is not None]
    return frozenset(numbers) - {0}


def _in_words(numbers: frozenset[int]) -> str:
    return " or ".join(str(number) for number in sorted(numbers)) or "an unknown number of"


def _kind(model: PreTrainedModel, sites: Sequence[AnySite]) -> str:
    if sites[0].num_queries == 1:  # one token has no other to look ahead to
        return "decoder" if model.can_generate() else "encoder"
    return "encoder" if any(site.sees_ahead for site in sites) else "decoder"


def _encoder_decoder_parts(sites: Sequence[AnySite]) -> dict[str, list[AnySite]]:
    parts: dict[str, list[AnySite]] = {}
    for site in sites:
        parts.setdefault(re.sub(r"\d+", "#", site.name), []).append(site)
    if len(parts) != len(KINDS_OF_ENCODER_DECODERS):
        raise NotWhole(f"its {len(parts)} kinds of attention ({', '.join(parts)}) are not encoder, decoder and cross attention")
    return dict(zip(KINDS_OF_ENCODER_DECODERS, parts.values(), strict=True))


def _stack(model: PreTrainedModel, sites: Sequence[AnySite], stated: frozenset[int]) -> Stack:
    """The layers of one kind; `stated` are the numbers of layers that the whole model may have, none for any."""
    bases = {site.name.partition("#")[0] for site in sites}
    if len(bases) == 1 and len(sites) > 1:  # one module used as every layer, as in ALBERT
        if len(sites) not in stated:
            raise NotWhole(f"{sites[0].name} attends {len(sites)} times in {_in_words(stated)} layers")
        return Stack(tuple(sites))
    repeated = next((site.name for site in sites if "#" in site.name), None)
    if repeated is not None:
        raise NotWhole(f"{repeated.partition('#')[0]} attends more than once in a pass")
    found = [FIRST_NUMBER.search(site.name) for site in sites]
    if not all(found):
        raise NotWhole(f"{sites[found.index(None)].name} is in no numbered layer")
    container_names = {site.name[: match.start(2)] for site, match in zip(sites, found, strict=True)}
    if len(container_names) > 1:
        raise NotWhole(f"its attention is in several stacks: {', '.join(sorted(container_names))}")
    container = model.get_submodule(container_names.pop().removesuffix("."))
    indices = [int(match[2]) for match in found]
    num_each = len(sites) // len(container)
    if len(sites) in stated and num_each and indices == sorted([*range(len(container))] * num_each):
        return Stack(tuple(sites))  # some families have several attentions in a block, and count each as a layer
    if (stated and len(container) not in stated) or indices != sorted(set(indices)):
        raise NotWhole(f"{len(sites)} attentions were recorded of {_in_words(stated or frozenset([len(container)]))} layers")
    others = [index for index in range(len(container)) if index not in indices]
    return Stack(tuple(sites), {index: _other_layer(model, container[index], index) for index in others})


def _other_layer(model: PreTrainedModel, layer: nn.Module, index: int) -> str:
    """What a layer without a recorded attention is. Raises NotWhole where it may have one."""
    types = getattr(model.config.get_text_config(), "layer_types", None) or []
    stated = types[index] if index < len(types) else None
    if stated == "linear_attention":
        return stated
    has_attention = any(ATTENTION_CLASS.search(type(module).__name__) for module in layer.modules())
    if has_attention or "attention" in (stated or ""):
        raise NotWhole(f"the attention of layer {index} ({type(layer).__name__}) was not heard")
    return stated or type(layer).__name__
