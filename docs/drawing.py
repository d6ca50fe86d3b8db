"""A drawing as SVG text: boxes, arrows, words and cells in the colours of the views.

In: shapes with places in pixels, words in English and Chinese. Out: one SVG for a language and a ground, light or dark. Colours
are those of `views/static/aigc.css`. Does not know what is drawn.
"""

from html import escape

import numpy as np

Words = str | tuple[str, str]  # the same in both languages, or English and Chinese
LANGUAGES = ("en", "zh")
SANS = "-apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', 'PingFang SC', 'Noto Sans CJK SC', sans-serif"
MONO = "ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', 'Noto Sans Mono CJK SC', monospace"
COLORS = {
    "light": {
        **dict(ground="#ffffff", ink="#14181d", muted="#5a646f", line="#c9d1d9", quiet="#f2f5f7", accent="#bf3b0b"),
        "scale": ("#f1f5f8", "#c9dfee", "#86b6d9", "#3f83bb", "#174f8a", "#081f47"),
    },
    "dark": {
        **dict(ground="#111418", ink="#e8ecf0", muted="#98a3af", line="#3a434d", quiet="#1a1f25", accent="#ff9b61"),
        "scale": ("#1a2027", "#193551", "#22598b", "#3f8cc4", "#8ec6ea", "#eef8ff"),
    },
}


class Drawing:
    """One drawing, `width` x `height` pixels.

    >>> drawing = Drawing(200, 60, "light", "en")
    >>> drawing.box(10, 10, 80, 40, ("logits", "logits"))
    >>> drawing.svg().startswith("<svg")
    True
    """

    def __init__(self, width: int, height: int, ground: str, language: str):
        self._size = (width, height)
        self._colors, self._language = COLORS[ground], LANGUAGES.index(language)
        self._parts: list[str] = []

    def text(self, x: float, y: float, words: Words, *, size: int = 13, at: str = "start", tone: str = "ink", **look: bool) -> None:
        """Words whose baseline begins (or ends, or has its "middle") at a place; `mono` and `bold` say which letters."""
        said = words if isinstance(words, str) else words[self._language]
        family = f' font-family="{MONO}"' if look.get("mono") else ""
        weight = ' font-weight="600"' if look.get("bold") else ""
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{at}" fill="{self._colors[tone]}"{family}{weight}>'
            f"{escape(said)}</text>"
        )

    def box(self, x: float, y: float, width: float, height: float, *lines: Words, mono: bool = False, **look: bool) -> None:
        """A box with words in its middle: a name, and lines that explain it. `accent` marks it, `dashed` opens it."""
        edge = self._colors["accent" if look.get("accent") else "line"]
        dash = ' stroke-dasharray="5 4"' if look.get("dashed") else ""
        fill = "none" if look.get("dashed") else self._colors["quiet"]
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" fill="{fill}" stroke="{edge}" '
            f'stroke-width="{1.6 if look.get("accent") else 1}"{dash}/>'
        )
        first = y + height / 2 + 4.5 - 8.5 * (len(lines) - 1)
        for number, line in enumerate(lines):
            name = number == 0
            self.text(
                x + width / 2,
                first + 17 * number,
                line,
                size=13 if name else 12,
                at="middle",
                tone="ink" if name else "muted",
                bold=name,
                mono=mono,
            )

    def arrow(self, *points: tuple[float, float], accent: bool = False, dashed: bool = False, head: bool = True) -> None:
        """A line through `points`, with a head at the last."""
        color = self._colors["accent" if accent else "muted"]
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        self._parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.4"{dash}/>')
        if head:
            (x, y), (before_x, before_y) = points[-1], points[-2]
            direction = np.array([x - before_x, y - before_y]) / np.hypot(x - before_x, y - before_y)
            across = np.array([-direction[1], direction[0]])
            corners = [(x, y), *(np.array([x, y]) - 8 * direction + side * 4 * across for side in (1, -1))]
            self._parts.append(f'<polygon points="{" ".join(f"{a:g},{b:g}" for a, b in corners)}" fill="{color}"/>')

    def cells(self, x: float, y: float, values: np.ndarray, side: float, *, frame: bool = True) -> None:
        """`values` (rows, columns), 0 to 1, as squares of `side` pixels, darker for more; NaN is left empty."""
        scale = self._colors["scale"]
        levels = np.where(np.isnan(values), -1, np.minimum(np.nan_to_num(values) * len(scale), len(scale) - 1)).astype(int)
        for level, color in enumerate(scale):
            runs = [(i, *run) for i, row in enumerate(levels == level) for run in _runs(row)]
            if runs:
                path = "".join(f"M{x + side * j:g} {y + side * i:g}h{side * n:g}v{side:g}h-{side * n:g}z" for i, j, n in runs)
                self._parts.append(f'<path d="{path}" fill="{color}" shape-rendering="crispEdges"/>')
        if frame:
            self.frame(x, y, side * values.shape[1], side * values.shape[0])

    def frame(self, x: float, y: float, width: float, height: float, *, accent: bool = False) -> None:
        """An empty rectangle."""
        color, thick = (self._colors["accent"], 2) if accent else (self._colors["line"], 1)
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="none" stroke="{color}" stroke-width="{thick}"/>'
        )

    def svg(self) -> str:
        """The whole, as text."""
        width, height = self._size
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ground = f'<rect width="{width}" height="{height}" rx="8" fill="{self._colors["ground"]}"/>'
        return "\n".join([f'{head} font-family="{SANS}">', ground, *self._parts, "</svg>"]) + "\n"


def _runs(row: np.ndarray) -> list[tuple[int, int]]:
    """(first, length) of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
    return [(int(first), int(end - first)) for first, end in edges.reshape(-1, 2)]


def causal_weights(scores: np.ndarray) -> np.ndarray:
    """softmax of each row of `scores` (T, T) over the keys up to its own; NaN above the diagonal."""
    seen = np.tril(np.ones_like(scores, dtype=bool))
    exponents = np.where(seen, np.exp(scores - np.where(seen, scores, -np.inf).max(1, keepdims=True)), 0.0)  # (T, T)
    return np.where(seen, exponents / exponents.sum(1, keepdims=True), np.nan)


def pooled(values: np.ndarray, side: int, how: str) -> np.ndarray:
    """The largest ("max") or mean value of each `side` x `side` block; NaN where a block has none."""
    blocks = values.reshape(len(values) // side, side, -1, side).swapaxes(1, 2).reshape(len(values) // side, -1, side * side)
    empty = np.isnan(blocks).all(-1)
    filled = np.where(np.isnan(blocks), 0.0, blocks)
    found = filled.max(-1) if how == "max" else filled.mean(-1)
    return np.where(empty, np.nan, found)
