"""Summaries, by whatever the model is: one that answers, one that only goes on, or an encoder-decoder.

In: a model and a text. Out: a `Summary`, a `Generation` that says how it was asked for and which parts it was made from. Every part
goes through `generate`. Does not know how messages become a prompt.
"""

import re
from dataclasses import dataclass, field, fields
from typing import Literal

from ..language_model import LanguageModel
from ..remote import RemoteModel
from .chat_prompt import chat_prompt, reply_text
from .conversation import chat
from .decoding import generate
from .records import Generation

Method = Literal["asked", "continued", "encoded"]
INSTRUCTIONS = {"en": "Give me a summary of this text in one sentence.", "zh": "用一句话概括这段文字。"}
CONTINUED = "\n\nTL;DR:"  # Radford et al. 2019, section 3.6
STOP = ("\n",)
T5_PREFIX = "summarize: "  # Raffel et al. 2020, appendix D
T5_TYPES = ("t5", "mt5", "umt5", "longt5")
LEAST_ROOM = 4  # a part must hold so many times the tokens of its summary, or nothing gets shorter
SENTENCE = re.compile(r"[^.!?。！？\n]*(?:[.!?。！？]+[\"”’」』)）]*|\n+|$)\s*")
CHINESE = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Summary(Generation):
    """A summary: `.summary` is its text alone; `.parts` are the summaries it was made from where the source did not fit."""

    method: Method = "asked"
    parts: tuple["Summary", ...] = field(default=(), repr=False)

    @property
    def summary(self) -> str:
        """The generated text without the space around it and what ended it."""
        return reply_text(self.text.strip(), STOP if self.method == "continued" else ())


def summarize(
    lm: LanguageModel | RemoteModel,
    text: str,
    *,
    instruction: str | None = None,
    max_new_tokens: int = 64,
    temperature: float = 0,
    **settings,
) -> Summary:
    """A `Summary` of `text`; settings are those of `stream`.

    `temperature` is dimensionless: 0, the greedy choice, unless said otherwise.
    A model with a chat template is asked (`instruction`, then the text; unless given it is the English or the Chinese one of
    `INSTRUCTIONS`, by the letters of the text). A causal model without one goes on after the text and "TL;DR:", to the end of the
    line. An encoder-decoder reads the text, after the prefix its configuration names for summaries ("summarize: " for T5).

    A text that does not fit the context is cut between sentences into parts, each part is summarized, and the summaries, joined,
    are summarized in turn: `.parts` holds them. A server gets the text whole: it counts the tokens.
    `.method` is "asked", "continued" or "encoded".

    Raises ValueError for an empty text, an `instruction` for a model that cannot be asked, a `max_new_tokens` that leaves no room
    for a part, and as `stream` does.

    >>> summarize(lm, "Clara was a helpful girl. She did her best in the drawing contest and won a pencil case.").summary
    'Clara took part in the drawing contest and won a pencil case.'
    """
    if not text.strip():
        raise ValueError("The text is empty; a summary needs something to sum up. Pass the text itself.")
    method = _method(lm)
    if instruction is not None and method != "asked":
        raise ValueError(
            f"instruction is given, but {lm.name!r} has no chat template, so it cannot be asked; it is allowed for models that "
            "have one. Leave instruction out."
        )
    writer = _Writer(lm, method, instruction, {"max_new_tokens": max_new_tokens, "temperature": temperature} | settings)
    return writer.summary(text.strip())


class _Writer:
    """Summaries by one method with the same settings."""

    def __init__(self, lm: LanguageModel | RemoteModel, method: Method, instruction: str | None, settings: dict):
        self._lm, self._method, self._instruction, self._settings = lm, method, instruction, settings

    def summary(self, text: str) -> Summary:
        room = self._room(text)
        if room is None or _num_tokens(self._lm, text) <= room:
            return self._of(self._write(text))
        least = LEAST_ROOM * self._settings["max_new_tokens"]
        if room < least:
            raise ValueError(
                f"The text does not fit {self._lm.name!r}, and max_new_tokens is {self._settings['max_new_tokens']}: parts of "
                f"{max(room, 0)} tokens would hardly get shorter; four times the summary is needed. Ask for a shorter summary."
            )
        parts = tuple(self._of(self._write(part)) for part in text_parts(self._lm, text, room))
        whole = self.summary(("" if _is_chinese(text) else " ").join(part.summary for part in parts))
        return self._of(whole, parts + whole.parts)

    def _write(self, text: str) -> Generation:
        if self._method == "asked":
            return chat(self._lm, self._messages(text), **self._settings)
        if self._method == "continued":
            return generate(self._lm, text + CONTINUED, **{"stop": STOP} | self._settings)
        return generate(self._lm, _prefix(self._lm) + text, **self._settings)

    def _messages(self, text: str) -> list[dict[str, str]]:
        instruction = self._instruction or INSTRUCTIONS["zh" if _is_chinese(text) else "en"]
        return [{"role": "user", "content": f"{instruction}\n\n{text}"}]

    def _room(self, text: str) -> int | None:
        """Tokens of a text that can be summarized at once; None where the model states no limit."""
        if self._lm.context_length is None:
            return None
        if self._method == "encoded":
            return self._lm.context_length - len(self._lm.texts.encode(_prefix(self._lm)))
        if self._method == "asked":
            around = chat_prompt(self._lm, self._messages(text[:1]), max_new_tokens=1).prompt.ids
        else:
            around = self._lm.texts.encode(CONTINUED)
        return self._lm.context_length - self._settings["max_new_tokens"] - len(around)

    def _of(self, generation: Generation, parts: tuple[Summary, ...] = ()) -> Summary:
        plain = {part.name: getattr(generation, part.name) for part in fields(Generation)}
        return Summary(**plain, method=self._method, parts=parts).with_origin(generation.origin)


def text_parts(lm: LanguageModel, text: str, num_tokens: int) -> list[str]:
    """`text` in parts of at most `num_tokens` tokens, cut between sentences; a sentence longer than that is cut in halves.

    >>> text_parts(lm, "Mia had a kite. She lost it.", 8)
    ['Mia had a kite.', 'She lost it.']
    """
    parts, filled = [""], 0
    for sentence in _pieces(lm, text, num_tokens):
        size = _num_tokens(lm, sentence)
        if filled + size > num_tokens and parts[-1]:
            parts, filled = [*parts, ""], 0
        parts[-1] += sentence
        filled += size
    return [part.strip() for part in parts if part.strip()]


def _pieces(lm: LanguageModel, text: str, num_tokens: int) -> list[str]:
    pieces = [piece for piece in SENTENCE.findall(text) if piece]
    if len(pieces) == 1 and len(text) > 1 and _num_tokens(lm, text) > num_tokens:
        pieces = [text[: len(text) // 2], text[len(text) // 2 :]]
    elif len(pieces) == 1:
        return pieces
    return [smaller for piece in pieces for smaller in _pieces(lm, piece, num_tokens)]


def _num_tokens(lm: LanguageModel, text: str) -> int:
    return len(lm.texts.encode_more(text))


def _is_chinese(text: str) -> bool:
    return 2 * len(CHINESE.findall(text)) > sum(map(str.isalpha, text))


def _method(lm: LanguageModel | RemoteModel) -> Method:
    if isinstance(lm, RemoteModel):
        return "asked" if lm.abilities.chats else "continued"
    if lm.model.config.is_encoder_decoder:
        return "encoded"
    return "asked" if lm.tokenizer.chat_template else "continued"


def _prefix(lm: LanguageModel) -> str:
    """What an encoder-decoder expects before a text to sum up, as its configuration says."""
    config = lm.model.config.to_dict()
    named = (config.get("task_specific_params") or {}).get("summarization", {})
    return named.get("prefix", T5_PREFIX if config["model_type"] in T5_TYPES else "")
