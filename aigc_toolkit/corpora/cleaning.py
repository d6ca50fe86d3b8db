"""Text in one spelling: the same letters as the same characters, no control characters, no stray blanks.

Comes in: a text. Goes out: the text that a model should read. It drops no words and knows no language: what counts as bad writing
is not decided here.
"""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029]")
# Control characters but tab and line feed, byte-order marks, halves of surrogate pairs, code points that are no characters.
_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ud800-\udfff\ufffe\uffff]")
_BLANKS_BEFORE_LINE_END = re.compile("[ \t\u00a0\u3000]+$", re.MULTILINE)
_BLANK_LINES = re.compile("\n{3,}")


def clean_text(text: str) -> str:
    """The text in Unicode's composed form (NFC), lines ended by a line feed, at most one blank line, nothing that cannot be read.

    Cleaning twice changes nothing more. Source of the composed form: Unicode Standard Annex 15.

    >>> clean_text("Cafe\u0301 \\r\\n\\r\\n\\r\\n\\r\\nopen\x00")
    'Café\\n\\nopen'
    """
    text = unicodedata.normalize("NFC", _UNREADABLE.sub("", _LINE_ENDS.sub("\n", text)))
    return _BLANK_LINES.sub("\n\n", _BLANKS_BEFORE_LINE_END.sub("", text)).strip()
