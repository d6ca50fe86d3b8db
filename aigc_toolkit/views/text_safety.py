"""Text from strangers on its way to a page.

In come tokens and payloads, out go strings that every transport carries (UTF-8 has no lone surrogates) and JSON that
can stand inside a script element. How such text looks is decided in `static/token_text.js`.
"""

import json
import re
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")


def without_surrogates(text: str) -> str:
    r"""`text` with every lone surrogate written out, so that it can be encoded.

    >>> without_surrogates("a\ud800")
    'a\\ud800'
    """
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def script_json(value: Any) -> str:
    r"""`value` as JSON for a script element: no `<`, no U+2028 or U+2029, so nothing in it can end the element.

    >>> script_json("</script>")
    '"\\u003c/script>"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def checked_language(language: str | None) -> str | None:
    """`language` if the views speak it; `ValueError` otherwise."""
    if language not in (None, "en", "zh"):
        raise ValueError(
            f"language is {language!r}. Allowed: 'en', 'zh', or None for the reader's own. Leave it out to follow the browser."
        )
    return language
