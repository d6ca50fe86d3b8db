"""Models on a server that speaks OpenAI's protocol (vLLM, llama.cpp, Ollama, transformers serve, …).

In: an address and a model's name. Out: a `RemoteModel` that says what its server can do and gives its answers as they come. Does
not know what the answers are made into.
"""

from .connection import Connection, Limits
from .errors import RemoteError
from .model import Abilities, RemoteModel

__all__ = ["Abilities", "Connection", "Limits", "RemoteError", "RemoteModel"]
