"""Choose the next token from logits, and measure the choice.

In: the logits of one position. Out: a token id and its numbers. Temperature, top-k and top-p are transformers' own
processors. Sampling is the Gumbel-max trick: argmax(logits + Gumbel noise) has the softmax distribution (Gumbel 1954;
Maddison et al. 2014, "A* Sampling", section 2). Does not know the model or the text.
"""

import math
from dataclasses import dataclass

import torch
from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from .records import Alternative


@dataclass(frozen=True)
class Sampling:
    """How to choose; `temperature` 0 is greedy. Raises ValueError for values out of range."""

    temperature: float = 1.0
    top_k: int | None = None  # keep this many of the most likely tokens
    top_p: float | None = None  # keep the most likely tokens that together have this probability
    seed: int | None = None  # None: a new one each time

    def check(self, vocabulary_size: int) -> None:
        """Raise ValueError where a setting is out of range for this vocabulary."""
        if not 0 <= self.temperature < math.inf:  # false for NaN too
            raise ValueError(
                f"temperature is {self.temperature}; 0 (greedy) or a positive number is allowed. "
                "Use 1 for the model's own distribution."
            )
        if self.top_k is not None and not 1 <= self.top_k <= vocabulary_size:
            raise ValueError(
                f"top_k is {self.top_k}; 1 to {vocabulary_size} (the vocabulary) is allowed. Use None to keep all tokens."
            )
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"top_p is {self.top_p}; above 0 and up to 1 is allowed. Use None or 1 to keep all tokens.")


class Sampler:
    """Chooses tokens by one `Sampling` with a generator of its own, so the same seed gives the same choices.

    >>> Sampler(Sampling(temperature=0), torch.device("cpu")).choose(torch.tensor([0.1, 2.0]))
    tensor(1)
    """

    def __init__(self, sampling: Sampling, device: torch.device):
        self._generator = None
        self._processors = LogitsProcessorList()
        if sampling.temperature == 0:
            return
        self._generator = torch.Generator(device=device)
        if sampling.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(sampling.seed)
        if sampling.temperature != 1:
            self._processors.append(TemperatureLogitsWarper(float(sampling.temperature)))
        if sampling.top_k is not None:
            self._processors.append(TopKLogitsWarper(sampling.top_k))
        if sampling.top_p is not None and sampling.top_p < 1:
            self._processors.append(TopPLogitsWarper(sampling.top_p))

    def choose(self, logits: torch.Tensor) -> torch.Tensor:
        """The id of the next token, a scalar tensor, from float32 `logits` of shape (V,)."""
        if self._generator is None:
            return logits.argmax()
        scores = self._processors(None, logits[None])[0]  # (V,); these processors never read the ids
        exponential = torch.empty_like(scores).exponential_(generator=self._generator)
        return (scores - exponential.log()).argmax()  # -log of an exponential variable is a Gumbel variable


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
        return tuple(Alternative(token_id, display(token_id), logprob) for token_id, logprob in self.best)


def measure(logits: torch.Tensor, chosen: torch.Tensor, num_alternatives: int) -> Choice:
    """The numbers of `chosen` under softmax of float32 `logits` (V,); one wait for the device.

    Raises ValueError where the logits hold NaN, which no token can be chosen from.
    """
    logprobs = logits.log_softmax(-1)  # (V,)
    own = logprobs[chosen]
    rank = (logprobs > own).sum() + 1
    entropy = torch.special.entr(logprobs.exp()).sum()
    best = logprobs.topk(num_alternatives)
    numbers = torch.cat([torch.stack([own, entropy]), best.values]).tolist()
    integers = torch.cat([torch.stack([chosen, rank]), best.indices]).tolist()
    if math.isnan(numbers[1]):
        raise ValueError(
            "The model's logits hold NaN; finite numbers are needed. Load it with dtype='float32', or check its weights."
        )
    return Choice(integers[0], numbers[0], integers[1], numbers[1], tuple(zip(integers[2:], numbers[2:], strict=True)))
