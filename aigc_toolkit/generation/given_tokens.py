"""Tokens somebody else chose: what the model thought of them.

In: a `LanguageModel`, ids, and from which position on they were not the model's choice. Out: a `TokenStep` for each of those, with
the numbers of the model's own distribution. Reads only what no kept cache holds. Knows neither trees nor sampling.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch

from ..language_model import LanguageModel
from .prefix_cache import kept_caches
from .prompts import start_of
from .records import Prompt, TokenStep
from .sampling import measure
from .scoring import choices_of, steps_of
from .settings import DecodingSettings


def forced_steps(lm: LanguageModel, prompt: Prompt, ids: Sequence[int], num_alternatives: int) -> list[TokenStep]:
    """A step for each of `ids`, which follow the prompt; `.text` is what it adds to these ids alone.

    >>> forced_steps(lm, Prompt("Once upon a", tuple(lm.texts.encode("Once upon a"))), lm.texts.encode_more(" time"), 5)[0].rank
    1
    """
    start = start_of(lm, prompt, DecodingSettings(max_new_tokens=1))
    if start.source:
        choices = list(choices_of(lm, start, ids, num_alternatives))
    else:
        logits = _logits_before(lm, (*start.ids, *ids), len(start.ids))  # (len(ids), V)
        choices = measure(logits, torch.tensor(ids, device=logits.device), num_alternatives)
    return list(steps_of(lm, ids, choices, len(start.ids)))


def step_with(step: TokenStep, token_id: int) -> TokenStep | None:
    """`step` as if it had chosen `token_id`, from the numbers it already has; None where it does not have them."""
    if token_id == step.id:
        return step
    for rank, alternative in enumerate(step.alternatives, start=1):
        if alternative.id == token_id:
            return replace(step, id=token_id, text="", logprob=alternative.logprob, rank=rank)
    return None


@torch.inference_mode()
def _logits_before(lm: LanguageModel, ids: tuple[int, ...], first: int) -> torch.Tensor:
    """Float32 logits (T, V) that predict `ids[first:]`; the last id is not read."""
    cache, num_read = kept_caches(lm).start(ids[:first], len(ids))
    read = ids[num_read:-1]
    output = lm.model(
        input_ids=torch.tensor([read], device=lm.device),  # (1, T)
        past_key_values=cache,
        **lm.accepted(
            position_ids=torch.arange(num_read, len(ids) - 1, device=lm.device)[None],  # (1, T)
            use_cache=True,
            logits_to_keep=len(ids) - first,
        ),
    )
    kept_caches(lm).keep(ids[:-1], cache)
    return output.logits[0, first - len(ids) :].float()
