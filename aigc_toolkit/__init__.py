"""Build a GPT from its formulas, train it, write with it, and look inside it.

The one public door: everything notebooks, the demo and other programs use is a name below. Names are loaded when they are first
used, so that importing the package costs nothing and does not import torch.
"""

from importlib import import_module

_MODULE_OF = {
    "Attention": "attention",
    "Conversation": "generation",
    "Corpus": "corpora",
    "GPT": "gpt",
    "GPTConfig": "gpt",
    "Generation": "generation",
    "GenerationTree": "generation",
    "LanguageModel": "language_model",
    "Preprocessing": "corpora",
    "Scheduler": "generation",
    "TokenStep": "generation",
    "TokenStream": "generation",
    "TrainConfig": "training",
    "TrainStep": "training",
    "attention_view": "views",
    "capture_attention": "attention",
    "chat": "generation",
    "compare_strategies": "generation",
    "evaluate_loss": "training",
    "generate": "generation",
    "generation_view": "views",
    "load_attention": "attention",
    "load_model": "language_model",
    "load_timelapse": "timelapse",
    "playground": "notebook_playground",
    "record_timelapse": "timelapse",
    "save_model": "language_model",
    "score": "generation",
    "story_corpus": "corpora",
    "stream": "generation",
    "summarize": "generation",
    "text_corpus": "corpora",
    "train": "training",
    "training_view": "views",
    "tune": "training",
}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
