"""Token text on its way to a picture made in Python: as `static/token_text.js` writes it, so that both pictures say the same.

In: the text of a token, from anybody. Out: text in which nothing is invisible or reorders its neighbours. Knows nothing of markup:
whoever writes a file escapes it there.
"""

import re

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def visible(text: str) -> str:
    r"""`text` with controls, bidi marks, zero-width characters and lone surrogates written out; newlines and tabs stay.

    >>> visible("a\u202eb")
    'a\\u202eb'
    """
    return _INVISIBLE.sub(_written, text)


def label_text(text: str, *, spaces: bool = False) -> str:
    """One line: newlines and tabs are signs, spaces at the ends are seen where they are all there is, or asked for.

    >>> label_text(" cat", spaces=True)
    '␣cat'
    """
    line = visible(text.replace("\r\n", "⏎").replace("\n", "⏎").replace("\t", "⇥"))
    if line == "":
        return "∅"
    if line.strip(" ") == "" or spaces:
        return re.sub("^ +| +$", lambda run: "␣" * len(run[0]), line)
    return line.strip()


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\\u{code:04x}"
