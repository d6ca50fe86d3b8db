"""Listen to a model's attention while it runs with the kernel it always runs with.

In: a model and a forward pass. Out: one `Site` per attention call: queries, keys and values as they reached the kernel,
the arguments that shape the weights, and sampled rows of the output. While a recording is active in a thread,
transformers' `AttentionInterface.get_interface` is wrapped; threads that do not record get the original function.
Does not know tokens, nor what is done with the sites.
"""

import contextlib
import inspect
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from transformers import AttentionInterface, PreTrainedModel

KERNELS = ("sdpa", "eager")  # others keep the mask in a form of their own
NUM_SAMPLED_ROWS = 16
KNOWN_ARGUMENTS = ("attention_mask", "scaling", "is_causal", "softcap", "s_aux", "position_bias")


@dataclass(frozen=True)
class Site:
    """One attention call of batch 1. Queries and keys are what the kernel got: after norms, rotation and cache."""

    name: str  # qualified module name
    query: torch.Tensor  # (H, Q, D)
    key: torch.Tensor  # (Hkv, K, D), not repeated for grouped queries
    value: torch.Tensor  # (Hkv, K, Dv)
    mask: torch.Tensor | None  # (1 or H, Q, K): bool, True where a key is seen, or numbers to add
    bias: torch.Tensor | None  # (H, Q, K), added to the scores
    sinks: torch.Tensor | None  # (H,), a learned score that takes weight and gives nothing
    scaling: float
    softcap: float | None
    causal: bool  # without a mask: a query sees the keys up to its own position
    sampled_rows: torch.Tensor  # (R,) query positions
    sampled_output: torch.Tensor  # (R, H, Dv), what the kernel returned there

    @property
    def num_heads(self) -> int:
        return self.query.shape[0]

    @property
    def sees_ahead(self) -> bool:
        """Whether the first token may see the second."""
        if self.query.shape[1] == 1 or self.mask is None:
            return self.query.shape[1] > 1 and not self.causal
        cell = self.mask[0, 0, 1].item()
        return cell if self.mask.dtype == torch.bool else cell > -1e4

    @property
    def num_key_value_heads(self) -> int:
        return self.key.shape[0]


class Recording:
    """The sites of one forward pass, in the order in which they ran, and what could not be recorded, as sentences."""

    def __init__(self, model: PreTrainedModel):
        self.sites: list[Site] = []
        self.refusals: list[str] = []
        self._names = {id(module): name for name, module in model.named_modules()}

    def wrap(self, attend: Callable, kernel: str) -> Callable:
        """`attend`, listened to."""

        def recorded(module, query, key, value, *args, **kwargs):
            result = attend(module, query, key, value, *args, **kwargs)
            name = self._names.get(id(module))
            if name is not None:
                self._record(name, kernel, _arguments(attend, module, query, key, value, *args, **kwargs), result[0])
            return result

        return recorded

    def _record(self, name: str, kernel: str, arguments: dict, output: torch.Tensor) -> None:
        mask = arguments["attention_mask"]
        if kernel not in KERNELS:
            self.refusals.append(f"{name} runs with the kernel {kernel!r}")
        elif mask is not None and (not isinstance(mask, torch.Tensor) or mask.dim() != 4):
            self.refusals.append(f"{name} has an attention mask of an unknown form")
        elif any(site.name == name for site in self.sites):
            self.refusals.append(f"{name} attends more than once in a pass")
        else:
            self.sites.append(_site(name, kernel, arguments, output))


_active: ContextVar[Recording | None] = ContextVar("attention_recording", default=None)
_install_lock = threading.Lock()
_num_recording = 0
_original_get_interface = AttentionInterface.get_interface


@contextlib.contextmanager
def recording(model: PreTrainedModel) -> Iterator[Recording]:
    """Record the attention of `model` inside the block, in this thread. Raises ValueError inside another recording."""
    if _active.get() is not None:
        raise ValueError(
            "Attention is already being recorded in this thread; one recording at a time is allowed. "
            "Let the first one finish before starting another."
        )
    record = Recording(model)
    token = _active.set(record)
    _install(+1)
    try:
        yield record
    finally:
        _install(-1)
        _active.reset(token)


def _install(change: int) -> None:
    global _num_recording
    with _install_lock:
        _num_recording += change
        AttentionInterface.get_interface = _get_interface if _num_recording else _original_get_interface


def _get_interface(self, attn_implementation: str, default: Callable) -> Callable:
    attend = _original_get_interface(self, attn_implementation, default)
    record = _active.get()
    return attend if record is None else record.wrap(attend, attn_implementation)


def _arguments(attend: Callable, *args, **kwargs) -> dict:
    """Arguments of the call by name, with the kernel's defaults; None for what it neither got nor has."""
    bound = inspect.signature(attend).bind(*args, **kwargs)
    bound.apply_defaults()
    tensors = dict(zip(("module", "query", "key", "value"), args, strict=False))
    return dict.fromkeys(KNOWN_ARGUMENTS) | bound.arguments | kwargs | tensors


def _site(name: str, kernel: str, arguments: dict, output: torch.Tensor) -> Site:
    query, key, value = arguments["query"], arguments["key"], arguments["value"]
    num_queries, mask, scaling = query.shape[2], arguments["attention_mask"], arguments["scaling"]
    is_causal = arguments["is_causal"]
    if is_causal is None:
        is_causal = getattr(arguments["module"], "is_causal", True)  # as transformers' fused kernel decides
    rows = torch.linspace(0, num_queries - 1, min(num_queries, NUM_SAMPLED_ROWS), device=query.device).round().long()
    bias, sinks = arguments["position_bias"], arguments["s_aux"]
    return Site(
        name=name,
        query=query[0],
        key=key[0],
        value=value[0],
        mask=None if mask is None else mask[0],
        bias=None if bias is None else bias[0],
        sinks=sinks,
        scaling=query.shape[-1] ** -0.5 if scaling is None else scaling,
        softcap=arguments["softcap"],
        causal=kernel == "sdpa" and mask is None and num_queries > 1 and bool(is_causal),
        sampled_rows=rows,
        sampled_output=output[0, rows].clone(),  # output is (B, Q, H, Dv)
    )
