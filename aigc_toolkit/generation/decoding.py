"""The decoding loop: one prefill, then one token at a time.

In: a `LanguageModel`, a prompt and settings. Out: `TokenStep` records as they come, or a `Generation`. The model is
called directly with one token, its position and a preallocated cache; the numbers of a step come from the logits
already at hand. Does not know attention, training or views.
"""

import threading
from collections.abc import Iterator

import torch

from ..language_model import LanguageModel
from .cache import new_cache
from .prefix_cache import kept_caches
from .qwen3_step import Step, qwen3_step
from .records import Generation, Origin, Prompt, StopReason, TokenStep
from .sampling import Sampler, Sampling, measure


def stream(
    lm: LanguageModel,
    prompt: str | Prompt,
    *,
    max_new_tokens: int = 128,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | None = None,
    num_alternatives: int = 10,
    stop_event: threading.Event | None = None,
    reuse: bool = False,
) -> "TokenStream":
    """An iterator of `TokenStep`, each given as soon as its token is chosen.

    `temperature` 0 is greedy. `stop_event` ends the stream between two tokens. An empty prompt starts from the
    tokenizer's beginning-of-text or end-of-text token. The prompt is tokenized as the model's own tokenizer does;
    a `Prompt` brings its own ids. `reuse` starts from the keys and values of an earlier text that begins alike (see
    `prefix_cache`): quicker, and equal but for rounding.

    Raises ValueError for a setting out of range, a prompt that fills the context, an unreadable prompt, and a model
    that cannot continue a text.

    >>> "".join(step.text for step in stream(lm, "Once upon a time", max_new_tokens=3, temperature=0))
    ', there was'
    """
    sampling = Sampling(temperature, top_k, top_p, seed)
    return TokenStream(lm, prompt, sampling, max_new_tokens, num_alternatives, stop_event or threading.Event(), reuse)


def generate(lm: LanguageModel, prompt: str | Prompt, **settings) -> Generation:
    """The finished `Generation`; settings and errors are those of `stream`.

    >>> generate(lm, "Once upon a time", max_new_tokens=3, temperature=0).text
    ', there was'
    """
    steps = stream(lm, prompt, **settings)
    for _ in steps:
        pass
    return steps.generation()


class TokenStream(Iterator[TokenStep]):
    """A running generation: iterate it for steps; `.prompt_ids`, `.tokens` so far, and `.stop_reason` once it has ended."""

    def __init__(
        self,
        lm: LanguageModel,
        prompt: str | Prompt,
        sampling: Sampling,
        max_new_tokens: int,
        num_alternatives: int,
        stop_event: threading.Event,
        reuse: bool = False,
    ):
        _check_model(lm)
        vocabulary_size = lm.model.config.get_text_config().vocab_size
        sampling.check(vocabulary_size)
        _check_counts(max_new_tokens, num_alternatives, vocabulary_size)
        self.prompt = prompt.text if isinstance(prompt, Prompt) else prompt
        self.prompt_ids = prompt.ids if isinstance(prompt, Prompt) else _prompt_ids(lm, prompt)
        self._origin = Origin(lm, vars(sampling) | {"max_new_tokens": max_new_tokens, "num_alternatives": num_alternatives})
        self.tokens: list[TokenStep] = []
        self.stop_reason: StopReason | None = None
        self._last_reason, num_new = _length(lm, len(self.prompt_ids), max_new_tokens)
        self._end = len(self.prompt_ids) + num_new  # first position that will not be filled
        self._lm, self._num_alternatives, self._stop_event = lm, num_alternatives, stop_event
        self._sampler = Sampler(sampling, lm.device)
        self._end_ids = _end_of_text_ids(lm)
        self._text = lm.texts.start(self.prompt_ids)
        self._cache, num_read = new_cache(lm.model, self._end), 0
        if reuse:
            self._cache, num_read = kept_caches(lm).start(self.prompt_ids, self._end)
        self._next_ids = self.prompt_ids[num_read:]  # what the model reads next
        self._position = len(self.prompt_ids)
        self._step: Step | None = None  # a quicker way to read one token, where the model has one
        self._options = lm.accepted(use_cache=True, logits_to_keep=1)

    @torch.inference_mode()
    def __next__(self) -> TokenStep:
        if self.stop_reason is None and self._stop_event.is_set():
            self.stop_reason = "cancelled"
            self._keep_cache(self.tokens[:-1])
        if self.stop_reason is not None:
            raise StopIteration
        logits = self._logits()
        choice = measure(logits, self._sampler.choose(logits), self._num_alternatives)
        text = self._text.add(choice.id)
        if choice.id in self._end_ids:
            self.stop_reason = "end_of_text"
        elif self._position + 1 == self._end:
            self.stop_reason = self._last_reason
        if self.stop_reason is not None:
            text += self._text.finish()
            self._keep_cache(self.tokens)
        step = TokenStep(
            id=choice.id,
            text=text,
            logprob=choice.logprob,
            rank=choice.rank,
            entropy=choice.entropy,
            alternatives=choice.alternatives(self._lm.texts.display),
            position=self._position,
        )
        self.tokens.append(step)
        self._next_ids = (choice.id,)
        self._position += 1
        return step

    def generation(self) -> Generation:
        """What was written so far, as one record; its `stop_reason` is None while more may come."""
        text = "".join(step.text for step in self.tokens)
        made = Generation(self.prompt, text, tuple(self.tokens), self.prompt_ids, self.stop_reason, self._lm.name)
        return made.with_origin(self._origin)

    def _keep_cache(self, read: list[TokenStep]) -> None:
        if self.stop_reason != "cancelled" or self.tokens:
            kept_caches(self._lm).keep(self.prompt_ids + tuple(step.id for step in read), self._cache)

    def _logits(self) -> torch.Tensor:
        """Float32 logits (V,) after the ids the model has not read yet."""
        if self._step is not None:
            return self._step(self._next_ids[0], self._position - 1)
        start = self._position - len(self._next_ids)
        output = self._lm.model(
            input_ids=torch.tensor([self._next_ids], device=self._lm.device),  # (1, T)
            position_ids=torch.arange(start, self._position, device=self._lm.device)[None],  # (1, T)
            past_key_values=self._cache,
            **self._options,
        )
        if self._position == len(self.prompt_ids):
            self._step = qwen3_step(self._lm.model, self._cache, self._end)
        return output.logits[0, -1].float()


def _check_model(lm: LanguageModel) -> None:
    if lm.model.config.is_encoder_decoder or not lm.model.can_generate():
        kind = "an encoder-decoder" if lm.model.config.is_encoder_decoder else "no causal language model"
        raise ValueError(
            f"{lm.name!r} is {kind} ({type(lm.model).__name__}); writing on needs a causal language model. "
            "Load one, for example load_model('story')."
        )


def _check_counts(max_new_tokens: int, num_alternatives: int, vocabulary_size: int) -> None:
    if max_new_tokens < 1:
        raise ValueError(f"max_new_tokens is {max_new_tokens}; 1 or more is allowed. Ask for at least one token.")
    if not 0 <= num_alternatives <= vocabulary_size:
        raise ValueError(
            f"num_alternatives is {num_alternatives}; 0 to {vocabulary_size} (the vocabulary) is allowed. "
            "Use 10 for the ten most likely tokens."
        )


def _prompt_ids(lm: LanguageModel, prompt: str) -> tuple[int, ...]:
    ids = lm.texts.encode(prompt)
    if ids:
        return tuple(ids)
    for token_id in (lm.tokenizer.bos_token_id, lm.tokenizer.eos_token_id):
        if token_id is not None:
            return (token_id,)
    raise ValueError(
        f"The prompt is empty and the tokenizer of {lm.name!r} has no beginning-of-text or end-of-text token; "
        "an empty prompt is allowed where there is one. Pass at least one character."
    )


def _length(lm: LanguageModel, num_prompt_tokens: int, max_new_tokens: int) -> tuple[StopReason, int]:
    """What ends the text at the latest, and after how many new tokens."""
    room = max_new_tokens if lm.context_length is None else lm.context_length - num_prompt_tokens
    if room < 1:
        raise ValueError(
            f"The prompt has {num_prompt_tokens} tokens; {lm.name!r} reads {lm.context_length}, so at most "
            f"{lm.context_length - 1} are allowed. Shorten the prompt."
        )
    return ("max_new_tokens", max_new_tokens) if max_new_tokens <= room else ("context_full", room)


def _end_of_text_ids(lm: LanguageModel) -> frozenset[int]:
    ids = lm.model.generation_config.eos_token_id
    if ids is None:
        return frozenset()
    return frozenset([ids] if isinstance(ids, int) else ids)
