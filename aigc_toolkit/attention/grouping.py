"""Tokens put together into what a reader sees: characters, words, sentences, turns of a conversation.

In: the display strings of tokens and the text each adds. Out: groups of neighbouring tokens with their place in the text. A group
never splits a token: where one token holds two characters, so does their group. A special token is a group of its own, but for
turns, which it opens and closes. Chinese has no spaces: a Han character is a word. Does not know tokenizers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import regex

LOOSE_BYTES = regex.compile(r"(<0x[0-9A-F]{2}>)+")
ENDS_OPEN = regex.compile(r"<0x[0-9A-F]{2}>$")
CONTINUES = regex.compile(r"^<0x[89AB][0-9A-F]>")  # bytes 0x80 to 0xBF go on with a character
LETTER = r"(?:(?!\p{Han})[\p{L}\p{M}\p{N}])"
UNITS = {
    "characters": regex.compile(r"\X", regex.DOTALL),  # as a reader counts them: an emoji of several code points is one
    "words": regex.compile(rf"\s*(?:{LETTER}+(?:['’\-]{LETTER}+)*|\X)", regex.DOTALL),
    "sentences": regex.compile(
        r""".+?(?:(?:[.!?]+["'”’)\]]*(?=\s|$)|[。！？…]+[”’」』）]*)(?:[^\S\n]*\n+)?|\n+|$)""", regex.DOTALL
    ),
}
GROUPINGS = ("tokens", *UNITS, "turns")
CLOSES_TURN = regex.compile(r"end(?!.?header)|eot|eos|eom|/s\b|sep\b", regex.IGNORECASE)


@dataclass(frozen=True)
class TokenGroup:
    """Tokens `first` to `end` (not included), which are the characters `start` to `stop` (not included) of the text."""

    text: str  # a special token shows itself
    first: int
    end: int
    start: int
    stop: int


def group_tokens(tokens: Sequence[str], pieces: Sequence[str], by: str) -> list[TokenGroup]:
    """All tokens in groups, in order; together the groups hold every token once.

    `tokens` are display strings, `pieces` what each adds to the text ("" while a character is incomplete, and for special tokens).
    Bytes of one character stay together under every grouping but "tokens". Raises ValueError for a grouping that does not exist.

    >>> [group.text for group in group_tokens(["Mia", "'s", "<0xE4>", "<0xB8>", "<0xAD>"], ["Mia", "'s", "", "", "中"], "words")]
    ["Mia's", '中']
    """
    if by not in GROUPINGS:
        raise ValueError(f"by is {by!r}; tokens can be grouped by {', '.join(GROUPINGS)}. Use one of these.")
    stops = np.cumsum([len(piece) for piece in pieces]).astype(np.int64)  # (T,): where each token's text ends
    if by == "tokens":
        cuts = set(range(1, len(tokens)))
    elif by == "turns":
        cuts = _turn_starts(tokens, pieces)
    else:
        cuts = _unit_starts(tokens, pieces, stops, UNITS[by])
    edges = [0, *sorted(cuts), len(tokens)] if tokens else []
    return [_group(tokens, pieces, stops, first, end) for first, end in zip(edges, edges[1:], strict=False)]


def grouped_weights(weights: np.ndarray, query_groups: Sequence[TokenGroup], key_groups: Sequence[TokenGroup]) -> np.ndarray:
    """Weights between groups, float32 (query groups, key groups): the sum over a group's keys, the mean over its queries.

    Clark et al. (2019), "What Does BERT Look At?", section 4.1: so rows keep their sum.
    """
    of_keys = np.add.reduceat(weights, [group.first for group in key_groups], axis=1)  # (Q, key groups)
    summed = np.add.reduceat(of_keys, [group.first for group in query_groups], axis=0)  # (query groups, key groups)
    return summed / np.array([[group.end - group.first] for group in query_groups], dtype=np.float32)


def _group(tokens: Sequence[str], pieces: Sequence[str], stops: np.ndarray, first: int, end: int) -> TokenGroup:
    text = "".join(pieces[first:end]) or "".join(tokens[first:end])
    return TokenGroup(text, first, end, int(stops[first - 1]) if first else 0, int(stops[end - 1]))


def _unit_starts(tokens: Sequence[str], pieces: Sequence[str], stops: np.ndarray, unit: regex.Pattern) -> set[int]:
    """Tokens at which a unit begins: the first cut between tokens at or after the end of the unit before."""
    starts = {int(np.searchsorted(stops, match.end())) + 1 for match in unit.finditer("".join(pieces))}
    for index in range(len(tokens)):
        if _is_special(tokens[index], pieces[index]):
            starts |= {index, index + 1}
    whole = set()
    for start in starts:
        while start < len(tokens) and _inside_character(tokens, pieces, start):
            start += 1
        whole.add(start)
    return {start for start in whole if 0 < start < len(tokens)}


def _turn_starts(tokens: Sequence[str], pieces: Sequence[str]) -> set[int]:
    """Tokens at which a turn begins: after a token that closes one, or before a special token that follows text."""
    starts, opened, has_text, closed = set(), False, False, False
    for index, (token, piece) in enumerate(zip(tokens, pieces, strict=True)):
        special = _is_special(token, piece)
        closes = special and CLOSES_TURN.search(token) is not None
        opens = special and not closes and "end_header" not in token
        if (closed and (special or piece.strip())) or (opens and has_text):
            starts.add(index)
            opened = has_text = closed = False
        opened |= opens
        has_text |= bool(piece.strip())
        closed |= closes and (opened or has_text)
    return starts - {0}


def _is_special(token: str, piece: str) -> bool:
    return piece == "" and LOOSE_BYTES.fullmatch(token) is None


def _inside_character(tokens: Sequence[str], pieces: Sequence[str], index: int) -> bool:
    """Whether a character goes on from the token before `index` into it."""
    before, here = tokens[index - 1], tokens[index]
    is_open = before != pieces[index - 1] and ENDS_OPEN.search(before) is not None
    return is_open and here != pieces[index] and CONTINUES.search(here) is not None
