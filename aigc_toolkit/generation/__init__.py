"""Write with a language model, one token at a time, and keep what it considered.

In: a `LanguageModel` and a prompt. Out: `TokenStep` records as they come (`stream`) or a finished `Generation`
(`generate`). Does not know attention, training or how a generation is drawn.
"""

from .branches import GenerationTree
from .conversation import Conversation, chat
from .decoding import TokenStream, generate, stream
from .records import Alternative, Generation, TokenStep
from .scheduler import Scheduler
from .summary import Summary, summarize

__all__ = [
    "Alternative",
    "Conversation",
    "Generation",
    "GenerationTree",
    "Scheduler",
    "Summary",
    "TokenStep",
    "TokenStream",
    "chat",
    "generate",
    "stream",
    "summarize",
]
