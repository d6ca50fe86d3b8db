"""Hear the families that call torch's fused attention kernel themselves, past transformers' interface (Falcon, for one).

In: a `Recording` and a forward pass. Out: the same sites as from the interface. Torch function modes belong to a thread, so
other threads are not slowed down or recorded. Does not know what else the modules do.
"""

import sys

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from .recorder import Recording


class FusedKernelMode(TorchFunctionMode):
    """Inside the block, every `F.scaled_dot_product_attention` that a module of the recorded model calls becomes a site."""

    def __init__(self, record: Recording):
        super().__init__()
        self._record = record

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        if function is F.scaled_dot_product_attention:
            self._keep(_arguments(*args, **kwargs), result)
        return result

    def _keep(self, arguments: dict, output: torch.Tensor) -> None:
        name = self._calling_module()
        if arguments.pop("causal_from_the_end") or name is None:
            self._record.refusals.append(f"{name or 'a function'} calls the fused kernel in a way that is not understood")
        else:
            self._record.record(name, "sdpa", arguments, output.transpose(-3, -2))  # (B, H, Q, Dv) to (B, Q, H, Dv)

    def _calling_module(self) -> str | None:
        """Name of the innermost module whose method is running. Hooks would say it too, but for all threads at once."""
        frame = sys._getframe(1)
        while frame is not None:
            name = self._record.names.get(id(frame.f_locals.get("self")))
            if name is not None:
                return name
            frame = frame.f_back
        return None


def _arguments(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False) -> dict:
    """Arguments of torch's kernel by the names of transformers' interface. Masks with fewer dimensions are broadcast."""
    if attn_mask is not None:
        attn_mask = attn_mask[(None,) * (4 - attn_mask.dim())]
    causal = {"attention_mask": attn_mask, "scaling": scale, "is_causal": is_causal}
    nothing = {"softcap": None, "s_aux": None, "position_bias": None}
    # torch aligns its causal mask with the first key, as `Site.causal` does; with fewer queries than keys models mean the last
    odd = is_causal and query.shape[-2] not in (1, key.shape[-2])
    return {"query": query, "key": key, "value": value, "module": None, "causal_from_the_end": odd, **causal, **nothing}
