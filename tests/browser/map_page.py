"""What tests of the map share: a long text, where the canvas is, what the read-out says, a turn of the wheel."""

from collections.abc import Callable

import numpy as np
from playwright.sync_api import Page

from browser.fake_records import FakeAttention
from browser.live import drawn

WORDS = ["Once", " upon", " a", " time", ",", " Mia", " found", "\n", "her", " small", " key", "."]
LONG = [f"w{number}" for number in range(1300)]
LAYER, HEAD = 3, 0
Open = Callable[..., Page]


class LongAttention(FakeAttention):
    """Weights of a long text, made once."""

    kept: dict[tuple[int, int], np.ndarray] = {}

    def weights(self, layer, head, rows=None, columns=None):
        if (layer, head) not in self.kept:
            self.kept[layer, head] = super().weights(layer, head)
        return self.kept[layer, head][rows or slice(None)][:, columns or slice(None)]


def box(page: Page) -> dict[str, float]:
    return page.locator(".aigc-map canvas").first.bounding_box()


def read(page: Page) -> tuple[int, int, str]:
    """(query, key, weight as shown) of the read-out, once it is the one of the pointed cell."""
    page.wait_for_timeout(120)
    query, key, weight = page.locator(".aigc-readout dd").all_inner_texts()
    return int(query.split()[-1]), int(key.split()[-1]), weight


def number(shown: str) -> float:
    return float(shown.removeprefix("< ").replace("−", "-"))


def wheel(page: Page, share: tuple[float, float], steps: int) -> None:
    """Turn the wheel over a place of the plot, given as shares of what is right of and below the rulers."""
    edges = box(page)
    page.mouse.move(edges["x"] + 88 + share[0] * (edges["width"] - 90), edges["y"] + 72 + share[1] * (edges["height"] - 74))
    for _ in range(abs(steps)):
        page.mouse.wheel(0, -150 if steps > 0 else 150)
        page.wait_for_timeout(30)
    drawn(page)
