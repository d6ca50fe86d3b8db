"""Choose the next token from logits, and measure the choice.

In: the logits of one position of one or several sequences. Out: token ids and their numbers. Sampling is the Gumbel-max trick:
argmax(scores + Gumbel noise) has the softmax distribution (Gumbel 1954; Maddison et al. 2014, "A* Sampling", section 2). The noise
of a step depends on the seed and the step alone, so that it can be made again. Does not know the model or the text.
"""

import math
import secrets
from dataclasses import dataclass

import torch

from ..language_model import LanguageModel
from .processors import PLAIN, processed, processors_for
from .records import Alternative
from .settings import DecodingSettings

MASK = 2**64 - 1
LEAST_LOGPROB = (
    -80.0
)  # in the entropy: smaller probabilities add nothing in float32, 0 times -inf is NaN, subnormal numbers are slow


def gumbel_noise(seed: int, step: int, size: int, device: torch.device) -> torch.Tensor:
    """The noise (size,) of one step of a text with this seed: the same every time on the same machine."""
    generator = torch.Generator(device=device).manual_seed(_mixed(seed, step))
    exponential = torch.empty(size, device=device).exponential_(generator=generator)
    return exponential.log_().neg_()  # -log of an exponential variable is a Gumbel variable


def _mixed(seed: int, step: int) -> int:
    """A number that differs in all its bits for neighbouring seeds and steps (SplitMix64, Steele et al. 2014)."""
    state = (seed * 0x9E3779B97F4A7C15 + step * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) & MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & MASK
    return (state ^ (state >> 31)) >> 1


class Chooser:
    """Chooses the tokens of one sequence by its settings.

    >>> int(Chooser(DecodingSettings(temperature=0), lm).choose(torch.tensor([0.1, 2.0])))
    1
    """

    def __init__(self, settings: DecodingSettings, lm: LanguageModel, prompt_ids: tuple[int, ...] = (), *, seed: int | None = None):
        given = settings.seed if seed is None else seed
        self._seed = secrets.randbits(63) if given is None else given
        self._is_greedy = settings.is_greedy
        self._processors = processors_for(settings, lm, len(prompt_ids))
        self._step = 0
        self._reads_ids = any(each.name not in PLAIN for each in self._processors)
        self._ids = torch.tensor(prompt_ids, device=lm.device) if self._reads_ids else None

    @property
    def is_plain(self) -> bool:
        """Whether it takes the most likely token and nothing else."""
        return self._is_greedy and not self._processors

    def choose(self, logits: torch.Tensor) -> torch.Tensor:
        """The id of the next token, a scalar tensor, from float32 `logits` of shape (V,)."""
        scores = processed(logits, self._ids, self._processors) if self._processors else logits
        if not self._is_greedy:
            scores = scores + gumbel_noise(self._seed, self._step, len(logits), logits.device)
        chosen = scores.argmax()
        self._step += 1
        if self._reads_ids:
            if scores[chosen] == -torch.inf:
                raise ValueError(
                    "Every token is forbidden here by the settings (bad_words, no_repeat_ngram_size); at least one must be left. "
                    "Forbid fewer."
                )
            self._ids = torch.cat([self._ids, chosen[None]])
        return chosen


@dataclass(frozen=True)
class Choice:
    """A chosen token with its numbers, and the most likely ones as (id, logprob)."""

    id: int
    logprob: float
    rank: int
    entropy: float
    best: tuple[tuple[int, float], ...]

    def alternatives(self, display) -> tuple[Alternative, ...]:
        """`best` as records; `display` gives the text of an id."""
        return tuple([Alternative(token_id, display(token_id), logprob) for token_id, logprob in self.best])


def measure(logits: torch.Tensor, chosen: torch.Tensor, num_alternatives: int) -> list[Choice]:
    """The numbers of `chosen` (B,) under softmax of float32 `logits` (B, V); one wait for the device, two for unlikely tokens.

    Raises ValueError where the logits hold NaN, which no token can be chosen from.
    """
    logprobs = logits.log_softmax(-1)  # (B, V)
    own = logprobs.gather(-1, chosen[:, None])  # (B, 1)
    finite = logprobs.clamp_min(LEAST_LOGPROB)
    minus_entropy = torch.linalg.vecdot(finite.exp(), finite)[:, None]
    best = logprobs.topk(min(num_alternatives, logprobs.shape[-1]), dim=-1)
    numbers = torch.cat([own, minus_entropy, best.values], dim=-1).tolist()
    integers = torch.cat([chosen[:, None], best.indices], dim=-1).tolist()
    if num_alternatives and all(number[0] >= number[-1] for number in numbers):  # what is more likely is among the best
        ranks = [1 + sum([other > number[0] for other in number[2:]]) for number in numbers]
    else:
        ranks = (1 + (logprobs > own).float().sum(-1)).tolist()  # float: counting truth values is slow on a processor
    return [_choice(*row) for row in zip(integers, numbers, ranks, strict=True)]


def _choice(integers: list[int], numbers: list[float], rank: float) -> Choice:
    if math.isnan(numbers[1]):
        raise ValueError(
            "The model's logits hold NaN; finite numbers are needed. Load it with dtype='float32', or check its weights."
        )
    return Choice(integers[0], numbers[0], int(rank), -numbers[1], tuple(zip(integers[1:], numbers[2:], strict=True)))
