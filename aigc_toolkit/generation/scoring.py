"""How likely a model finds a text: every token's numbers from one parallel pass.

In: a model and a text, or a text already written. Out: `Score` with a `TokenStep` for each token, or the choices of a generation.
A text beyond the context is read in windows that overlap by half. Does not write.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..language_model import LanguageModel
from .prompts import Start, start_of
from .records import Generation, Prompt, TokenStep
from .sampling import Choice, measure
from .settings import DecodingSettings

ROWS_AT_ONCE = 64  # positions measured at once: bounds the memory for a large vocabulary


@dataclass(frozen=True)
class Score:
    """A text as the model sees it. `tokens`: a `TokenStep` for each token; the first has no prediction, so its numbers are None."""

    text: str
    mean_logprob: float  # nats per predicted token
    num_predicted: int
    tokens: tuple[TokenStep, ...] = field(repr=False)

    @property
    def perplexity(self) -> float:
        """exp of the mean negative log-probability: among how many tokens it was as if choosing evenly."""
        return math.exp(-self.mean_logprob)


def score(lm: LanguageModel, text: str | Prompt, *, source: str | None = None, num_alternatives: int = 10) -> Score:
    """The perplexity, mean log-probability and every token's numbers of a text; in one pass, nothing is sampled.

    An encoder-decoder scores `text` as its answer to `source`. A text beyond the context is read in windows that overlap by half,
    so that every token but the first half-context is predicted from at least half a context (as in transformers' guide to
    perplexity).

    Raises ValueError for a text of fewer than two tokens, a missing or needless `source`, and a model that cannot write.

    >>> round(score(lm, "Once upon a time, there was a girl.").perplexity, 2)
    11.44
    """
    is_encoded = lm.model.config.is_encoder_decoder
    if is_encoded != (source is not None):
        needs = "needs the source it answers, as source=…" if is_encoded else "reads one text, so source is not allowed"
        raise ValueError(f"{lm.name!r} {needs}. {'Pass the text that its encoder reads.' if is_encoded else 'Leave source out.'}")
    start = start_of(
        lm, source if is_encoded else Prompt("", (0,)), DecodingSettings(max_new_tokens=1)
    )  # refuses what cannot write
    if is_encoded:
        ids = tuple(lm.tokenizer(text_target=text, verbose=False)["input_ids"])
        choices: Sequence[Choice | None] = list(choices_of(lm, start, ids, num_alternatives))
    else:
        ids = text.ids if isinstance(text, Prompt) else tuple(lm.texts.encode(text))
        choices = [None, *_windowed(lm, ids, num_alternatives)]
    if len(ids) < 2 and not is_encoded:
        raise ValueError(
            f"The text has {len(ids)} tokens; at least 2 are needed, as the first is not predicted. Pass a longer text."
        )
    steps = steps_of(lm, ids, choices)
    known = [step.logprob for step in steps if step.logprob is not None]
    return Score(text.text if isinstance(text, Prompt) else text, sum(known) / len(known), len(known), steps)


def steps_of(
    lm: LanguageModel, ids: Sequence[int], choices: Sequence[Choice | None], first_position: int = 0
) -> tuple[TokenStep, ...]:
    """A `TokenStep` for each id; None in the place of a prediction gives None for its numbers and no alternatives."""
    pieces = lm.texts.pieces(ids)
    steps = []
    for number, (token_id, piece, choice) in enumerate(zip(ids, pieces, choices, strict=True), start=first_position):
        if choice is None:
            steps.append(TokenStep(token_id, piece, None, None, None, (), number))
        else:
            best = choice.alternatives(lm.texts.display)
            steps.append(TokenStep(token_id, piece, choice.logprob, choice.rank, choice.entropy, best, number))
    return tuple(steps)


def start_again(lm: LanguageModel, generation: Generation) -> Start:
    """The start of a finished generation."""
    if lm.model.config.is_encoder_decoder:
        return start_of(lm, generation.prompt, DecodingSettings(max_new_tokens=1))
    return Start(generation.prompt, generation.prompt_ids, len(generation.ids), "max_new_tokens")


def prompt_tokens(lm: LanguageModel, generation: Generation, num_alternatives: int) -> tuple[TokenStep, ...]:
    """A `TokenStep` for each token of the prompt; the first has no prediction, so its numbers are None."""
    ids = generation.prompt_ids
    start = Start("", ids[:1], len(ids), "max_new_tokens")
    return steps_of(lm, ids, [None, *choices_of(lm, start, ids[1:], num_alternatives)])


def choices_of(lm: LanguageModel, start: Start, ids: Sequence[int], num_alternatives: int) -> Iterator[Choice]:
    """The numbers of `ids` after the start, from one parallel pass."""
    for rows, chosen in logits_of(lm, start, ids):
        yield from measure(rows, chosen, num_alternatives)


@torch.inference_mode()
def logits_of(lm: LanguageModel, start: Start, ids: Sequence[int]) -> Iterator[tuple[Tensor, Tensor]]:
    """Float32 logits (rows, V) that predicted `ids`, and those ids, some positions at a time."""
    if not ids:
        return
    whole = torch.tensor([(*start.ids, *ids)], device=lm.device)
    if start.source:
        output = lm.model(**start.source, decoder_input_ids=whole[:, :-1]).logits[0]
    else:
        output = lm.model(whole[:, :-1], **lm.accepted(use_cache=False)).logits[0]  # (T - 1, V)
    first = len(start.ids) - 1
    for begin in range(first, len(output), ROWS_AT_ONCE):
        rows = output[begin : begin + ROWS_AT_ONCE].float()
        yield rows, whole[0, begin + 1 : begin + 1 + len(rows)]


def _windowed(lm: LanguageModel, ids: Sequence[int], num_alternatives: int) -> Iterator[Choice]:
    """The numbers of all ids but the first."""
    limit = lm.context_length or len(ids)
    done, begin = 1, 0
    while done < len(ids):
        window = ids[begin : begin + limit]
        start = Start("", tuple(window[: done - begin]), len(window), "max_new_tokens")
        yield from choices_of(lm, start, window[done - begin :], num_alternatives)
        done = begin + len(window)
        begin = done - limit // 2
