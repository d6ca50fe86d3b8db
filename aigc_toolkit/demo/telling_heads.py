"""Which head of a model shows an example's point best, measured on the spot.

Comes in: the attention over an example or a chat's answer, and the word the answer took from the story. Goes out: that head, what
to show of it, and a sentence with its number beside what chance would give. Nothing is looked up: another model has another head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aigc_toolkit import Attention, Generation

from .texts import message


@dataclass(frozen=True)
class TellingHead:
    """A head to open first: `state` is the view's, `said` the sentence in both languages."""

    state: dict[str, Any]
    said: dict[str, str]


def telling_head(attention: Attention, word: str) -> TellingHead:
    """The head that looks most from where `word` is written last to where it stands first; with "", most at the token before.

    Its weight is a mean over the pattern's queries; the null deals each row's weights out again among the keys it may see.
    """
    if word:
        query, fact = _places(attention, word)
        pattern, state = [(query, key) for key in fact], {"panel": "lines", "token": query, "reading": "row"}
    else:
        pattern, state = [(token, token - 1) for token in range(1, len(attention.tokens))], {"panel": "map"}
    best = attention.find_heads(pattern).iloc[0]
    layer, head = int(best["layer"]), int(best["head"])
    numbers = {"layer": layer, "head": head, "weight": f"{best['score']:.2f}", "null": f"{best['null']:.2f}"}
    count = attention.num_layers * attention.num_heads
    said = message("head_of_answer" if word else "head_of_before", word=word, count=count, **numbers)
    return TellingHead({**state, "layer": layer, "head": head}, said)


def taken_word(answer: Generation) -> str:
    """The token of an answer that its story says most rarely, the longest of those; "" where there is none.

    The story is the prompt but for its last line, where the question stands; what the question says is no news.
    """
    story, _, question = answer.prompt.rpartition("\n")
    words = [step.text.strip() for step in answer.tokens]
    taken = [word for word in words if word.isalpha() and word in story and word not in question]
    return min(taken, key=lambda word: (story.count(word), -len(word)), default="")


def _places(attention: Attention, word: str) -> tuple[int, list[int]]:
    """The token that predicts the last `word`, and the tokens of the first."""
    plain, starts = "", []
    for piece in attention.pieces:
        starts.append(len(plain))
        plain += piece
    ends = [start + len(piece) for start, piece in zip(starts, attention.pieces, strict=True)]
    first, last = plain.index(word), plain.rindex(word)
    fact = [token for token in range(len(starts)) if starts[token] < first + len(word) and ends[token] > first]
    answer = next(token for token in range(len(starts)) if ends[token] > last)
    return answer - 1, fact
