"""A drawing as PNG, at twice its size, through Pillow.

In: a `Drawing`. Out: a file. Letters come from the first usual font of this system that has them; where none has Chinese ones, a
warning says so and boxes are drawn.
"""

import warnings
from functools import cache
from pathlib import Path
from typing import Any

from aigc_toolkit.views.export_drawing import GROUND, Drawing, Line, Rectangle, Text

SCALE = 2
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts", "C:/Windows/Fonts")
PLAIN = ("Helvetica.ttc", "Arial.ttf", "arial.ttf", "LiberationSans-Regular.ttf", "NotoSans-Regular.ttf", "DejaVuSans.ttf")
CHINESE = (
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "msyh.ttc",
    "NotoSansCJK-Regular.ttc",
    "wqy-microhei.ttc",
    "NotoSansSC-Regular.otf",
)
_WIDE = 0x2E80  # characters from here on need a Chinese font, which also has the signs that stand for spaces and newlines
_SIGNS = frozenset("␣⏎⇥∅␡")


def write_png(path: Path, drawing: Drawing) -> Path:
    """Writes the drawing and gives the path."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (round(drawing.width * SCALE), round(drawing.height * SCALE)), GROUND)
    draw = ImageDraw.Draw(image)
    for item in drawing.items:
        _draw(image, draw, item)
    image.save(path, format="PNG")
    return path


def _draw(image: Any, draw: Any, item: Any) -> None:
    if isinstance(item, Rectangle):
        left, top, right, bottom = (round(SCALE * edge) for edge in (item.x, item.y, item.x + item.width, item.y + item.height))
        draw.rectangle((left, top, right - 1, bottom - 1), fill=item.color)
    elif isinstance(item, Line):
        ends = (SCALE * item.x0, SCALE * item.y0, SCALE * item.x1, SCALE * item.y1)
        draw.line(ends, fill=_mixed(item.color, item.opacity), width=max(1, round(SCALE * item.width)))
    elif isinstance(item, Text):
        _write_text(image, draw, item)
    else:
        from PIL import Image

        size = (round(SCALE * item.width), round(SCALE * item.height))
        picture = Image.fromarray(item.pixels).resize(size, Image.Resampling.NEAREST)
        image.paste(picture, (round(SCALE * item.x), round(SCALE * item.y)))


def _write_text(image: Any, draw: Any, item: Text) -> None:
    from PIL import Image, ImageDraw

    font = _font(item.size, any(ord(character) >= _WIDE or character in _SIGNS for character in item.text))
    if not item.upright:
        anchor = {"start": "lm", "middle": "mm", "end": "rm"}[item.anchor]
        draw.text((SCALE * item.x, SCALE * item.y), item.text, fill=item.color, font=font, anchor=anchor)
        return
    width, height = int(font.getlength(item.text)) + 4, 2 * SCALE * item.size
    stencil = Image.new("L", (width, height), 0)
    ImageDraw.Draw(stencil).text((width - 2, height // 2), item.text, fill=255, font=font, anchor="rm")
    stencil = stencil.rotate(90, expand=True)  # the end of the text is on top
    image.paste(item.color, (round(SCALE * item.x - height / 2), round(SCALE * item.y)), stencil)


@cache
def _font(size: int, chinese: bool) -> Any:
    from PIL import ImageFont

    for name in (*CHINESE, *PLAIN) if chinese else (*PLAIN, *CHINESE):
        if path := _font_files().get(name):
            if chinese and name in PLAIN:
                _warn_chinese()
            return ImageFont.truetype(path, SCALE * size)
    if chinese:
        _warn_chinese()
    return ImageFont.load_default(SCALE * size)


def _warn_chinese() -> None:
    warnings.warn(
        f"No font with Chinese characters was found: {', '.join(CHINESE)} were looked for. Boxes stand for them in this PNG. "
        "Install Noto Sans CJK, or export an SVG.",
        stacklevel=2,
    )


@cache
def _font_files() -> dict[str, str]:
    folders = [*map(Path, FONT_FOLDERS), Path.home() / ".fonts", Path.home() / ".local/share/fonts"]
    return {path.name: str(path) for folder in folders if folder.is_dir() for path in folder.rglob("*.[tTo][tT][cCfF]")}


def _mixed(color: str, opacity: float) -> str:
    """`color` on white, as opaque as it is."""
    parts = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(255 + (part - 255) * opacity):02x}" for part in parts)
