"""A running branch: what it keeps of its parent, the tokens that were given, then new ones.

In: a parent `Generation`, where and with which tokens to depart from it, settings. Out: `TokenStep`s as they come, and the branch
as a `Generation` from the start of the prompt. New tokens come from `stream`. Knows no tree: who waits for the branch is told.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from ..language_model import LanguageModel
from .decoding import stream
from .given_tokens import forced_steps, step_with
from .prefix_cache import num_shared
from .prompts import end_of_text_ids
from .records import Alternative, Generation, Origin, Prompt, StopReason, TokenStep
from .running import RunningText


@dataclass(frozen=True)
class Departure:
    """Where a branch leaves its parent: what it reads as prompt, the steps it keeps, and the ids that were given."""

    prompt: Prompt
    kept: tuple[TokenStep, ...]
    given_ids: tuple[int, ...]
    position: int  # of the first token that may differ from the parent's


def departure(parent: Generation, position: int, token: int | str | Alternative) -> Departure:
    """Leave `parent` at `position` with `token`. Raises ValueError for a position or a token that cannot be."""
    lm = origin(parent).lm
    first, end = len(parent.prompt_ids), len(parent.ids)
    if not first <= position <= end:
        raise ValueError(
            f"position is {position}; {first} (the first generated token) to {end} (the end) is allowed. "
            "Use edit() to change the prompt."
        )
    given = lm.texts.encode_more(token) if isinstance(token, str) else [token.id if isinstance(token, Alternative) else token]
    vocabulary_size = lm.model.config.get_text_config().vocab_size
    if not all(0 <= token_id < vocabulary_size for token_id in given):
        raise ValueError(
            f"token is {given[0]}; ids from 0 to {vocabulary_size - 1} are allowed. Pass one of them, an alternative or a text."
        )
    return Departure(Prompt(parent.prompt, parent.prompt_ids), parent.tokens[: position - first], tuple(given), position)


def edited(parent: Generation, text: str) -> Departure:
    """Leave `parent` where `text` first differs from its prompt and generated text; an encoder-decoder's has no prompt in it."""
    lm = origin(parent).lm
    shown = "" if lm.model.config.is_encoder_decoder else parent.prompt
    whole = shown + parent.text
    if text == whole:
        raise ValueError(
            "The text is not changed; an edit changes something. Use branch(position, '') to let the model choose again."
        )
    num_same = num_shared(whole, text)
    if shown and num_same <= len(shown):
        ids = _prompt_ids(lm, parent, text)
        return Departure(Prompt(text, ids), (), (), min(num_shared(ids, parent.ids), len(ids)))
    kept = _untouched(parent, num_same - len(shown))
    rest = text[len(shown) + sum(len(step.text) for step in kept) :]
    prompt = Prompt(parent.prompt, parent.prompt_ids)
    return Departure(prompt, kept, tuple(lm.texts.encode_more(rest)), len(parent.prompt_ids) + len(kept))


class BranchStream(RunningText):
    """A running branch: iterate it for the given tokens and the new ones.

    `.tokens` begins with the steps kept of the parent; `.prompt`, `.prompt_ids`, `.stop_reason` and `.generation()` are those of
    the whole branch, as of a `TokenStream`. `begin` among the settings is what new tokens come from, in place of `stream`:
    `Scheduler.stream` writes them together with other people's texts.
    """

    def __init__(self, parent: Generation, start: Departure, settings: dict, told: Callable[[Generation], None]):
        came_from = origin(parent)
        lm, settings = came_from.lm, {**came_from.settings, **settings, "truncation": "refuse"}  # a cut would shift positions
        begin = settings.pop("begin", partial(stream, lm))
        self.prompt, self.prompt_ids = start.prompt.text, start.prompt.ids
        self.tokens = list(start.kept)
        self.stop_reason: StopReason | None = None
        self._told, self.origin = told, Origin(lm, {name: value for name, value in settings.items() if name != "stop_event"})
        self._texts = lm.texts.start(() if lm.model.config.is_encoder_decoder else self.prompt_ids)
        for step in start.kept:
            self._texts.add(step.id)
        at_end = bool(start.given_ids) and start.given_ids[-1] in end_of_text_ids(lm)
        self._given = _given_steps(lm, parent, start, settings["num_alternatives"])
        self._new = None if at_end else begin(_with_written(lm, start, start.given_ids), **{"reuse": True} | settings)
        self._finished: Generation | None = None

    def __next__(self) -> TokenStep:
        if self.stop_reason is not None:
            raise StopIteration
        step = self._given.pop(0) if self._given else next(self._new, None)
        if not self._given:
            self.stop_reason = "end_of_text" if self._new is None else self._new.stop_reason
        if step is not None:
            text = self._texts.add(step.id) + (self._texts.finish() if self.stop_reason else "")
            step = replace(step, text=text)
            self.tokens.append(step)
        if self.stop_reason is not None:
            self._finished = self.generation()
            self._told(self._finished)
        if step is None:
            raise StopIteration
        return step

    def generation(self) -> Generation:
        """The branch so far, as one record: once it has ended always the same one, which is in the tree."""
        return super().generation() if self._finished is None else self._finished


def origin(generation: Generation) -> Origin:
    """What made a generation. Raises ValueError where that is not a model on this computer."""
    came_from = generation.origin
    if came_from is None or not isinstance(came_from.lm, LanguageModel):
        reason = "is a copy or was loaded without one" if came_from is None else f"was written by {came_from.lm!r}"
        raise ValueError(
            f"This generation {reason}; going on from it needs a model on this computer. "
            "Use the one generate() returned, or GenerationTree.load(path, lm)."
        )
    return came_from


def _given_steps(lm: LanguageModel, parent: Generation, start: Departure, num_alternatives: int) -> list[TokenStep]:
    """The given tokens with their numbers, from the parent's own step where it has them."""
    if not start.given_ids:
        return []
    number = len(start.kept)
    if len(start.given_ids) == 1 and number < len(parent.tokens):
        step = step_with(parent.tokens[number], start.given_ids[0])
        if step is not None:
            return [step]
    return forced_steps(lm, _with_written(lm, start), start.given_ids, num_alternatives)


def _with_written(lm: LanguageModel, start: Departure, given_ids: tuple[int, ...] = ()) -> Prompt:
    """The prompt, what was kept and what was given, to be read before new tokens are written."""
    written = tuple(step.id for step in start.kept) + given_ids
    if lm.model.config.is_encoder_decoder:
        return Prompt(start.prompt.text, tuple(lm.texts.encode(start.prompt.text)), written)
    return Prompt(start.prompt.text, start.prompt.ids, written)


def _prompt_ids(lm: LanguageModel, parent: Generation, text: str) -> tuple[int, ...]:
    """The ids of a changed prompt, with the special tokens the tokenizer adds if the parent's prompt had them so."""
    if tuple(lm.texts.encode(parent.prompt)) == parent.prompt_ids:
        return tuple(lm.texts.encode(text))
    return tuple(lm.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


def _untouched(parent: Generation, num_characters: int) -> tuple[TokenStep, ...]:
    """The steps whose text ends before the first `num_characters` of the generated text do, whole characters alone."""
    num_kept, end = 0, 0
    for step in parent.tokens:
        end += len(step.text)
        if end >= num_characters:
            break
        num_kept += 1
    while num_kept and not parent.tokens[num_kept - 1].text:
        num_kept -= 1  # bytes of a character that is changed
    return parent.tokens[:num_kept]
