"""One prompt under several strategies, side by side.

In: a model, a prompt and named settings. Out: the generations and a table of their numbers. Every text is written by `generate`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas

from .decoding import generate
from .records import Generation

RECENT_TOKENS = 32


@dataclass(frozen=True)
class Comparison:
    """`table`: a row for each strategy; `generations`: its text with every step, by the same names."""

    table: pandas.DataFrame = field(repr=False)
    generations: Mapping[str, Generation]

    def _repr_html_(self) -> str:
        return self.table.to_html(escape=True)


def compare_strategies(lm, prompt: str, strategies: Mapping[str, Mapping[str, Any]], **settings) -> Comparison:
    """The prompt written on under each of `strategies` (name: settings); `settings` are common to all.

    Columns: `mean_logprob` and `mean_entropy` (nats per token, of the model's own distribution), `distinct_1` to `distinct_3`
    (different n-grams by all n-grams of the generated tokens: Li et al. 2016, section 4), `repetition` (share of tokens that were
    among the 32 tokens before: Welleck et al. 2020, section 6), `num_tokens`, `stop_reason`, `text`. A number that cannot be had
    is missing.

    Raises ValueError where there is no strategy, and as `generate` does.

    >>> compare_strategies(lm, "Mia had a", {"greedy": {"temperature": 0}}, max_new_tokens=3).table.loc["greedy", "text"]
    ' brown toy duck'
    """
    if not strategies:
        raise ValueError("There is no strategy; at least one is needed. Pass for example {'greedy': {'temperature': 0}}.")
    made = {name: generate(lm, prompt, **{**settings, **chosen}) for name, chosen in strategies.items()}
    for name, generation in made.items():
        if not isinstance(generation, Generation):
            raise ValueError(
                f"The strategy {name!r} gives several texts; one for each strategy is allowed. Leave num_return_sequences out."
            )
    table = pandas.DataFrame([measures(each) for each in made.values()], index=pandas.Index(made, name="strategy"))
    return Comparison(table, made)


def measures(generation: Generation) -> dict[str, Any]:
    """The numbers of one generation, as in `compare_strategies`."""
    ids = [step.id if step.id is not None else step.text for step in generation.tokens]
    return {
        "mean_logprob": generation.mean_logprob,
        "mean_entropy": generation.mean_entropy,
        **{f"distinct_{size}": distinct(ids, size) for size in (1, 2, 3)},
        "repetition": repetition(ids),
        "num_tokens": len(ids),
        "stop_reason": generation.stop_reason,
        "text": generation.text,
    }


def distinct(ids: Sequence, size: int) -> float | None:
    """Different n-grams of `size` by all of them; None where there is none.

    >>> distinct([1, 2, 1, 2, 1], 2)
    0.5
    """
    grams = [tuple(ids[first : first + size]) for first in range(len(ids) - size + 1)]
    return len(set(grams)) / len(grams) if grams else None


def repetition(ids: Sequence) -> float | None:
    """Share of tokens that are among the 32 tokens before them; None for no token."""
    repeated = [token_id in ids[max(number - RECENT_TOKENS, 0) : number] for number, token_id in enumerate(ids)]
    return sum(repeated) / len(repeated) if repeated else None
