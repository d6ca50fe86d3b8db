"""A drawing as SVG: text stays text, a picture of many cells is embedded without loss.

In: a `Drawing`. Out: the text of a file that asks for nothing. Token text is escaped here, and nowhere else.
"""

from typing import Any
from xml.sax.saxutils import escape

from aigc_toolkit.views.export_drawing import GROUND, Drawing, Line, Picture, Rectangle, Text
from aigc_toolkit.views.png import data_url, png_bytes

FONTS = "Helvetica, Arial, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"


def svg_text(drawing: Drawing) -> str:
    """The file as text.

    >>> svg_text(Drawing(10, 10))[:37]
    '<svg xmlns="http://www.w3.org/2000/sv'
    """
    size = f'width="{_short(drawing.width)}" height="{_short(drawing.height)}"'
    box = f"0 0 {_short(drawing.width)} {_short(drawing.height)}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{box}" font-family="{FONTS}">'
    ground = f'<rect width="100%" height="100%" fill="{GROUND}"/>'
    return "\n".join([head, ground, *map(_element, drawing.items), "</svg>\n"])


def _element(item: Any) -> str:
    x, y = (_short(item.x), _short(item.y)) if not isinstance(item, Line) else ("", "")
    if isinstance(item, Rectangle):
        size = f'width="{_short(item.width)}" height="{_short(item.height)}"'
        return f'<rect x="{x}" y="{y}" {size} fill="{item.color}" shape-rendering="crispEdges"/>'
    if isinstance(item, Line):
        ends = f'x1="{_short(item.x0)}" y1="{_short(item.y0)}" x2="{_short(item.x1)}" y2="{_short(item.y1)}"'
        return f'<line {ends} stroke="{item.color}" stroke-width="{_short(item.width)}" stroke-opacity="{_short(item.opacity)}"/>'
    if isinstance(item, Text):
        turn = f' transform="rotate(-90 {x} {y})"' if item.upright else ""
        look = f'font-size="{item.size}" fill="{item.color}" text-anchor="{item.anchor}" dominant-baseline="central"'
        return f'<text x="{x}" y="{y}" {look} xml:space="preserve"{turn}>{escape(item.text)}</text>'
    return _picture(item, x, y)


def _picture(item: Picture, x: str, y: str) -> str:
    size = f'width="{_short(item.width)}" height="{_short(item.height)}" preserveAspectRatio="none"'
    return f'<image x="{x}" y="{y}" {size} style="image-rendering: pixelated" href="{data_url(png_bytes(item.pixels))}"/>'


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
