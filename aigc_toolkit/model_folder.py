"""Which folder a model's name stands for: that of a built-in model, a local one, or a copy of one from Hugging Face.

In: a name. Out: a folder with config, safetensors weights and what the model reads with, or an error that says what is missing.
It loads nothing.
"""

import difflib
from pathlib import Path

import huggingface_hub
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled

BUILTIN_FOLDER = Path(__file__).parent / "builtin"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "vocab.txt", "*.model")
PIXELS_FILE = "preprocessor_config.json"  # what a model of pixels or sound has instead
DOWNLOADED_FILES = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")


def builtin_names() -> list[str]:
    """Names of the models that ship with the package."""
    return sorted(path.parent.name for path in BUILTIN_FOLDER.glob("*/config.json"))


def model_folder(name: str, *, revision: str | None = None, trust_remote_code: bool = False) -> Path:
    """The folder of the model called `name`, with all it needs; one from Hugging Face is downloaded once.

    Raises FileNotFoundError where there is no such model, or none that is safe to load.

    >>> model_folder("story").name
    'story'
    """
    if name in builtin_names():
        return BUILTIN_FOLDER / name
    path = Path(name).expanduser()
    if not path.is_dir():
        if path.is_absolute() or name.startswith((".", "~")):
            raise FileNotFoundError(f"There is no folder {name!r}; {_allowed()}. Check the path.")
        path = _downloaded(name, revision, trust_remote_code)
    _check_folder(path, name)
    return path


def _downloaded(name: str, revision: str | None, trust_remote_code: bool) -> Path:
    patterns = [*DOWNLOADED_FILES, *(["*.py"] if trust_remote_code else [])]
    try:
        folder = huggingface_hub.snapshot_download(name, revision=revision, allow_patterns=patterns, ignore_patterns=["*/*"])
    except HFValidationError as error:
        raise FileNotFoundError(_unknown(name, "it is no valid Hugging Face id either")) from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, ConnectionError) as error:
        reason = "Hugging Face cannot be reached (offline) and this computer has no copy of it"
        raise FileNotFoundError(_unknown(name, reason)) from error
    except HfHubHTTPError as error:
        raise FileNotFoundError(_unknown(name, f"Hugging Face answered: {str(error).splitlines()[0]}")) from error
    return Path(folder)


def _unknown(name: str, reason: str) -> str:
    close = difflib.get_close_matches(name, builtin_names(), n=1)
    hint = f"Did you mean {close[0]!r}? Otherwise check" if close else "Check"
    return f"No model {name!r} was found: {reason}; {_allowed()}. {hint} the spelling, or connect to the network once."


def _allowed() -> str:
    return f"allowed are a built-in model ({', '.join(builtin_names())}), a local folder, a Hugging Face id or an address (http://…/v1)"


def has_file(folder: Path, *patterns: str) -> bool:
    return any(next(folder.glob(pattern), None) for pattern in patterns)


def _check_folder(folder: Path, name: str) -> None:
    if not has_file(folder, "config.json"):
        lack = "has no config.json, so it is no model"
    elif not has_file(folder, "model.safetensors", "model.safetensors.index.json"):
        unsafe = has_file(folder, "*.bin", "*.pt")
        lack = "has only weights that can run code when read (.bin, .pt)" if unsafe else "has no weights"
    elif not has_file(folder, *TOKENIZER_FILES, PIXELS_FILE):
        lack = "has no tokenizer"
    else:
        return
    raise FileNotFoundError(
        f"{name!r} {lack}; a model folder holds config.json, *.safetensors and tokenizer files. "
        "Save the model with save_pretrained (safetensors is its default) together with its tokenizer."
    )
