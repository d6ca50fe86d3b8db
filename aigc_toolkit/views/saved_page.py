"""One self-contained page for one view.

In come an entry module, its payload and any data elements; out goes an HTML file that needs no network: the content
security policy forbids every request and every script but the one whose hash it names. Knows nothing of what is drawn.
"""

import base64
import hashlib
import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aigc_toolkit.views.bundle import bundle, style_sheet
from aigc_toolkit.views.text_safety import script_json, without_surrogates

_PAGE_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; padding: 20px; background: #ffffff; }
main { max-width: 1280px; margin: 0 auto; }
@media (prefers-color-scheme: dark) { body { background: #111418; } }
@media (max-width: 480px) { body { padding: 16px 12px; } }
"""

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main id="aigc-view"></main>
<script type="application/json" id="aigc-payload">{payload}</script>
{data}
<script type="module">{script}</script>
</body>
</html>
"""


def save_page(path: str | Path, *, entry: str, payload: Mapping[str, Any], title: str) -> Path:
    """Writes the page and gives its path. Folders that are missing are made."""
    return write_page(path, page_text(entry=entry, payload=payload, title=title))


def page_text(
    *, entry: str, payload: Mapping[str, Any], title: str, data: Mapping[str, str] | None = None, has_pictures: bool = False
) -> str:
    """The page as text.

    `data` maps element ids to base64 text that the view decodes on demand; `has_pictures` allows pictures that the payload holds.
    """
    script, style = bundle(entry, host="saved_host.js"), style_sheet() + _PAGE_STYLE
    elements = (f'<script type="text/plain" id="{name}">{text}</script>' for name, text in (data or {}).items())
    sources = f"script-src '{_hash(script)}'; style-src '{_hash(style)}'" + ("; img-src data:" if has_pictures else "")
    return _PAGE.format(
        language="zh-CN" if payload["language"] == "zh" else "en",
        policy=f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'",
        title=html.escape(without_surrogates(title)),
        style=style,
        payload=script_json(payload),
        data="\n".join(elements),
        script=script,
    )


def write_page(path: str | Path, page: str) -> Path:
    """Writes the text of a page. Folders that are missing are made."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
