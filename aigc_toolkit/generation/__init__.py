"""Write with a language model, one token at a time, and keep what it considered.

In: a `LanguageModel` and a prompt. Out: `TokenStep` records as they come (`stream`) or a finished `Generation`
(`generate`). Does not know attention, training or how a generation is drawn.
"""

from .branches import GenerationTree
from .conversation import Conversation, chat
from .decoding import TokenStream, generate, stream
from .microscope import MicroscopeStep, microscope
from .records import Alternative, Generation, TokenStep
from .replay import Replay, replay
from .scheduler import Scheduler
from .scoring import Score, score
from .settings import DecodingSettings
from .strategies import Comparison, compare_strategies
from .summary import Summary, summarize
from .watermark import WatermarkEvidence, detect_watermark

__all__ = [
    "Alternative",
    "Comparison",
    "Conversation",
    "DecodingSettings",
    "Generation",
    "GenerationTree",
    "MicroscopeStep",
    "Replay",
    "Scheduler",
    "Score",
    "Summary",
    "TokenStep",
    "TokenStream",
    "WatermarkEvidence",
    "chat",
    "compare_strategies",
    "detect_watermark",
    "generate",
    "microscope",
    "replay",
    "score",
    "stream",
    "summarize",
]
