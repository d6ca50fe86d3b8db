"""What a checkpoint remembers of the model beside its weights: its kind and settings, so that a run goes on with the same formulas.

In: a model, or a checkpoint and a model. Out: plain settings, or a ValueError that names those that differ. Weights alone do not
tell: a model without its causal mask has tensors of the same names and shapes. Does not know weights or how a step is taken.
"""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from torch import nn

from ..gpt import GPT

if TYPE_CHECKING:
    from .checkpoints import Checkpoint

FACT = "model"  # its name among the facts of a checkpoint
_NOT_OF_THE_MODEL = {"transformers_version", "_name_or_path", "architectures"}  # where a Hugging Face model comes from


def model_settings(model: nn.Module) -> dict[str, Any]:
    """Kind and settings of a model as JSON: of a `GPT` its `GPTConfig`, of a Hugging Face model its config and its adapters'.

    >>> model_settings(gpt)["kind"], model_settings(gpt)["causal_mask"]
    ('GPT', True)
    """
    settings = asdict(model.config) if isinstance(model, GPT) else model.config.to_dict()
    adapters = {} if isinstance(model, GPT) else getattr(model, "peft_config", {})  # peft's own, of a model with adapters
    for name, adapter in adapters.items():
        settings |= {f"{name}.{field}": value for field, value in adapter.to_dict().items() if not field.endswith("name_or_path")}
    kept = {name: value for name, value in settings.items() if name not in _NOT_OF_THE_MODEL}
    return json.loads(json.dumps({"kind": type(model).__name__} | kept, default=_plain, sort_keys=True))


def check_same_model(checkpoint: "Checkpoint", model: nn.Module) -> None:
    """Raises ValueError, naming the settings that differ, where `checkpoint` was written for another model.

    A setting that only one of them knows, being younger than the run, is passed over.

    >>> check_same_model(latest_checkpoint("runs/mine"), gpt)
    """
    began, own = checkpoint.facts.get(FACT, {}), model_settings(model)
    other = [name for name in own if name in began and own[name] != began[name]]
    if "kind" in other:
        other = ["kind"]  # the settings of two kinds of model have nothing to say about each other
    if other:
        was = ", ".join(f"{name}={began[name]!r}" for name in other)
        now = ", ".join(f"{name}={own[name]!r}" for name in other)
        raise ValueError(
            f"A model with {now} was given for the run in folder={str(checkpoint.folder.parent)!r}, which began with {was}; a run "
            "goes on with the model it began with. Build the model with these values, or choose another folder."
        )


def _plain(value: object) -> Any:
    return sorted(value, key=str) if isinstance(value, set | frozenset) else str(value)
