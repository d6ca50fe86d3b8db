"""What a model reads before it writes: the prompt's token ids, what an encoder reads, and how far the text may go.

In: a `LanguageModel`, a prompt (a text, a `Prompt` with ids of its own, or sound features) and settings. Out: a `Start`. Refuses a
prompt that cannot be continued, naming why. Does not run the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from ..language_model import LanguageModel
from .records import Prompt, StopReason
from .settings import DecodingSettings

USUAL_NEW_TOKENS = 128


@dataclass(frozen=True)
class Start:
    """Where a text starts. `end`: the first position that will not be filled; `last_reason`: why not."""

    text: str
    ids: tuple[int, ...]  # of the sequence that is continued: an encoder-decoder's decoder begins with its start token
    end: int
    last_reason: StopReason
    source: Mapping[str, torch.Tensor] = field(default_factory=dict)  # what the encoder reads, (1, ...)


def start_of(lm: LanguageModel, prompt: str | Prompt | torch.Tensor, settings: DecodingSettings) -> Start:
    """The start of a text. Raises ValueError for a prompt that fills the context, an empty one where the tokenizer has no token to
    start from, and a model that cannot write."""
    _check_model(lm)
    if lm.model.config.is_encoder_decoder:
        return _encoded_start(lm, prompt, settings)
    if isinstance(prompt, torch.Tensor):
        raise TypeError(f"The prompt is a tensor; {lm.name!r} reads text. Pass the text itself, as str.")
    text, ids = (prompt.text, (*prompt.ids, *prompt.written)) if isinstance(prompt, Prompt) else (prompt, _prompt_ids(lm, prompt))
    kept = _kept(lm, ids, settings)
    if kept != ids:
        text = lm.texts.decode(kept)
    return Start(text, kept, *_end(lm.context_length, len(kept), settings.max_new_tokens))


def _check_model(lm: LanguageModel) -> None:
    if not lm.model.can_generate():
        raise ValueError(
            f"{lm.name!r} is no causal language model ({type(lm.model).__name__}); writing on needs one, or an encoder-decoder. "
            "Load one, for example load_model('story')."
        )
    if lm.tokenizer is None:
        raise ValueError(
            f"{lm.name!r} has no tokenizer, so what it writes could not be read; a model with tokenizer files is needed. "
            "Save its tokenizer beside it with save_pretrained, or pass one to LanguageModel(model, tokenizer, name)."
        )


def _prompt_ids(lm: LanguageModel, prompt: str) -> tuple[int, ...]:
    ids = lm.texts.encode(prompt)
    if ids:
        return tuple(ids)
    for token_id in (lm.tokenizer.bos_token_id, lm.tokenizer.eos_token_id):
        if token_id is not None:
            return (token_id,)
    raise ValueError(
        f"The prompt is empty and the tokenizer of {lm.name!r} has no beginning-of-text or end-of-text token; "
        "an empty prompt is allowed where there is one. Pass at least one character."
    )


def _kept(lm: LanguageModel, ids: tuple[int, ...], settings: DecodingSettings) -> tuple[int, ...]:
    """`ids`, or their end where they are too long and the settings allow to cut: room for the new tokens is left, and a
    beginning-of-text token stays in front."""
    limit = lm.context_length
    if limit is None or settings.truncation == "refuse":
        return ids
    room = max(limit - (settings.max_new_tokens or min(USUAL_NEW_TOKENS, limit // 2)), 1)
    if len(ids) <= room:
        return ids
    front = ids[:1] if ids[0] == lm.tokenizer.bos_token_id and room > 1 else ()
    return front + ids[len(ids) - room + len(front) :]


def _end(limit: int | None, num_prompt_tokens: int, max_new_tokens: int | None) -> tuple[int, StopReason]:
    """The first position that is not filled, and why the text ends there at the latest."""
    wanted = num_prompt_tokens + (max_new_tokens or USUAL_NEW_TOKENS)
    if limit is None or wanted <= limit:
        return wanted, "max_new_tokens"
    if num_prompt_tokens >= limit:
        raise ValueError(
            f"The prompt has {num_prompt_tokens} tokens; the model reads {limit}, so at most {limit - 1} are allowed. "
            "Shorten the prompt, or pass truncation='left' to keep its end."
        )
    return limit, "context_full"


def _encoded_start(lm: LanguageModel, prompt: str | Prompt | torch.Tensor, settings: DecodingSettings) -> Start:
    limits = lm.model.config.to_dict()
    limit = limits.get("max_target_positions") or limits.get("max_position_embeddings")
    start = _decoder_start(lm) + (prompt.written if isinstance(prompt, Prompt) else ())
    end = _end(limit, len(start), settings.max_new_tokens)
    if isinstance(prompt, torch.Tensor):
        return Start("", start, *end, {lm.model.main_input_name: prompt.to(lm.device, lm.model.dtype)})
    text, ids = (prompt.text, tuple(prompt.ids)) if isinstance(prompt, Prompt) else (prompt, _prompt_ids(lm, prompt))
    longest = lm.context_length
    if longest is not None and len(ids) > longest:
        if settings.truncation == "refuse":
            raise ValueError(
                f"The prompt has {len(ids)} tokens; the encoder of {lm.name!r} reads at most {longest}. "
                "Shorten the prompt, or pass truncation='left' to keep its end."
            )
        ids = ids[-longest:]
        text = lm.texts.decode(ids)
    return Start(text, start, *end, {"input_ids": torch.tensor([ids], device=lm.device)})


def _decoder_start(lm: LanguageModel) -> tuple[int, ...]:
    for config in (lm.model.generation_config, lm.model.config):
        token_id = config.to_dict().get("decoder_start_token_id")
        if token_id is None:
            token_id = config.to_dict().get("bos_token_id")
        if token_id is not None:
            return (token_id,)
    raise ValueError(
        f"{lm.name!r} states no token with which its decoder starts; one is needed. Set generation_config.decoder_start_token_id."
    )


def end_of_text_ids(lm: LanguageModel) -> frozenset[int]:
    """The tokens that end a text, as the checkpoint says."""
    ids = lm.model.generation_config.eos_token_id
    if ids is None:
        return frozenset()
    return frozenset([ids] if isinstance(ids, int) else ids)
