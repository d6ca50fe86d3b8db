"""The sampling microscope: what each setting did to the candidates for each token.

In: a generation that a model on this computer wrote. Out: `MicroscopeStep`s: the candidates' probabilities before and after every
processor, and the noise that decided. Computed when asked for, from one parallel pass: generate fast, annotate once. Does not
choose.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..language_model import LanguageModel
from .processors import processors_for
from .records import Generation, Origin
from .sampling import gumbel_noise
from .scoring import logits_of, start_again
from .settings import DecodingSettings


@dataclass(frozen=True)
class Candidate:
    """A token and its probability after each stage, 0 where it was cut. `noise`: its Gumbel noise; None if nothing was sampled."""

    id: int
    text: str
    probabilities: tuple[float, ...]
    noise: float | None


@dataclass(frozen=True)
class MicroscopeStep:
    """One generated token. `stages`: "model", then each processor; `num_left`: tokens that are still possible after each.

    `candidates`: the most likely ones of the model, and the chosen one, best first.
    """

    position: int
    id: int
    text: str
    stages: tuple[str, ...]
    num_left: tuple[int, ...]
    candidates: tuple[Candidate, ...]


def microscope(generation: Generation, *, num_candidates: int = 10) -> list[MicroscopeStep]:
    """A `MicroscopeStep` for each generated token, from one pass of the model over the finished text.

    Raises ValueError for a generation that did not come from a model on this computer.

    >>> story = generate(lm, "Mia had a", max_new_tokens=2, temperature=0.7, top_k=5, seed=0)
    >>> microscope(story)[0].stages
    ('model', 'temperature', 'top_k')
    """
    came_from = origin_of(generation)
    lm, settings = came_from.lm, settings_of(came_from)
    start = start_again(lm, generation)
    processors = processors_for(settings, lm, len(generation.prompt_ids))
    ids = torch.tensor(generation.ids, device=lm.device)
    num_candidates = min(num_candidates, lm.model.config.get_text_config().vocab_size)
    found = []
    with torch.inference_mode():
        for number, logits in enumerate(rows_of(came_from, generation, start)):
            step = generation.tokens[number]
            stages = [logits]
            for each in processors:
                stages.append(each.apply(ids[None, : step.position], stages[-1][None])[0])
            noise = None if came_from.seed is None else gumbel_noise(came_from.seed, number, len(logits), logits.device)
            candidates = _candidates(lm, stages, noise, step.id, num_candidates)
            names = ("model", *(each.name for each in processors))
            num_left = tuple(int(torch.isfinite(scores).sum()) for scores in stages)
            found.append(MicroscopeStep(step.position, step.id, lm.texts.display(step.id), names, num_left, candidates))
    return found


def rows_of(came_from: Origin, generation: Generation, start=None) -> Iterator[Tensor]:
    """Float32 logits (V,) that each generated token was chosen from, from one parallel pass."""
    start = start or start_again(came_from.lm, generation)
    for rows, _ in logits_of(came_from.lm, start, [step.id for step in generation.tokens]):
        yield from rows


def origin_of(generation: Generation) -> Origin:
    """What made a generation. Raises ValueError where that is not known, or is a server."""
    came_from = generation.origin
    if came_from is None or not isinstance(came_from.lm, LanguageModel):
        reason = "is a copy or was loaded" if came_from is None else "was written by a server"
        raise ValueError(
            f"This generation {reason}; a model on this computer that wrote it is needed. Use the one that generate() returned, or "
            "score(lm, text) for the numbers of any text."
        )
    return came_from


def settings_of(came_from: Origin, **changes) -> DecodingSettings:
    """The settings of a generation, some of them changed."""
    return DecodingSettings(**{**came_from.settings, **changes})


def _candidates(lm, stages: list[Tensor], noise: Tensor | None, chosen: int, num_candidates: int) -> tuple[Candidate, ...]:
    best = stages[0].topk(num_candidates).indices.tolist()
    ids = best if chosen in best else [*best, chosen]
    probabilities = torch.stack([scores.softmax(-1)[ids] for scores in stages], dim=1).tolist()  # (candidates, stages)
    noises = [None] * len(ids) if noise is None else noise[ids].tolist()
    return tuple(
        Candidate(token_id, lm.texts.display(token_id), tuple(row), drawn)
        for token_id, row, drawn in zip(ids, probabilities, noises, strict=True)
    )
