"""Run a model once over a text and keep its attention.

In: a `LanguageModel` and what it should read: a text, a pair, token ids, anything with `.ids` such as a finished generation,
pixels; for an encoder-decoder also its source. Out: an `Attention`, already checked against the model's own output. What cannot
be recorded whole is refused by name. Does not know who made the ids.
"""

from collections.abc import Iterator, Sequence
from numbers import Integral

import torch

from ..language_model import LanguageModel
from .attention import Attention
from .eager_weights import NotWhole, eager_sites
from .fused_kernel import FusedKernelMode
from .inputs import HasIds, Read, patch_size, read, shifted, token_names
from .layers import Stack, stacks, weight_stacks, without_attention
from .memory import DEFAULT_LIMIT_BYTES, check_limit, config_number, recording_bytes, weights_bytes
from .output_projection import ProjectionMode
from .picture import Picture, small_picture
from .recorder import Recording, recording

PLACES = ("device", "cpu")


def capture_attention(
    lm: LanguageModel,
    text: str | tuple[str, str] | Sequence[int] | HasIds | torch.Tensor | list,
    *,
    source: str | Sequence[int] | torch.Tensor | list | None = None,
    keep_on: str = "device",
    memory_limit_bytes: int = DEFAULT_LIMIT_BYTES,
) -> Attention | Iterator[Attention]:
    """The `Attention` of `lm` over a text (tokenized by the model's own tokenizer), token ids or a generation.

    Encoders also read a pair of texts (a tuple), vision models pixels (C, height, width). An encoder-decoder reads `source` (a
    text, ids, or sound features) and writes `text`. A list of texts gives an iterator that captures one after the other. Padding
    is left out, whatever side the tokenizer puts it on.

    The model runs with the kernel it always runs with, and its logits are unchanged. Memory: queries, keys and values of every
    layer, so linear in the number of tokens, kept on the model's "device" or the "cpu" (`keep_on`). Families that attend past
    both transformers' interface and torch's fused kernel keep all weights instead: quadratic. What would need more than
    `memory_limit_bytes` (4 GiB unless said otherwise) is refused.

    Raises ValueError for no text, a text beyond the context or the memory limit (before the model runs), a model in training mode,
    and a model whose attention cannot be recorded whole (the message names why).

    >>> capture_attention(lm, "Mia found her lantern.")
    Attention('story', 6 tokens, 5 layers x 6 heads, decoder)
    """
    _check(lm, keep_on)
    settings = {"keep": keep_on, "memory_limit_bytes": memory_limit_bytes}
    if isinstance(text, list) and text and not isinstance(text[0], Integral):
        return _in_turn(lm, text, source, settings)
    return _capture(lm, text, source, settings)


def _in_turn(lm: LanguageModel, texts: list, sources: list | None, settings: dict) -> Iterator[Attention]:
    if sources is None:
        sources = [None] * len(texts)
    if not isinstance(sources, list) or len(sources) != len(texts):
        given = len(sources) if isinstance(sources, list) else f"a {type(sources).__name__}"
        raise ValueError(f"There are {len(texts)} texts and {given} as source; a list of as many is needed. Pass one per text.")
    return (_capture(lm, text, source, settings) for text, source in zip(texts, sources, strict=True))


@torch.inference_mode()
def _capture(lm: LanguageModel, text: object, source: object, settings: dict) -> Attention:
    reads, arguments = _inputs(lm, text, source)
    try:
        parts = _stacks(lm, arguments, reads, settings)
        attention = _attention(lm, parts, reads)
    except NotWhole as reason:
        raise ValueError(_refusal(lm, str(reason))) from reason
    if isinstance(text, tuple) and attention.kind == "decoder" and all(isinstance(part, str) for part in text):
        raise ValueError(f"A pair of texts was given, but {lm.name!r} reads from left to right. Pass one text, or use an encoder.")
    verification = attention.verify()
    if not verification.passed:
        what = "the recomputed attention" if verification.compared == "outputs" else "a sum of weights, which should be 1,"
        reason = f"{what} of {verification.kind} layer {verification.layer} is {verification.max_error:.1e} off"
        raise ValueError(_refusal(lm, reason))
    return attention


def _inputs(lm: LanguageModel, text: object, source: object) -> tuple[dict[str, Read], dict]:
    """What each kind of attention reads, and the arguments of the forward pass."""
    if lm.model.config.is_encoder_decoder:
        if source is None:
            raise ValueError(
                f"{lm.name!r} is an encoder-decoder: it reads a source and writes a text, and only the text is given. "
                "Pass the source too: capture_attention(lm, text, source=...)."
            )
        target = read(lm, text, is_target=True)
        reads = {"encoder": read(lm, source), "decoder": shifted(lm, target) if isinstance(text, str) else target}
        arguments = reads["encoder"].arguments(lm, "input_ids") | reads["decoder"].arguments(lm, "decoder_input_ids")
    elif source is not None:
        raise ValueError(
            f"source is given, but {lm.name!r} has no encoder to read it; a source is allowed for encoder-decoders "
            "only. Leave source out."
        )
    else:
        reads = {"": read(lm, text)}
        arguments = reads[""].arguments(lm, "input_ids")
    return reads, arguments | lm.accepted(use_cache=False, logits_to_keep=1)


def _stacks(lm: LanguageModel, arguments: dict, reads: dict[str, Read], settings: dict) -> dict[str, Stack]:
    """The attention of one pass by kind: from the interface, else from torch's fused kernel, else from the model's own code."""
    num_tokens = sum(len(given.ids) for given in reads.values())
    limit = settings["memory_limit_bytes"]
    check_limit(recording_bytes(lm.model.config, num_tokens, lm.model.dtype), limit, "queries, keys and values")
    settings = settings | {"num_calls": config_number(lm.model.config, "num_hidden_layers")}
    with recording(lm.model, **settings) as record, ProjectionMode(record):
        lm.model(**arguments)
    if not _heard(record):
        what = without_attention(lm.model)
        if what is not None:
            raise NotWhole(f"it has no attention, its layers are {what}")
        if lm.model.config._attn_implementation != "eager":
            with recording(lm.model, **settings) as record, FusedKernelMode(record):
                lm.model(**arguments)
    if _heard(record):
        return stacks(lm.model, record.sites)
    check_limit(weights_bytes(lm.model.config, num_tokens), limit, "every weight, since this family shows nothing else")
    return weight_stacks(lm.model, eager_sites(lm.model, arguments, keep=settings["keep"]))


def _heard(record: Recording) -> bool:
    if record.refusals:
        raise NotWhole(record.refusals[0])
    return bool(record.sites)


def _attention(lm: LanguageModel, parts: dict[str, Stack], reads: dict[str, Read]) -> Attention:
    """One `Attention` per kind, hung on the decoder's where there are three."""
    made: list[Attention] = []
    for kind in sorted(parts, key=["cross", "encoder", "decoder"].index):
        sites = parts[kind].sites
        rows = reads.get("decoder" if kind == "cross" else kind, reads.get(""))
        columns = reads["encoder"] if kind == "cross" else rows
        names = token_names(lm, rows, sites[0].num_queries)
        key_names = token_names(lm, columns, sites[0].num_keys)
        if any((site.num_queries, site.num_keys) != (len(names), len(key_names)) for site in sites):
            sizes = sorted({(site.num_queries, site.num_keys) for site in sites})
            raise NotWhole(f"its {kind} attention has {sizes} queries and keys for {len(names)} and {len(key_names)} tokens")
        made.append(
            Attention(
                sites,
                rows.ids,
                names,
                lm.texts.pieces(rows.ids) if rows.ids else names,
                kind=kind,
                model_name=lm.name,
                key_tokens=key_names,
                other_layers=parts[kind].other_layers,
                other_kinds=list(reversed(made)) if kind == "decoder" else (),
                picture=_picture(lm, columns, sites[0].num_keys),
            )
        )
    return made[-1]


def _picture(lm: LanguageModel, given: Read, num_tokens: int) -> Picture | None:
    is_picture = given.tensor is not None and lm.model.main_input_name == "pixel_values"
    return small_picture(given.tensor, patch_size(lm), num_tokens) if is_picture else None


def _check(lm: LanguageModel, keep_on: str) -> None:
    if not isinstance(lm, LanguageModel):
        raise TypeError(
            f"lm is a {type(lm).__name__}; attention can only be read from weights on this computer, as a LanguageModel. "
            "Load one with load_model(...)."
        )
    if keep_on not in PLACES:
        raise ValueError(f"keep_on is {keep_on!r}; allowed are 'device' (where the model is) and 'cpu'. Use one of these.")
    if lm.model.training:
        raise ValueError(
            f"{lm.name!r} is in training mode, where dropout changes attention; evaluation mode is needed. "
            "Call lm.model.eval() first."
        )


def _refusal(lm: LanguageModel, reason: str) -> str:
    return (
        f"The attention of {lm.name!r} ({type(lm.model).__name__}) cannot be recorded: {reason}. Allowed are models "
        "whose every layer attends once, through transformers' attention interface, torch's fused kernel, or eager code that "
        "gives its weights. Use such a model, for example load_model('story')."
    )
