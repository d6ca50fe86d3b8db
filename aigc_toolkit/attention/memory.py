"""How much memory a captured attention needs, said before the model runs.

In: a model's configuration and a number of tokens. Out: bytes, or the error that names estimate and limit. Knows nothing of
what else is in memory: the limit is the caller's.
"""

import torch
from transformers import PreTrainedConfig
from transformers.integrations.heterogeneity import AmbiguousGlobalPerLayerAttributeError

DEFAULT_LIMIT_BYTES = 4 * 2**30  # a GPT-2-sized model keeps 32,768 tokens in float32 within it


def recording_bytes(config: PreTrainedConfig, num_tokens: int, dtype: torch.dtype) -> int:
    """Bytes of queries, keys and values of every layer, from the sizes that `config` states (0 where it states none).

    Families with sizes of their own are watched again while they run, see `Recording`.
    """
    num_heads, num_layers = config_number(config, "num_attention_heads"), config_number(config, "num_hidden_layers")
    width = config_number(config, "hidden_size")
    if not num_heads or not num_layers:
        return 0
    head_dim = config_number(config, "head_dim") or width // num_heads
    num_key_value_heads = config_number(config, "num_key_value_heads") or num_heads
    return num_layers * num_tokens * head_dim * (num_heads + 2 * num_key_value_heads) * dtype.itemsize


def weights_bytes(config: PreTrainedConfig, num_tokens: int) -> int:
    """Bytes of all weights of every layer and head in float32: quadratic in the number of tokens."""
    return 4 * config_number(config, "num_hidden_layers") * config_number(config, "num_attention_heads") * num_tokens**2


def check_limit(needed: int, limit: int, what: str) -> None:
    """Raise ValueError where `needed` bytes are more than `limit`."""
    if needed > limit:
        raise over_limit(needed, limit, what)


def over_limit(needed: int, limit: int, what: str) -> ValueError:
    """The error for an attention that would not fit."""
    return ValueError(
        f"Keeping this attention ({what}) would take about {in_words(needed)}; the limit is {in_words(limit)}. "
        "Shorten the text, or raise memory_limit_bytes."
    )


def in_words(num_bytes: int) -> str:
    """
    >>> in_words(1_500_000_000)
    '1.5 GB'
    """
    for size, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if num_bytes >= size:
            return f"{num_bytes / size:.1f} {unit}"
    return f"{num_bytes} bytes"


def config_number(config: PreTrainedConfig, name: str) -> int:
    """A size that `config` states, as a whole number; 0 where it states none, the largest where it differs by layer."""
    config = config.get_text_config()
    try:
        value = getattr(config, name, None)
    except AmbiguousGlobalPerLayerAttributeError:
        value = [getattr(layer, name, None) for layer in config.per_layer_config]
    values = value if isinstance(value, (list, tuple)) else [value]
    return max((number for number in values if isinstance(number, int)), default=0)
