"""A generation as a drawing: the text, each token shaded and underlined by its probability.

In: a generation view's payload. Out: a `Drawing`. Letters are given widths by a table that fits common sans-serif fonts closely
enough for shades to stand behind their tokens in any of them: every token is placed on its own.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from aigc_toolkit.views.color_ramp import color_ramp
from aigc_toolkit.views.export_drawing import INK, LARGE, MUTED, NORMAL, Drawing, Rectangle, Text
from aigc_toolkit.views.visible_text import label_text, visible

WIDTH, MARGIN, PITCH = 720, 24, 28
STRONGEST_SHADE = 0.27  # of the scale, as in static/generated_text.js
_WIDE = 0x2E80


def story_drawing(payload: Mapping[str, Any]) -> Drawing:
    """Prompt and tokens as prose on lines of at most 672 pixels."""
    drawing = Drawing(WIDTH)
    x, y = float(MARGIN), 76.0
    drawing.items.append(Text(MARGIN, 26, label_text(payload["model_name"]), LARGE))
    drawing.items.append(Text(MARGIN, 48, "shade and underline: probability of each token", NORMAL, MUTED))
    for text, probability in _pieces(payload):
        for line, part in enumerate(visible(text).split("\n")):
            if line:
                x, y = float(MARGIN), y + PITCH
            width = sum(_advance(character) for character in part)
            if x + width > WIDTH - MARGIN and x > MARGIN:
                x, y = float(MARGIN), y + PITCH
                part = part.lstrip(" ")
                width = sum(_advance(character) for character in part)
            blank = sum(_advance(" ") for _ in range(len(part) - len(part.lstrip(" "))))
            word = part.strip(" ")
            if word and probability is not None:
                colors = ["#" + bytes(color_ramp()[round(255 * t)].tolist()).hex() for t in (STRONGEST_SHADE * probability, 0.72)]
                drawing.items.append(Rectangle(x + blank, y - 11, width - blank, 21, colors[0]))
                drawing.items.append(Rectangle(x + blank, y + 10, (width - blank) * probability, 2, colors[1]))
            if word:
                drawing.items.append(Text(x + blank, y, word, LARGE, MUTED if probability is None else INK))
            x += width
    drawing.height = y + PITCH + MARGIN
    return drawing


def _pieces(payload: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    """Words of the prompt without a probability, then the visible tokens; pieces of one character count as one."""
    for word in payload["prompt"].replace(" ", "\0 ").split("\0"):
        yield word, None
    logprob = 0.0
    for step in payload["steps"]:
        logprob += step.get("logprob", math.nan)  # a server may not say it
        if step["text"]:
            yield step["text"], None if math.isnan(logprob) else math.exp(logprob)
            logprob = 0.0


def _advance(character: str) -> float:
    """The width of a character of 14 pixels in a common sans-serif font (Helvetica, Arial, Liberation Sans)."""
    if ord(character) >= _WIDE:
        return LARGE
    narrow = {**dict.fromkeys("ijl'|", 0.222), **dict.fromkeys("ft,.:;!/\\[]I ", 0.278), **dict.fromkeys("r()-`{}", 0.333)}
    wide = {
        **dict.fromkeys("mM%", 0.86),
        **dict.fromkeys("W@", 0.98),
        **dict.fromkeys("wCDHNRU&", 0.722),
        **dict.fromkeys("GOQ", 0.778),
    }
    other = 0.5 if character in "cksvxyz" else 0.667 if character in "ABEKPSVXY" else 0.556
    return LARGE * {**narrow, **wide}.get(character, other)
