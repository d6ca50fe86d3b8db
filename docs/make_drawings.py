"""The drawings of `how_it_works.md`, light and dark, in English and Chinese.

In: nothing. Out: `docs/drawings/NAME_LANGUAGE_GROUND.svg`. Run it after a change: `python docs/make_drawings.py`.
"""

from collections.abc import Callable
from pathlib import Path

from attention_drawings import one_front_end, recomputing, recording, tiles
from drawing import COLORS, LANGUAGES, Drawing
from writing_drawings import checkpoints, decoding, training_loop

FOLDER = Path(__file__).parent / "drawings"
WIDTH = 760  # pixels

DRAWINGS: dict[str, tuple[Callable[[Drawing], None], int]] = {  # what draws it, and its height in pixels
    "recording": (recording, 316),
    "recomputing": (recomputing, 210),
    "tiles": (tiles, 266),
    "one_front_end": (one_front_end, 326),
    "decoding": (decoding, 252),
    "checkpoints": (checkpoints, 252),
    "training_loop": (training_loop, 254),
}


def drawn() -> dict[str, str]:
    """File name and SVG text of every drawing."""
    found = {}
    for name, (draw, height) in DRAWINGS.items():
        for language in LANGUAGES:
            for ground in COLORS:
                drawing = Drawing(WIDTH, height, ground, language)
                draw(drawing)
                found[f"{name}_{language}_{ground}.svg"] = drawing.svg()
    return found


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in drawn().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
