"""What the same noise would have chosen under other settings.

In: a generation that was sampled, and changed settings. Out: a `Replay`: which tokens flip. The noise is made again from the seed;
the scores are the candidates that were kept, and where a token that was not kept could have won, that is said: no model runs. With
`read_again` one parallel pass gives all scores. After the first flip the text would have gone on differently: the steps after it
tell what would be chosen after the text as it stands.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from .microscope import origin_of, rows_of, settings_of
from .processors import processed, processors_for
from .records import Generation, TokenStep
from .sampling import gumbel_noise
from .settings import DecodingSettings

ROUNDING = 1e-6  # of scores; a bound that rests on who won before is met exactly by the same settings
KEPT_SUFFICE = frozenset({"temperature", "top_k", "top_p", "min_p"})  # what can be followed with the most likely tokens alone


@dataclass(frozen=True)
class ReplayStep:
    """A token and the one that would be chosen: `new_id` None where the kept candidates do not tell.

    `same_before`: whether the text before it would be the same; after the first flip or an unknown step it is not known to be.
    """

    position: int
    id: int
    text: str
    new_id: int | None
    new_text: str | None
    same_before: bool

    @property
    def flips(self) -> bool:
        return self.new_id is not None and self.new_id != self.id


@dataclass(frozen=True)
class Replay:
    """The whole text under `settings` (those that were changed)."""

    settings: dict
    steps: tuple[ReplayStep, ...]

    @property
    def flips(self) -> list[ReplayStep]:
        """The tokens that would be others, each after the text as it stands."""
        return [step for step in self.steps if step.flips]

    @property
    def unknown(self) -> list[ReplayStep]:
        """Where the kept candidates do not suffice: `num_alternatives` keeps more, `read_again=True` reads the text once more."""
        return [step for step in self.steps if step.new_id is None]

    @property
    def num_same(self) -> int:
        """How many tokens, from the first, would certainly be the same."""
        return sum(step.same_before and step.new_id == step.id for step in self.steps)

    def __str__(self) -> str:
        changes = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        return f"{changes}: {self.num_same} of {len(self.steps)} tokens stay, {len(self.flips)} flip, {len(self.unknown)} unknown"


def replay(generation: Generation, *, read_again: bool = False, **settings) -> Replay:
    """What the noise of `generation` would have chosen under changed `settings`, by the names of `generate`.

    From the kept candidates for temperature, top_k, top_p and min_p; every other setting needs `read_again`.
    Raises ValueError for a generation that was not sampled here, and settings out of range.

    >>> story = generate(lm, "Mia had a", max_new_tokens=8, seed=0)
    >>> replay(story, temperature=1.0).flips
    []
    """
    came_from = origin_of(generation)
    seed = settings.get("seed", came_from.seed)
    changed = settings_of(came_from, **settings)
    changed.check(came_from.lm)
    if seed is None or changed.num_beams > 1:
        raise ValueError(
            "This generation was not sampled in one go (greedy, beams or a branch), so there is no noise to use again; a sampled "
            "one is needed. Generate with a temperature above 0."
        )
    names = {each.name for each in processors_for(changed, came_from.lm, len(generation.prompt_ids))}
    if not read_again and not names <= KEPT_SUFFICE:
        raise ValueError(
            f"{', '.join(sorted(names - KEPT_SUFFICE))} cannot be followed from the kept candidates; "
            f"{', '.join(sorted(KEPT_SUFFICE))} can. Pass read_again=True to read the text once more."
        )
    lm, size = came_from.lm, came_from.lm.model.config.get_text_config().vocab_size
    with torch.inference_mode():
        if read_again:
            new_ids = _all_read(generation, came_from, changed, seed)
        else:
            noises = (gumbel_noise(seed, number, size, lm.device) for number in range(len(generation.tokens)))
            before = settings_of(came_from) if seed == came_from.seed else None
            new_ids = [winner(step, noise, changed, before) for step, noise in zip(generation.tokens, noises, strict=True)]
    steps, same = [], True
    for step, new_id in zip(generation.tokens, new_ids, strict=True):
        new_text = None if new_id is None else lm.texts.display(new_id)
        steps.append(ReplayStep(step.position, step.id, lm.texts.display(step.id), new_id, new_text, same))
        same = same and new_id == step.id
    return Replay(dict(settings), tuple(steps))


def _all_read(generation: Generation, came_from, changed: DecodingSettings, seed: int) -> list[int]:
    """The winners from all scores, read again in one pass."""
    processors = processors_for(changed, came_from.lm, len(generation.prompt_ids))
    ids = torch.tensor(generation.ids, device=came_from.lm.device)
    found = []
    for number, logits in enumerate(rows_of(came_from, generation)):
        scores = processed(logits, ids[: generation.tokens[number].position], processors)
        if not changed.is_greedy:
            scores = scores + gumbel_noise(seed, number, len(scores), scores.device)
        found.append(int(scores.argmax()))
    return found


def winner(step: TokenStep, noise: Tensor, settings: DecodingSettings, before: DecodingSettings | None = None) -> int | None:
    """The id that wins under `settings` with `noise` (V,), from the step's alternatives alone; None where they do not tell.

    What is not known is bounded: a token that was not kept is at most as likely as the least likely kept one, and as what is left;
    and where all tokens competed `before` with this noise, at most so likely that it did not win then.
    """
    if not step.alternatives:
        return None
    ids = [each.id for each in step.alternatives]
    if settings.is_greedy:
        return ids[0]
    logprobs = torch.tensor([each.logprob for each in step.alternatives], dtype=torch.float64)
    left = max(1 - logprobs.exp().sum().item(), 0.0)
    highest = min(logprobs[-1].item(), math.log(left) if left > 0 else -math.inf)  # of any token that was not kept
    scores = logprobs / settings.temperature  # best first
    few, many = _num_possible(scores, settings, left, highest, len(noise) - len(ids))
    drawn = scores + noise[ids].double().cpu()
    first, last = int(drawn[:few].argmax()), int(drawn[:many].argmax())
    if first != last:
        return None
    if many > len(ids):
        rest = noise.double()
        bounds = torch.full_like(rest, highest)
        if before is not None and not before.is_greedy and not _cuts(before):
            bounds = bounds.clamp_max(step.logprob + before.temperature * (rest[step.id] - rest))
        others = bounds / settings.temperature + rest
        others[ids] = -math.inf
        own = -math.inf
        if step.id not in ids and not _cuts(settings):
            own, others[step.id] = step.logprob / settings.temperature + rest[step.id].item(), -math.inf
        best = max(drawn[last].item(), own)
        if others.max() > best + ROUNDING:
            return None
        return step.id if own == best else ids[first]
    return ids[first]


def _cuts(settings: DecodingSettings) -> bool:
    """Whether anything but the temperature has a say."""
    plain = DecodingSettings(temperature=settings.temperature).keywords()
    free = {"seed", "max_new_tokens", "num_alternatives", "stop", "max_time", "truncation"}
    return any(value != plain[name] for name, value in settings.keywords().items() if name not in free)


def _num_possible(scores: Tensor, settings: DecodingSettings, left: float, highest: float, num_others: int) -> tuple[int, int]:
    """The fewest and the most tokens, best first, that the settings may let through; more than are kept means: others too."""
    beyond = len(scores) + (1 if num_others and left > 0 else 0)
    few = many = beyond
    if settings.top_k is not None:
        few = many = min(settings.top_k, beyond)
    if settings.top_p is not None and settings.top_p < 1:
        inside = scores[:many].exp()
        cumulative = inside.cumsum(0)
        least, most = (0.0, 0.0) if many <= len(scores) else _others(settings.temperature, left, highest, num_others)
        sizes = []
        for others in (least, most):
            before = torch.cat([torch.zeros(1, dtype=torch.float64), cumulative[:-1]])
            share = before / (cumulative[-1] + others)
            num_inside = int((share < settings.top_p).sum())
            full = num_inside == len(inside) and many > len(scores) and cumulative[-1] / (cumulative[-1] + others) < settings.top_p
            sizes.append(beyond if full else num_inside)
        few, many = min(sizes), max(sizes)
    if settings.min_p is not None:
        num_inside = int((scores >= scores[0] + math.log(settings.min_p)).sum())
        if num_inside < len(scores):
            few, many = min(few, num_inside), min(many, num_inside)
    return max(few, 1), max(many, 1)


def _others(temperature: float, left: float, highest: float, num_others: int) -> tuple[float, float]:
    """The least and the most that exp(logprob / temperature) of the other tokens can sum to: spread evenly, or heaped on few."""
    if not num_others or left <= 0:
        return 0.0, 0.0
    even = num_others * math.exp((math.log(left) - math.log(num_others)) / temperature)
    heaped = left * math.exp(highest / temperature - highest)
    return min(even, heaped), max(even, heaped)
