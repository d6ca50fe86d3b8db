"""A whole training run as one TOML file: which corpus, which model, how to train, where to save.

In: a path. Out: a checked `RunFile`, and from it the corpus and the model. Every process of a run reads the same file.
It does not train.

    save = "models/mine"     # a Hugging Face folder

    [corpus]                 # the keywords of text_corpus; or stories = 20_000 and those of story_corpus
    text = "shakespeare.txt"
    vocabulary_size = 512

    [model]                  # the keywords of GPTConfig; or name = "story", a model to fine-tune
    preset = "modern"
    num_layers = 4
    num_heads = 4
    width = 128

    [training]               # the fields of TrainConfig
    num_steps = 2_000
    folder = "runs/mine"
    checkpoint_every = 200

A [corpus.preprocessing] table holds fields of Preprocessing, such as field = "story" for lines of JSON, and cleans what is read.
With a [lora] table, such as rank = 8, a model that has a name is fine-tuned through low-rank adapters.
"""

import difflib
import inspect
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from torch import nn

from ..corpora import Corpus, Preprocessing, story_corpus, text_corpus
from ..gpt import GPT, GPTConfig
from ..gpt.hugging_face_settings import exported_class
from ..language_model import LanguageModel, load_model
from .config import TrainConfig
from .lora import add_lora, merge_lora

PRESETS = {"modern": GPTConfig.modern, "gpt2": GPTConfig.gpt2}


@dataclass(frozen=True)
class RunFile:
    """What a file asks for. `save` is the folder of the finished model, None where it is not saved."""

    corpus: dict[str, Any]
    model: dict[str, Any]
    lora: dict[str, Any] | None
    training: TrainConfig
    save: str | None

    @property
    def base(self) -> LanguageModel | None:
        """The model to fine-tune, in float32, or None for a new one."""
        return load_model(self.model["name"], device="cpu", dtype="float32") if "name" in self.model else None

    def make_corpus(self, base: LanguageModel | None) -> Corpus:
        """The corpus, read with the tokenizer of the model to fine-tune, where there is one."""
        settings = dict(self.corpus) if base is None else self.corpus | {"tokenizer": base.tokenizer}
        if "stories" in settings:
            return story_corpus(settings.pop("stories"), **settings)
        if "preprocessing" in settings:
            settings["preprocessing"] = Preprocessing(**settings["preprocessing"])
        return text_corpus(settings.pop("text"), **settings)

    def make_model(self, base: LanguageModel | None, corpus: Corpus) -> nn.Module:
        """The model to train: a fresh `GPT`, or the one to fine-tune, with its adapters.

        Raises ValueError, before the first step and naming the field, where the trained `GPT` could not be saved.
        """
        if base is not None:
            return base.model if self.lora is None else add_lora(base.model, **self.lora)
        settings = {"context": self.training.context, "vocabulary_size": len(corpus.tokenizer)} | self.model
        config = PRESETS[settings.pop("preset", "modern")](**settings)
        if self.save is not None:
            exported_class(config)
        return GPT(config, seed=self.training.seed)

    def finished(self, model: nn.Module, corpus: Corpus) -> LanguageModel:
        """The trained model with its tokenizer, adapters merged, as it is saved."""
        name = Path(self.save).name
        if isinstance(model, GPT):
            return LanguageModel.from_gpt(model, corpus.tokenizer, name)
        return LanguageModel(merge_lora(model) if self.lora is not None else model, corpus.tokenizer, name)


def read_run_file(path: str | Path) -> RunFile:
    """What the TOML file at `path` asks for; its form is shown at the top of this module.

    Raises FileNotFoundError where there is no file and ValueError for one that is no TOML, lacks something or names what does not
    exist.

    >>> read_run_file("run.toml").training.num_steps
    2000
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file {str(path)!r}; a TOML file with the settings of a run is needed. Check the path."
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{str(path)!r} is no TOML ({error}); a TOML file in UTF-8 is allowed. Mend that place.") from error
    _check_names("the file", content, ("save", "corpus", "model", "lora", "training"))
    corpus, model, lora = content.get("corpus", {}), content.get("model", {}), content.get("lora")
    _check_corpus(corpus)
    _check_model(model, lora)
    training = content.get("training", {})
    _check_names("[training]", training, [field.name for field in fields(TrainConfig)])
    return RunFile(corpus, model, lora, TrainConfig(**training), content.get("save"))


def _check_corpus(corpus: dict[str, Any]) -> None:
    if ("text" in corpus) == ("stories" in corpus):
        raise ValueError(
            f"[corpus] has {sorted(corpus)}; either text, a file or folder, or stories, a number of documents, is needed. Give one."
        )
    source = "text" if "text" in corpus else "stories"
    make = text_corpus if source == "text" else story_corpus
    _check_names("[corpus]", corpus, [source, *_keywords(make)])
    _check_names("[corpus.preprocessing]", corpus.get("preprocessing", {}), [field.name for field in fields(Preprocessing)])


def _check_model(model: dict[str, Any], lora: dict[str, Any] | None) -> None:
    if lora is not None:
        _check_names("[lora]", lora, _keywords(add_lora))
        if "name" not in model:
            raise ValueError(
                "[lora] with a [model] that has no name: adapters are for a trained model. Give its name, or leave [lora]."
            )
    if "name" in model:
        _check_names("[model] with a name", model, ["name"])
        return
    _check_names("[model]", model, ["preset", *(field.name for field in fields(GPTConfig))])
    missing = [name for name in ("num_layers", "num_heads", "width") if name not in model]
    if missing:
        raise ValueError(f"[model] lacks {', '.join(missing)}; a new model needs its size, a trained one its name. Give these.")
    if model.get("preset", "modern") not in PRESETS:
        raise ValueError(f"preset={model['preset']!r} in [model]: {' and '.join(PRESETS)} are available. Choose one.")


def _keywords(function: Any) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]


def _check_names(where: str, given: Iterable[str], allowed: Iterable[str]) -> None:
    allowed = sorted(allowed)
    for name in given:
        if name not in allowed:
            close = difflib.get_close_matches(name, allowed, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else "Leave it out."
            raise ValueError(f"{name!r} in {where} is unknown; {', '.join(allowed)} are allowed. {hint}")
