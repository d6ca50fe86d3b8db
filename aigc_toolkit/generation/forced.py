"""Tokens somebody else chose: what the model thought of them.

In: a `LanguageModel`, ids, and from which position on they were not the model's choice. Out: a `TokenStep` for each of those, with
the numbers of the model's own distribution. Reads only what no kept cache holds. Knows neither trees nor sampling.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch

from ..language_model import LanguageModel
from .prefix_cache import kept_caches
from .records import TokenStep
from .sampling import measure


def forced_steps(lm: LanguageModel, ids: Sequence[int], first: int, num_alternatives: int) -> list[TokenStep]:
    """A step for each of `ids[first:]`, `first` at least 1; `.text` is left empty.

    >>> forced_steps(lm, lm.texts.encode("Once upon a time"), 3, num_alternatives=5)[0].rank
    1
    """
    logits = _logits_before(lm, tuple(ids), first)  # (len(ids) - first, V)
    chosen = torch.tensor(ids[first:], device=logits.device)
    steps = []
    for number, (token_id, choice) in enumerate(zip(ids[first:], measure(logits, chosen, num_alternatives), strict=True)):
        alternatives = choice.alternatives(lm.texts.display)
        steps.append(TokenStep(token_id, "", choice.logprob, choice.rank, choice.entropy, alternatives, first + number))
    return steps


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
