"""Reference pictures of what a browser shows: how far a new screenshot is from the one that was kept.

In come two pictures, out goes the share of pixels that differ, over the whole and in the worst part. A difference counts
when it survives a blur of one pixel, so that another rounding of the same letters passes; every part is looked at by
itself, so that a small panel that is missing does not drown in a large page. Knows nothing of what is drawn.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from playwright.sync_api import Page

KEPT = Path(__file__).parent / "pictures"
FAILED = KEPT / "failed"
SEEN_DIFFERENCE = 24  # of 255, in any channel
NUM_PARTS = 6  # along each side
PART_FACTOR = 4  # one part may differ by so many times the tolerance
_WIDTHS = """() => {
    const pen = document.createElement("canvas").getContext("2d");
    return ["sans-serif", "monospace", "Arial"].flatMap((font) => {
        pen.font = `100px ${font}`;
        return ["Hamburgefonstiv 0123", "从前有一只小狐狸"].map((text) => Math.round(pen.measureText(text).width));
    });
}"""


@dataclass(frozen=True)
class PictureDifference:
    """`share` of all pixels and `worst_share` of the worst of 6 x 6 parts, 0 to 1; `where` is true where they differ, (H, W)."""

    share: float
    worst_share: float
    where: np.ndarray

    def within(self, tolerance: float) -> bool:
        return self.share <= tolerance and self.worst_share <= PART_FACTOR * tolerance


def difference(new: Image.Image, kept: Image.Image) -> PictureDifference:
    """How far `new` is from `kept`; a row or column that only one of them has differs throughout."""
    width, height = max(new.width, kept.width), max(new.height, kept.height)
    where = np.ones((height, width), dtype=bool)  # (H, W)
    both = (0, 0, min(new.width, kept.width), min(new.height, kept.height))
    blurred = [_blurred(picture.crop(both)) for picture in (new, kept)]  # 2 of (h, w, 3)
    where[: both[3], : both[2]] = np.abs(blurred[0] - blurred[1]).max(axis=2) > SEEN_DIFFERENCE
    parts = [part for band in np.array_split(where, NUM_PARTS, axis=0) for part in np.array_split(band, NUM_PARTS, axis=1)]
    return PictureDifference(float(where.mean()), max(float(part.mean()) for part in parts), where)


def assert_like_kept(new: Image.Image, name: str, *, tolerance: float, update: bool) -> None:
    """Keeps `new` under `name` when `update` is set, else fails where it is further than `tolerance` from the one kept."""
    path = KEPT / f"{name}.png"
    if update:
        KEPT.mkdir(exist_ok=True)
        small(new).save(path, optimize=True)
        return
    assert path.exists(), f"There is no picture {path.name} in {KEPT}. Look at what the test shows, then: pytest --update-pictures"
    kept = Image.open(path)
    found = difference(new, kept)
    if not found.within(tolerance):
        FAILED.mkdir(parents=True, exist_ok=True)
        new.save(FAILED / f"{name}.new.png")
        marked(new, found.where).save(FAILED / f"{name}.difference.png")
        raise AssertionError(
            f"{name} differs in {found.share:.1%} of its pixels, {found.worst_share:.1%} of its worst part. "
            f"Allowed: {tolerance:.1%} and {PART_FACTOR * tolerance:.1%}. "
            f"Compare {FAILED}/{name}.*.png with {path}; where the new one is right: pytest --update-pictures"
        )


def same_letters(page: Page, *, update: bool) -> bool:
    """Whether this browser's fonts are as wide as those of the kept pictures; `update` keeps the present widths."""
    widths = page.evaluate(_WIDTHS)
    path = KEPT / "fonts.json"
    if update:
        KEPT.mkdir(exist_ok=True)
        path.write_text(json.dumps(widths) + "\n")
    return path.exists() and np.allclose(json.loads(path.read_text()), widths, rtol=0.01)


def small(picture: Image.Image) -> Image.Image:
    """The picture with 128 colours: a quarter of the bytes, no difference that `difference` sees."""
    return picture.convert("RGB").quantize(128, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def marked(picture: Image.Image, where: np.ndarray) -> Image.Image:
    """The picture in pale grey with red wherever it differs."""
    pixels = np.full((*where.shape, 3), 255, dtype=np.uint8)  # (H, W, 3)
    pixels[: picture.height, : picture.width] = 170 + np.asarray(picture.convert("L").convert("RGB")) // 3
    pixels[where] = (200, 0, 0)
    return Image.fromarray(pixels)


def _blurred(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB").filter(ImageFilter.GaussianBlur(1)), dtype=np.int16)
