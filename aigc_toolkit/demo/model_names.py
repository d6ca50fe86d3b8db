"""Which models a visitor may ask for by name, and what `load_model` is given for each.

Comes in: the operator's settings and a name a browser sent. Goes out: the names to choose from, and for an allowed one its source.
A name never becomes a path: folders are those in the operator's own. It loads nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.errors import HFValidationError, HTTPError
from huggingface_hub.utils import validate_repo_id

from .operator_settings import Operator

BUILT_IN = "story"
ANY = "any"


@dataclass(frozen=True)
class ModelNames:
    """The models an operator allows.

    >>> ModelNames(Operator(models=("Qwen/*",))).is_allowed("Qwen/Qwen3-0.6B")
    True
    """

    operator: Operator

    def folders(self) -> dict[str, Path]:
        """Model folders by the name they are offered under, read anew each time: one may just have been saved."""
        found = {}
        for root in self.operator.model_folders:
            for folder in (root, *sorted(path for path in root.iterdir() if path.is_dir())):
                if (folder / "config.json").is_file():
                    found[root.name if folder == root else f"{root.name}/{folder.name}"] = folder
        return found

    def offered(self) -> list[str]:
        """Names that are there to choose from; patterns allow more."""
        ids = [each for each in self.operator.models if each != ANY and not set(each) & set("*?[")]
        return list(dict.fromkeys([BUILT_IN, *self.folders(), *ids]))

    @property
    def may_type(self) -> bool:
        """Whether a visitor may type an id that is not offered."""
        return any(each == ANY or set(each) & set("*?[") for each in self.operator.models)

    def is_allowed(self, name: str) -> bool:
        return name in self.offered() or (
            _is_id(name) and any(each == ANY or fnmatchcase(name, each) for each in self.operator.models)
        )

    def source(self, name: str) -> str | Path:
        """What `load_model` takes for an allowed name. Raises ValueError for any other."""
        if not self.is_allowed(name):
            typed = f", and ids like {', '.join(self.operator.models)}" if self.may_type else ""
            raise ValueError(
                f"The model {name[:100]!r} is not allowed on this page; allowed are {', '.join(self.offered())}{typed}. "
                "Choose one of these, or ask who runs the page to allow it (AIGC_MODELS, AIGC_MODEL_FOLDERS)."
            )
        return self.folders().get(name, name)


def bytes_of(source: str | Path) -> int | None:
    """Bytes of a model's weight files before it is loaded; None where that cannot be known."""
    if isinstance(source, Path):
        return sum(path.stat().st_size for path in source.glob("*.safetensors"))
    try:
        files = HfApi().model_info(source, files_metadata=True).siblings if source != BUILT_IN else []
    except (HTTPError, HFValidationError, OSError):  # a network that is not there is the first or the last, by the hub's version
        return None  # `load_model` says what is wrong, or finds the copy on this computer
    return sum(file.size or 0 for file in files if file.rfilename.endswith(".safetensors") and "/" not in file.rfilename)


def _is_id(name: str) -> bool:
    """Whether a name can be that of a model on Hugging Face, and of nothing on this computer."""
    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return not Path(name).expanduser().exists()
