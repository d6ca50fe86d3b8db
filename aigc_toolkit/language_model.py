"""Load a language model with its tokenizer, and save it again.

In: the name of a built-in model, a local folder, a Hugging Face id or a server's address. Out: a `LanguageModel`, ready to
read from: weights on a device, evaluation mode; for an address a `RemoteModel`. Weights come from safetensors files only and
no code of a checkpoint runs unless asked by name. Does not know what the model is used for.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig, AutoTokenizer, GenerationConfig, PreTrainedModel, PreTrainedTokenizerFast
from transformers.utils import logging as progress

from .gpt import GPT, to_hugging_face
from .model_folder import TOKENIZER_FILES, has_file, model_folder
from .remote import RemoteModel
from .tokens import TokenTexts

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
SMALL_FILES = 200_000_000  # bytes of weights that are read and written too fast for a progress bar to be of use


class LanguageModel:
    """A model and its tokenizer: `.model`, `.tokenizer`, `.name`, `.device`.

    >>> load_model("story")
    LanguageModel('story', Qwen3ForCausalLM, 2.6 M parameters, float32 on cpu)
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast | None, name: str):
        self.model = model
        self.tokenizer = tokenizer
        self.name = name
        self.texts = None if tokenizer is None else TokenTexts(tokenizer)  # models of pixels or sound have none

    @classmethod
    def from_gpt(cls, gpt: GPT, tokenizer: PreTrainedTokenizerFast, name: str = "gpt") -> "LanguageModel":
        """A trained `GPT` with its tokenizer, as the standard transformers model of the same formulas (equal logits).

        >>> LanguageModel.from_gpt(gpt, corpus.tokenizer).save("runs/mine")
        PosixPath('runs/mine')
        """
        model = to_hugging_face(gpt).eval()
        ends = _end_ids(tokenizer)
        model.config.eos_token_id = ends
        model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=tokenizer.eos_token_id)
        return cls(model, tokenizer, name)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.model.device

    @property
    def context_length(self) -> int | None:
        """The largest number of tokens the model reads at once; None where it states no limit."""
        limits = [getattr(self.model.config.get_text_config(), "max_position_embeddings", None)]
        if self.tokenizer is not None and self.tokenizer.model_max_length < 10**9:  # transformers writes 1e30 for "not stated"
            limits.append(self.tokenizer.model_max_length)
        return min((limit for limit in limits if limit is not None and limit > 0), default=None)  # XLNet writes -1 for "none"

    @property
    def num_parameters(self) -> int:
        """Parameters, tied ones counted once."""
        return self.model.num_parameters()

    def accepted(self, **arguments) -> dict:
        """Those of `arguments` that the model's forward takes by name: families differ."""
        parameters = inspect.signature(self.model.forward).parameters
        return {name: value for name, value in arguments.items() if name in parameters}

    def save(self, folder: str | Path) -> Path:
        """Write a Hugging Face folder (safetensors); see `save_model`."""
        return save_model(self, folder)

    def __repr__(self) -> str:
        dtype = str(self.model.dtype).removeprefix("torch.")
        size = _parameter_count(self.num_parameters)
        return f"LanguageModel({self.name!r}, {type(self.model).__name__}, {size} parameters, {dtype} on {self.device})"


def load_model(
    name: str | Path = "story",
    *,
    model: str | None = None,
    device: str | torch.device = "auto",
    dtype: str | torch.dtype = "auto",
    revision: str | None = None,
    trust_remote_code: bool = False,
) -> LanguageModel | RemoteModel:
    """The model called `name`: a built-in one, a local Hugging Face folder, a Hugging Face id, or one on a server.

    "http://host:port/v1" is the address of an OpenAI-compatible server (vLLM, llama.cpp, Ollama, …), `model` the model's name
    there; the result is a `RemoteModel`, for writing alone. What the server can do is tried out once. A key is read from
    AIGC_API_KEY, else OPENAI_API_KEY.

    device "auto" takes CUDA, then MPS, then the CPU. dtype "auto" is float32 on the CPU, where it is exact and
    half-width arithmetic is often slower, and the checkpoint's own on other devices; "checkpoint" is the
    checkpoint's own everywhere. `revision` is a branch, tag or commit of a Hugging Face id.

    Raises ValueError for a bad device, dtype, address or incomplete weights; FileNotFoundError where there is no
    such model, or none that is safe to load; `RemoteError` where a server does not answer.

    >>> load_model("story").name
    'story'
    """
    if "://" in str(name):
        if (device, dtype, revision, trust_remote_code) != ("auto", "auto", None, False):
            raise ValueError(
                f"{str(name)!r} is a server, which has its own device, dtype and revision; beside an address only model is "
                "allowed. Leave the others out."
            )
        return RemoteModel(str(name), model)
    if model is not None:
        raise ValueError(
            f"model is {model!r}, the name of a model on a server, and {str(name)!r} is no address; it is allowed beside one "
            f"alone. Write load_model({model!r}), or give the server's address (http://host:port/v1)."
        )
    torch_device = _device(device)
    folder = model_folder(str(name), revision=revision, trust_remote_code=trust_remote_code)
    config = AutoConfig.from_pretrained(folder, trust_remote_code=trust_remote_code)
    with _progress_bar(sum(path.stat().st_size for path in folder.glob("*.safetensors"))):
        network, info = _auto_class(config).from_pretrained(
            folder,
            use_safetensors=True,
            trust_remote_code=trust_remote_code,
            dtype=_dtype(dtype, torch_device),
            output_loading_info=True,
        )
    missing = sorted(key for key in info["missing_keys"] if "pooler" not in key)  # poolers are not read here
    if missing:
        raise ValueError(
            f"The weights of {str(name)!r} lack {len(missing)} tensors of {type(network).__name__}, the first "
            f"{missing[0]!r}; a checkpoint must hold them all. Get a whole one, or mend 'architectures' in config.json."
        )
    tokenizer = None
    if has_file(folder, *TOKENIZER_FILES):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=trust_remote_code)
    return LanguageModel(network.to(torch_device).eval(), tokenizer, str(name))


def save_model(lm: LanguageModel, folder: str | Path) -> Path:
    """Write `lm` as a Hugging Face folder with safetensors weights and return the folder.

    Replaces an earlier model. Raises ValueError for a folder with other things in it, or a file.

    >>> save_model(lm, "models/mine")
    PosixPath('models/mine')
    """
    folder = Path(folder).expanduser()
    if folder.exists() and not (folder / "config.json").is_file() and (folder.is_file() or any(folder.iterdir())):
        raise ValueError(
            f"{str(folder)!r} exists and is no model; a new, an empty or a model folder is allowed. "
            "Choose another name or empty it first."
        )
    with _progress_bar(lm.model.get_memory_footprint()):
        lm.model.save_pretrained(folder)
    if lm.tokenizer is not None:
        lm.tokenizer.save_pretrained(folder)
    return folder


def _end_ids(tokenizer: PreTrainedTokenizerFast) -> list[int]:
    """Tokens that end a text: the end of text and, where there is a chat template, the special token that closes a turn."""
    ids = [tokenizer.eos_token_id]
    if tokenizer.chat_template:
        turn = tokenizer.apply_chat_template([{"role": "assistant", "content": "."}], tokenize=True, return_dict=False)
        ids += [turn[-1]] if tokenizer.added_tokens_decoder.get(turn[-1]) else []
    return ids


@contextmanager
def _progress_bar(num_bytes: int) -> Iterator[None]:
    """transformers' progress bars for large weights alone: a notebook would keep them as outputs."""
    if num_bytes > SMALL_FILES or not progress.is_progress_bar_enabled():
        yield
        return
    progress.disable_progress_bar()
    try:
        yield
    finally:
        progress.enable_progress_bar()


def _auto_class(config: transformers.PretrainedConfig) -> type:
    architecture = (config.architectures or ["ForCausalLM"])[0]
    if config.is_encoder_decoder:
        return transformers.AutoModelForSeq2SeqLM
    if architecture.endswith(("ForCausalLM", "LMHeadModel")):
        return transformers.AutoModelForCausalLM
    if architecture.endswith("ForMaskedLM"):
        return transformers.AutoModelForMaskedLM
    return transformers.AutoModel


def _device(device: str | torch.device) -> torch.device:
    available = [name for name in ("cuda", "mps") if getattr(torch, name).is_available()] + ["cpu"]
    if device == "auto":
        return torch.device(available[0])
    try:
        chosen = torch.device(device)
    except RuntimeError:
        chosen = None
    if chosen is None or chosen.type not in available:
        raise ValueError(f"device is {str(device)!r}; this computer has {', '.join(available)}. Use one of these or 'auto'.")
    return chosen


def _dtype(dtype: str | torch.dtype, device: torch.device) -> str | torch.dtype:
    if dtype == "auto":
        return torch.float32 if device.type == "cpu" else "auto"
    if dtype == "checkpoint":
        return "auto"  # transformers' word for the checkpoint's own
    if dtype in DTYPES:
        return DTYPES[dtype]
    if dtype in DTYPES.values():
        return dtype
    raise ValueError(f"dtype is {dtype!r}; allowed are auto, checkpoint, {', '.join(DTYPES)}. Use one of these.")


def _parameter_count(count: int) -> str:
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:.1f} {letter}"
    return str(count)
