"""Write on from a prompt: one stream of steps, or finished generations.

In: a `LanguageModel`, prompts, settings. Out: `TokenStep` records as they come (`stream`) or `Generation`s (`generate`). The
tokens come from a `Batch`; here they become text, and here a text ends: at its end-of-text token, a stop text, a limit of tokens
or time, or when nobody wants it any more. Does not know attention, training or views.
"""

import secrets
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from torch import Tensor

from ..language_model import LanguageModel
from ..remote import RemoteModel
from .batch import Batch
from .beams import beam_choices
from .prefix_cache import kept_caches
from .processors import watermark_config
from .prompts import Start, end_of_text_ids, start_of
from .records import Origin, Prompt, StopReason, TokenStep
from .remote import RemoteStream, remote_stream
from .running import RunningText, Wish
from .sampling import Choice
from .settings import DecodingSettings

AT_ONCE = 32  # texts that `generate` writes together


def stream(
    lm: LanguageModel | RemoteModel,
    prompt: str | Prompt | Tensor,
    *,
    stop_event: threading.Event | None = None,
    reuse: bool = False,
    **settings,
) -> "TokenStream | RemoteStream":
    """An iterator of `TokenStep`, each given as soon as its token is chosen; `settings` are those of `DecodingSettings`.

    `temperature` 0 is greedy. `stop_event` ends the stream between two tokens. An empty prompt starts from the tokenizer's
    beginning-of-text or end-of-text token. The prompt is tokenized as the model's own tokenizer does; a `Prompt` brings its own
    ids. An encoder-decoder reads the prompt with its encoder and writes from its start token; one of sound features takes them as
    a float tensor. `reuse` starts from the keys and values of an earlier text that begins alike (see `prefix_cache`): quicker, and
    equal but for rounding. With `num_beams` all steps come at the end.

    Raises ValueError for settings out of range or at odds with each other, a prompt that fills the context, an unreadable prompt, a
    model that cannot write, and logits that hold NaN.

    >>> "".join(step.text for step in stream(lm, "Once upon a time", max_new_tokens=3, temperature=0))
    ', there was'
    """
    if isinstance(lm, RemoteModel):
        return remote_stream(lm, prompt, stop_event=stop_event, **settings)
    chosen = checked(lm, settings)
    if chosen.num_return_sequences > 1:
        raise ValueError(
            f"num_return_sequences is {chosen.num_return_sequences}; a stream is one text, so 1 is allowed. "
            "Use generate for several."
        )
    return TokenStream(lm, start_of(lm, prompt, chosen), chosen, stop_event=stop_event, reuse=reuse)


def generate(lm: LanguageModel, prompt: str | Prompt | Tensor | Sequence[str | Prompt | Tensor], **settings):
    """The finished `Generation`; settings are those of `stream`.

    For a list of prompts a list of generations, written together, each equal to its single run. With `num_return_sequences` a list
    of that many for the prompt, which is read once: number n has the seed `seed` + n.

    Raises ValueError as `stream` does.

    >>> generate(lm, "Once upon a time", max_new_tokens=3, temperature=0).text
    ', there was'
    >>> [text.text for text in generate(lm, ["Once upon a time", "Mia had a"], max_new_tokens=3, temperature=0)]
    [', there was', ' brown toy duck']
    """
    several = isinstance(prompt, (list, tuple))
    if isinstance(lm, RemoteModel):
        made = [remote_stream(lm, each, **settings).finish() for each in (prompt if several else [prompt])]
        return made if several else made[0]
    options = {name: settings.pop(name) for name in ("stop_event", "reuse") if name in settings}
    chosen = checked(lm, settings)
    starts = [start_of(lm, each, chosen) for each in (prompt if several else [prompt])]
    if chosen.num_beams > 1 and chosen.num_return_sequences > 1:
        streams = [TokenStream(lm, s, chosen, **options, beam=beam) for s in starts for beam in range(chosen.num_return_sequences)]
    else:
        streams = [
            TokenStream(lm, start, _numbered(chosen, number), **options)
            for start in starts
            for number in range(chosen.num_return_sequences)
        ]
    if len(streams) == 1 or chosen.num_beams > 1:
        for each in streams:
            each.finish()
    else:
        for _ in together(lm, streams):
            pass
    made = [each.generation() for each in streams]
    return made if several or chosen.num_return_sequences > 1 else made[0]


def together(lm: LanguageModel, streams: Sequence["TokenStream"], max_sequences: int = AT_ONCE) -> Iterator[tuple[int, TokenStep]]:
    """The steps of several streams, at most `max_sequences` written at once, as (number of the stream, step).

    Streams with one and the same `Start`, written at once, share its reading.
    """
    if not streams:
        return
    batch = Batch(lm, min(max_sequences, len(streams)), max(each.start.end for each in streams))
    waiting, running = list(range(len(streams)))[::-1], {}
    while waiting or running:
        while waiting and batch.num_free:
            number = waiting.pop()
            each = streams[number]
            running[batch.add(each.start, each.settings, seed=each.seed, reuse=each.reuse)] = number
        for slot, number in list(running.items()):
            if streams[number].has_ended():
                streams[running.pop(slot)].leave(batch, slot)
        for slot, choice in batch.step():
            number = running[slot]
            yield number, streams[number].take(choice)
            if streams[number].has_ended():
                streams[running.pop(slot)].leave(batch, slot)


def checked(lm: LanguageModel, settings: dict) -> DecodingSettings:
    """The settings as a record, each known and in range. Raises TypeError for an unknown name, ValueError for a value."""
    chosen = DecodingSettings(**settings)
    chosen.check(lm)
    watermark_config(chosen.watermark)
    return chosen


def _numbered(settings: DecodingSettings, number: int) -> DecodingSettings:
    return settings if settings.seed is None else replace(settings, seed=settings.seed + number)


class TokenStream(RunningText):
    """A running generation: iterate it for steps; `.prompt_ids`, `.tokens` so far, and `.stop_reason` once it has ended.

    `beam` is which text of a beam search it gives (0 = the most likely of the texts), `slot` its row in a batch.
    Raises ValueError while it is iterated where logits hold NaN; all else is refused by `stream`, before it begins.

    >>> steps = stream(lm, "Once upon a time", max_new_tokens=3)
    >>> len(list(steps)), steps.stop_reason
    (3, 'max_new_tokens')
    """

    def __init__(
        self,
        lm: LanguageModel,
        start: Start,
        settings: DecodingSettings,
        *,
        stop_event: threading.Event | None = None,
        reuse: bool = False,
        beam: int = 0,
    ):
        self.start = start
        self.settings = settings
        self.seed = None if settings.is_greedy else secrets.randbits(63) if settings.seed is None else settings.seed
        self.origin = Origin(lm, settings.keywords(), self.seed)
        self.prompt, self.prompt_ids = start.text, start.ids
        self.tokens: list[TokenStep] = []
        self.stop_reason: StopReason | None = None
        self.reuse = reuse
        self._lm, self.wish, self._beam = lm, Wish(stop_event, settings.max_time), beam
        self._end_ids = end_of_text_ids(lm)
        self._texts = lm.texts.start(() if start.source else start.ids)
        self._text = ""
        self._choices: Iterator[Choice] | None = None  # of a stream that is iterated by itself

    def __next__(self) -> TokenStep:
        if self.has_ended():
            if self._choices is not None:
                self._choices.close()
            raise StopIteration
        if self._choices is None:
            alone = self._alone if self.settings.num_beams == 1 else self._beams
            self._choices = alone()
        choice = next(self._choices, None)
        if choice is None:  # a beam search that was stopped
            self.stop_reason = self.stop_reason or "cancelled"
            raise StopIteration
        step = self.take(choice)
        if self.stop_reason is not None:
            self._choices.close()
        return step

    def take(self, choice: Choice) -> TokenStep:
        """The next token as a step of this text. For who writes several streams in one `Batch`."""
        text = self._texts.add(choice.id)
        self._text += text
        position = len(self.prompt_ids) + len(self.tokens)
        if choice.id in self._end_ids:
            self.stop_reason = "end_of_text"
        elif self._stops(text):
            self.stop_reason = "stop_text"
        elif position + 1 == self.start.end:
            self.stop_reason = self.start.last_reason
        if self.stop_reason is not None:
            text += self._texts.finish()
        alternatives = choice.alternatives(self._lm.texts.display)
        step = TokenStep(choice.id, text, choice.logprob, choice.rank, choice.entropy, alternatives, position)
        self.tokens.append(step)
        return step

    def leave(self, batch: Batch, slot: int) -> None:
        """Take the text out of the batch that wrote it, and keep what was read for texts that begin alike."""
        cache = batch.cache(slot) if self.tokens else None
        if cache is not None:  # the last token has not been read
            kept_caches(self._lm).keep(self.prompt_ids + tuple(step.id for step in self.tokens[:-1]), cache)
        batch.remove(slot)

    def has_ended(self) -> bool:
        """Whether no more tokens are wanted: the text ended, `stop_event` is set, or its time is over."""
        self.stop_reason = self.stop_reason or self.wish.ended()
        return self.stop_reason is not None

    def _alone(self) -> Iterator[Choice]:
        batch = Batch(self._lm, 1, self.start.end)
        slot = batch.add(self.start, self.settings, seed=self.seed, reuse=self.reuse)
        try:
            while True:
                yield from (choice for _, choice in batch.step())
        finally:
            self.leave(batch, slot)

    def _beams(self) -> Iterator[Choice]:
        return beam_choices(self._lm, self.start, self.settings, self.wish.stop_event, self._beam)

    def _stops(self, new: str) -> bool:
        """Whether a stop text has just come; what is looked at is long enough for one that began earlier."""
        return any(stop in self._text[-len(new) - len(stop) + 1 :] for stop in self.settings.stops) if new else False
