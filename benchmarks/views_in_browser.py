"""What a reader waits for, measured inside headless Chromium: the first picture, another head, frames while panning and zooming.

In comes a page that shows an attention view, out go seconds and frame rates. A script looks at the map's pixels in every frame; a
picture counts as there when it is drawn, no older head is marked as being replaced, and nothing changes any more for 0.4 s.
"""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
SIZE = {"width": 1180, "height": 640}
MOST_SECONDS = 120
NUM_SWITCHES = 20
NUM_MOVES = 120
# window.watched: [milliseconds, hash of the map's pixels] whenever they change; settled(since) is when the last change came
WATCH = """
window.watched = [];
(() => {
  const small = document.createElement("canvas");
  small.width = small.height = 40;
  const pen = small.getContext("2d", { willReadFrequently: true });
  let last = 0;
  const look = (now) => {
    requestAnimationFrame(look);
    const map = document.querySelector(".aigc-map:not([data-stale]) canvas");
    if (!map?.width) return;
    pen.clearRect(0, 0, 40, 40);
    pen.drawImage(map, 0, 0, 40, 40);
    const pixels = new Uint32Array(pen.getImageData(8, 8, 32, 32).data.buffer);
    if (new Set(pixels).size < 12) return;
    const hash = pixels.reduce((sum, pixel) => (Math.imul(sum, 31) + pixel) | 0, 7);
    if (hash !== last) window.watched.push([now, hash]);
    last = hash;
  };
  requestAnimationFrame(look);
})();
window.settled = (since) => new Promise((done) => {
  const ask = () => {
    const changes = window.watched.filter(([time]) => time > since);
    if (changes.length && performance.now() - changes.at(-1)[0] > 400) done(changes.at(-1)[0] - since);
    else if (performance.now() - since > MOST) done(null);
    else setTimeout(ask, 20);
  };
  ask();
});
""".replace("MOST", str(1000 * MOST_SECONDS))
SWITCH = """([layer, head]) => {
  const one = Array.from(document.querySelectorAll("[aria-label]")).find((node) => node.ariaLabel.startsWith(NAME(layer, head)));
  const since = performance.now();
  one.click();
  return window.settled(since);
}""".replace("NAME(layer, head)", "`Layer ${layer}, head ${head}`")
FRAMES = """() => {
  window.frames_seen = [];
  const note = (now) => { window.frames_seen.push(now); window.noting = requestAnimationFrame(note); };
  window.noting = requestAnimationFrame(note);
}"""


@dataclass(frozen=True)
class Switches:
    """Seconds from the click to the picture of another head, over 20 heads."""

    median: float
    percentile_95: float


@dataclass(frozen=True)
class Frames:
    """Frames a second while the map is dragged, or zoomed; the slowest twentieth of frames lasts `percentile_95` milliseconds."""

    per_second: float
    percentile_95: float


class Chromium:
    """A headless Chromium for the time of a `with` block."""

    def __enter__(self) -> Chromium:
        self._playwright = sync_playwright().start()
        self.browser: Browser = self._playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        return self

    def __exit__(self, *_) -> None:
        self.browser.close()
        self._playwright.stop()

    def context(self, *, watched: bool = True) -> BrowserContext:
        context = self.browser.new_context(viewport=SIZE, locale="en-US")
        context.set_default_timeout(1000 * MOST_SECONDS)
        if watched:
            context.add_init_script(WATCH)
        return context


def first_picture(page: Page, url: str) -> float | None:
    """Seconds from the start of the navigation to the first picture; None after two minutes without."""
    page.goto(url, wait_until="commit")
    return _seconds(page.evaluate("window.settled(0).then(() => window.watched[0]?.[0] ?? null)"))


def switches(page: Page, num_layers: int, num_heads: int) -> Switches | None:
    """Twenty heads of different layers, none asked for before."""
    chosen = random.Random(0).sample([(layer, head) for layer in range(num_layers - 1) for head in range(num_heads)], NUM_SWITCHES)
    times = [_seconds(page.evaluate(SWITCH, list(one))) for one in chosen]
    if None in times:
        return None
    return Switches(statistics.median(times), statistics.quantiles(times, n=20)[-1])


def panning(page: Page) -> Frames:
    """Zoomed in eightfold, the map is dragged about with the pointer."""
    x, y = _middle(page)
    for _ in range(5):
        page.locator(".aigc-map").press("+")
    page.wait_for_timeout(1000)
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(FRAMES)
    for to_x, to_y in ((x - 180, y - 120), (x + 60, y + 90), (x - 60, y - 30)):
        page.mouse.move(to_x, to_y, steps=NUM_MOVES // 3)
    frames = _frames(page)
    page.mouse.up()
    page.wait_for_timeout(500)
    return frames


def zooming(page: Page) -> Frames:
    """In and out again with the wheel, around the middle of the map."""
    page.locator(".aigc-map").press("0")
    x, y = _middle(page)
    page.mouse.move(x, y)
    page.wait_for_timeout(1000)
    page.evaluate(FRAMES)
    for direction in (-1, 1):
        for _ in range(NUM_MOVES // 4):
            page.mouse.wheel(0, 40 * direction)
    return _frames(page)


def _middle(page: Page) -> tuple[float, float]:
    box = page.locator(".aigc-map").bounding_box()
    return box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"]


def _frames(page: Page) -> Frames:
    times = page.evaluate("() => { cancelAnimationFrame(window.noting); return window.frames_seen; }")
    lengths = [after - before for before, after in zip(times, times[1:], strict=False)]
    return Frames(1000 * len(lengths) / (times[-1] - times[0]), statistics.quantiles(lengths, n=20)[-1])


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
