"""Attention as the model computed it, for any head, recomputed when somebody looks.

In: a `LanguageModel` and a text, token ids or a finished generation. Out: an `Attention` that holds queries and keys
and gives weights on demand. Does not know how texts are generated or how attention is drawn.
"""

from .attention import Attention, Verification
from .capture import capture_attention
from .grouping import TokenGroup
from .saved import load_attention

__all__ = ["Attention", "TokenGroup", "Verification", "capture_attention", "load_attention"]
