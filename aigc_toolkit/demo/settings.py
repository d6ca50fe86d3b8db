"""The settings of writing, each with a sentence that says what it does: blocks on the page, keywords of `stream` behind them.

Comes in: which settings a tab wants, and later their values. Goes out: Gradio blocks, and the keywords; a value that means "off"
(top_k 0, top_p 1, …) becomes no keyword at all. What is allowed is the toolkit's to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from .operator_settings import USUAL_LIMITS
from .page_links import Link, refusal


@dataclass(frozen=True)
class Number:
    """A number between two ends; `off` is the value that switches it off, None where there is none."""

    low: float
    high: float
    value: float
    step: float
    off: float | None = None


NUMBERS = {
    "temperature": Number(0, 2, 0.8, 0.05),
    "top_p": Number(0.05, 1, 1, 0.05, off=1),
    "max_new_tokens": Number(1, USUAL_LIMITS.max_new_tokens, 160, 1),
    "seed": Number(0, 999_999, 0, 1),
    "top_k": Number(0, 100, 0, 1, off=0),
    "min_p": Number(0, 1, 0, 0.01, off=0),
    "typical_p": Number(0.05, 1, 1, 0.05, off=1),
    "repetition_penalty": Number(1, 2, 1, 0.05, off=1),
    "no_repeat_ngram_size": Number(0, 10, 0, 1, off=0),
    "num_beams": Number(1, 8, 1, 1, off=1),
    "max_time": Number(0, 60, 0, 1, off=0),
}
LINES = ("bad_words", "stop")  # one entry per line
SWITCHES = ("watermark",)
BASIC = ("temperature", "top_p", "max_new_tokens", "seed")
MORE = ("top_k", "min_p", "typical_p", "repetition_penalty", "no_repeat_ngram_size", "num_beams", "max_time", *LINES, *SWITCHES)
ELEMENTS = {"stop": "end_at"}  # names of blocks on the page, where they are not the setting's: "stop" is a button
NEEDS_CHANCE = {"top_p", "top_k", "min_p", "typical_p", "seed"}  # nothing is drawn at temperature 0 or with beams


def setting_blocks(
    i18n: gr.I18n, keys: tuple[str, ...], *, prefix: str, longest: int, **values: float
) -> list[gr.components.Component]:
    """A block per setting inside the layout being built, for at most `longest` new tokens; `values` are other beginnings."""
    return [_block(i18n, key, prefix, values.get(key), longest) for key in keys]


def usual_values(keys: tuple[str, ...]) -> dict[str, object]:
    """The values the page begins with."""
    return {key: "" if key in LINES else False if key in SWITCHES else NUMBERS[key].value for key in keys}


def linked_values(keys: tuple[str, ...], link: Link, *, longest: int) -> list[object]:
    """What the blocks of `keys` show for a link: its values, else the usual ones; at most `longest` new tokens.

    Raises ValueError for values of no use.
    """
    held = {key: link.values.get(key, usual) for key, usual in usual_values(keys).items()}
    for key, value in held.items():
        if key in LINES:
            link.text(key, "")
        elif key in SWITCHES and not isinstance(value, bool):
            raise refusal(key, "true or false")
        elif key in NUMBERS:
            number = NUMBERS[key]
            high = longest if key == "max_new_tokens" else number.high
            if isinstance(value, bool) or not isinstance(value, int | float) or not number.low <= value <= max(high, number.high):
                raise refusal(key, f"a number from {number.low:g} to {number.high:g}")
            held[key] = min(value, high)
    return list(held.values())


def keywords(values: dict[str, object], longest: int) -> dict[str, object]:
    """Keywords of `stream` for a setting's values, as a browser sent them; at most `longest` new tokens.

    >>> keywords({"temperature": 0.8, "top_k": 0, "stop": "The end.\\n"}, 400)
    {'temperature': 0.8, 'stop': ['The end.']}
    """
    chosen = {key: _value(key, value, longest) for key, value in values.items()}
    chosen = {key: value for key, value in chosen.items() if value is not None}
    if "num_beams" in chosen:
        chosen["temperature"] = 0.0
    if chosen.get("temperature") == 0:
        chosen = {key: value for key, value in chosen.items() if key not in NEEDS_CHANCE}
    return chosen


def _value(key: str, value: object, longest: int) -> object:
    """A setting's value, or None where it is off. Raises ValueError for what is no value of it."""
    if key in LINES:
        return [line for line in str(value or "").splitlines() if line] or None
    if key in SWITCHES:
        return {"seeding_scheme": "lefthash"} if value is True else None
    number = NUMBERS[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{key} is {value!r}; a number from {number.low:g} to {number.high:g} is allowed. Choose one.")
    if value == number.off:
        return None
    if key == "max_new_tokens" and value > longest:
        return longest
    return int(value) if isinstance(number.step, int) else float(value)


def _block(i18n: gr.I18n, key: str, prefix: str, value: float | None, longest: int) -> gr.components.Component:
    words = dict(label=i18n(f"set_{key}"), info=i18n(f"set_{key}_info"), elem_id=f"{prefix}-{ELEMENTS.get(key, key)}")
    if key in LINES:
        return gr.Textbox("", lines=2, max_lines=4, min_width=220, **words)
    if key in SWITCHES:
        return gr.Checkbox(False, min_width=220, **words)
    number = NUMBERS[key]
    value = number.value if value is None else value
    if key == "seed":
        return gr.Number(value, precision=0, minimum=0, min_width=220, **words)
    high = longest if key == "max_new_tokens" else number.high
    return gr.Slider(number.low, high, min(value, high), step=number.step, min_width=220, **words)
