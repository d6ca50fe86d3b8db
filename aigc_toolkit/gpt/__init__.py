"""The readable GPT: each formula in its own file, and the way to and from Hugging Face checkpoints.

Read in this order: config, embeddings, positions, norms, attention, mlp, dropout, transformer, conversion.
In: token ids # (B, T). Out: logits # (B, T, V). Nothing here knows about text, training or sampling.
"""

from .config import GPTConfig
from .conversion import from_hugging_face, to_hugging_face
from .transformer import GPT

__all__ = ["GPT", "GPTConfig", "from_hugging_face", "to_hugging_face"]
