"""Run a model once over a text and keep its attention.

In: a `LanguageModel` and a text, token ids, or anything with `.ids` such as a finished generation. Out: an
`Attention`, already checked against the model's own output. What cannot be recorded whole is refused by name.
Does not know who made the ids.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch

from ..language_model import LanguageModel
from .attention import Attention
from .recorder import Recording, recording


@runtime_checkable
class HasIds(Protocol):
    """A finished text as the model's token ids, prompt included."""

    @property
    def ids(self) -> Sequence[int]: ...


def capture_attention(lm: LanguageModel, text: str | Sequence[int] | HasIds, *, source: str | None = None) -> Attention:
    """The `Attention` of `lm` over a text (tokenized by the model's own tokenizer), token ids or a generation.

    The model runs with the kernel it always runs with, and its logits are unchanged. Memory: queries, keys and values
    of every layer, so linear in the number of tokens.

    Raises ValueError for no text, a text beyond the context, a model in training mode, and a model whose attention
    cannot be recorded whole (the message names why).

    >>> capture_attention(lm, "Mia found her lantern.")
    Attention('story', 7 tokens, 5 layers x 6 heads, decoder)
    """
    _check_model(lm, source)
    ids = _token_ids(lm, text)
    with torch.inference_mode(), recording(lm.model) as record:
        lm.model(input_ids=torch.tensor([ids], device=lm.device), **lm.accepted(use_cache=False, logits_to_keep=1))
    _check_whole(lm, record)
    attention = Attention(
        record.sites,
        ids,
        lm.texts.displays(ids),
        lm.texts.pieces(ids),
        kind="encoder" if any(site.sees_ahead for site in record.sites) else "decoder",
        model_name=lm.name,
    )
    verification = attention.verify()
    if not verification.passed:
        reason = f"recomputed attention of layer {verification.layer} is {verification.max_error:.1e} off"
        raise ValueError(_refusal(lm, reason))
    return attention


def _check_model(lm: LanguageModel, source: str | None) -> None:
    if lm.model.config.is_encoder_decoder:
        raise ValueError(_refusal(lm, "it is an encoder-decoder, with three kinds of attention"))
    if source is not None:
        raise ValueError(
            f"source is given, but {lm.name!r} has no encoder to read it; a source is allowed for encoder-decoders "
            "only. Leave source out."
        )
    if lm.model.training:
        raise ValueError(
            f"{lm.name!r} is in training mode, where dropout changes attention; evaluation mode is needed. "
            "Call lm.model.eval() first."
        )


def _token_ids(lm: LanguageModel, text: str | Sequence[int] | HasIds) -> list[int]:
    if isinstance(text, str):
        ids = lm.texts.encode(text) if text else []
    else:
        ids = [int(token_id) for token_id in (text.ids if isinstance(text, HasIds) else text)]
    if not ids:
        raise ValueError("There is no text to look at; at least one token is needed. Pass a text, token ids or a generation.")
    if lm.context_length is not None and len(ids) > lm.context_length:
        raise ValueError(f"The text has {len(ids)} tokens; {lm.name!r} reads at most {lm.context_length}. Shorten the text.")
    size = lm.model.get_input_embeddings().num_embeddings
    outside = [token_id for token_id in ids if not 0 <= token_id < size]
    if outside:
        raise ValueError(f"Token id {outside[0]} does not exist; {lm.name!r} has 0 to {size - 1}. Use its own tokenizer.")
    return ids


def _check_whole(lm: LanguageModel, record: Recording) -> None:
    if record.refusals:
        raise ValueError(_refusal(lm, record.refusals[0]))
    num_layers = lm.model.config.get_text_config().num_hidden_layers
    if not record.sites:
        raise ValueError(_refusal(lm, "no attention of it passes transformers' attention interface"))
    if len(record.sites) != num_layers:
        raise ValueError(_refusal(lm, f"{len(record.sites)} attentions were recorded of {num_layers} layers"))


def _refusal(lm: LanguageModel, reason: str) -> str:
    return (
        f"The attention of {lm.name!r} ({type(lm.model).__name__}) cannot be recorded: {reason}. Allowed are models "
        "whose every layer attends once through transformers' attention interface, with the sdpa or eager kernel. "
        "Use such a model, for example load_model('story')."
    )
