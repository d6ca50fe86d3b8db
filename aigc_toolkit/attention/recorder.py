"""Listen to a model's attention while it runs with the kernel it always runs with.

In: a model and a forward pass. Out: one `Site` per attention call: queries, keys and values as they reached the kernel,
the arguments that shape the weights, and sampled rows of the output. While a recording is active in a thread,
transformers' `AttentionInterface.get_interface` is wrapped; threads that do not record get the original function. Families that
call torch's fused kernel themselves are heard in `fused_kernel`. Does not know tokens, nor what is done with the sites.
"""

import contextlib
import inspect
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import replace

import torch
from transformers import AttentionInterface, PreTrainedModel

from .memory import over_limit
from .output_projection import output_gram
from .sites import Site

KERNELS = ("sdpa", "eager")  # others keep the mask in a form of their own
NUM_SAMPLED_ROWS = 16
KNOWN_ARGUMENTS = ("attention_mask", "scaling", "is_causal", "softcap", "s_aux", "position_bias")


class Recording:
    """The sites of one forward pass, in the order in which they ran, and what could not be recorded, as sentences.

    `keep` says where tensors are kept ("device": where the model computes, or "cpu"). When what is kept is on its way over
    `memory_limit_bytes`, foreseen from the layers so far and `num_calls` in all, the pass ends with a ValueError.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        *,
        keep: str = "device",
        memory_limit_bytes: int | None = None,
        num_calls: int = 1,
    ):
        self.sites: list[Site] = []
        self.refusals: list[str] = []
        self.names = {id(module): name for name, module in model.named_modules()}
        self.unprojected: torch.Tensor | None = None  # the last site's output, until its projection is heard: (B, Q, H, Dv)
        self._num_times: Counter[str] = Counter()
        self._keep, self._limit, self._num_calls = keep, memory_limit_bytes, num_calls
        self._moved: dict[tuple, tuple[torch.Tensor, torch.Tensor]] = {}  # layers share masks: move each once

    def wrap(self, attend: Callable, kernel: str) -> Callable:
        """`attend`, listened to."""

        def recorded(module, query, key, value, *args, **kwargs):
            result = attend(module, query, key, value, *args, **kwargs)
            name = self.names.get(id(module))
            if name is not None:
                self.record(name, kernel, _arguments(attend, module, query, key, value, *args, **kwargs), result[0])
            return result

        return recorded

    def record(self, name: str, kernel: str, arguments: dict, output: torch.Tensor) -> None:
        """Keep one call: `arguments` by the names of transformers' interface, `output` as (B, Q, H, Dv)."""
        query, mask = arguments["query"], arguments["attention_mask"]
        if kernel not in KERNELS:
            self.refusals.append(f"{name} runs with the kernel {kernel!r}")
        elif mask is not None and (not isinstance(mask, torch.Tensor) or mask.dim() != 4):
            self.refusals.append(f"{name} has an attention mask of an unknown form")
        elif query.dim() != 4 or query.shape[0] != 1:
            self.refusals.append(f"{name} attends in pieces, with queries of shape {tuple(query.shape)}")
        else:
            self._num_times[name] += 1
            num_times = self._num_times[name]
            site = _site(name if num_times == 1 else f"{name}#{num_times}", kernel, arguments, output)
            self.sites.append(self._kept(site))
            self.unprojected = output
            self._check_memory()

    def project(self, weight: torch.Tensor) -> None:
        """The last site's output goes through `weight` (H * Dv, D) into the residual stream."""
        site = self.sites[-1]
        self.sites[-1] = replace(site, output_gram=output_gram(weight, site.num_heads).to(site.device))
        self.unprojected = None

    def _kept(self, site: Site) -> Site:
        if self._keep == "device" or site.device.type == self._keep:
            return site
        own = {name: getattr(site, name).to(self._keep) for name in ("query", "key", "value", "sampled_rows", "sampled_output")}
        shared = {name: self._moved_once(getattr(site, name)) for name in ("mask", "bias", "sinks")}
        return replace(site, **own, **shared)

    def _moved_once(self, tensor: torch.Tensor | None) -> torch.Tensor | None:
        if tensor is None:
            return None
        same = (tensor.data_ptr(), tensor.shape, tensor.stride())
        if same not in self._moved:
            self._moved[same] = (tensor, tensor.to(self._keep))  # the original stays alive, so its address stays its own
        return self._moved[same][1]

    def _check_memory(self) -> None:
        if self._limit is None:
            return
        storages = [part.untyped_storage() for site in self.sites for part in (site.mask, site.bias) if part is not None]
        num_shared = sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())
        num_layers = max(self._num_calls, len(self.sites))
        needed = num_shared + sum(site.num_bytes for site in self.sites) * num_layers // len(self.sites)
        if needed > self._limit:
            raise over_limit(needed, self._limit, "queries, keys, values and masks")


_active: ContextVar[Recording | None] = ContextVar("attention_recording", default=None)
_install_lock = threading.Lock()
_num_recording = 0
_original_get_interface = AttentionInterface.get_interface


@contextlib.contextmanager
def recording(model: PreTrainedModel, **settings) -> Iterator[Recording]:
    """Record the attention of `model` inside the block, in this thread; `settings` are those of `Recording`.

    Raises ValueError inside another recording.
    """
    if _active.get() is not None:
        raise ValueError(
            "Attention is already being recorded in this thread; one recording at a time is allowed. "
            "Let the first one finish before starting another."
        )
    record = Recording(model, **settings)
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
    query, key, value = _compact([arguments[name][0] for name in ("query", "key", "value")])  # (H, Q, D), (Hkv, K, D), (Hkv, K, Dv)
    num_queries, mask, scaling = query.shape[1], arguments["attention_mask"], arguments["scaling"]
    is_causal = arguments["is_causal"]
    if is_causal is None:
        is_causal = getattr(arguments["module"], "is_causal", True)  # as transformers' fused kernel decides
    rows = torch.linspace(0, num_queries - 1, min(num_queries, NUM_SAMPLED_ROWS), device=query.device).round().long()
    bias, sinks = arguments["position_bias"], arguments["s_aux"]
    return Site(
        name=name,
        query=query,
        key=key,
        value=value,
        mask=None if mask is None else mask[0],
        bias=None if bias is None else bias[0],
        sinks=None if sinks is None else sinks.detach().reshape(-1).clone(),  # parameters: a later change must not show
        scaling=query.shape[-1] ** -0.5 if scaling is None else scaling,
        softcap=arguments["softcap"],
        causal=kernel == "sdpa" and mask is None and num_queries > 1 and bool(is_causal),
        sampled_rows=rows,
        sampled_output=output[0, rows].clone(),  # output is (B, Q, H, Dv)
    )


def _compact(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    """The tensors, copied where they would keep a larger tensor alive, as parts of a fused projection do."""
    sizes = [tensor.numel() * tensor.element_size() for tensor in tensors]
    storages = [tensor.untyped_storage() for tensor in tensors]
    if sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values()) <= sum(sizes):
        return tensors
    parts = zip(tensors, sizes, storages, strict=True)
    return [tensor.clone() if storage.nbytes() > size else tensor for tensor, size, storage in parts]
