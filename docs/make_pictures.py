"""The pictures of the README and of every main state of the views, taken in headless Chromium, light and dark.

Comes in: nothing but the built-in model. Goes out: `docs/pictures/*.png`. Run it after a change of look:
`python docs/make_pictures.py`.
"""

import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from aigc_toolkit import attention_view, capture_attention, generate, generation_view, load_model
from aigc_toolkit.demo import build_demo
from aigc_toolkit.demo.page import serve

FOLDER = Path(__file__).parent / "pictures"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WIDTH, WRITE_HEIGHT, LOOK_HEIGHT, TRAIN_HEIGHT, VIEW_HEIGHT = 1180, 740, 940, 740, 640
SNAPSHOT = 17  # of the time-lapse: the answer is half learned
SCHEMES = ("light", "dark")
STORY = (
    "Once upon a time, there was a kind girl named Mia. Mia had a friend named Tom. Mia had a red kite. "
    "She put the kite in the drawer. Tom had a blue cup. He put the cup under the bench."
)
QUESTION = f"<|user|>{STORY}\n\nWhere is the kite now?<|end|><|assistant|>It is in the drawer."
OTHER_QUESTION = QUESTION.replace("in the drawer", "in the garden")
BEFORE_THE_ANSWER, DRAWER = 62, 33  # tokens of the question
ANSWER = {"layer": 4, "head": 4, "token": BEFORE_THE_ANSWER}  # the head that points at the answer
STATES = {
    "map": ANSWER,
    "lines": ANSWER | {"panel": "lines", "mass": 0.8},
    "columns": ANSWER | {"panel": "lines", "lines": "columns", "grouping": "sentences"},
    "arithmetic": ANSWER | {"panel": "cell", "cell": [BEFORE_THE_ANSWER, DRAWER]},
    "heads_sorted": {"layer": 1, "head": 0, "token": BEFORE_THE_ANSWER, "measure": "previous_token"},
    "side_by_side": ANSWER | {"map": "side by side"},
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        pages_of_the_demo(browser)
        for name, path in saved_pages(Path(folder)).items():
            for scheme in SCHEMES:
                context = browser.new_context(viewport={"width": WIDTH, "height": VIEW_HEIGHT}, color_scheme=scheme, locale="en-US")
                page = context.new_page()
                page.goto(path.as_uri())
                page.wait_for_timeout(1500)
                picture(page, f"{name}_{scheme}")
                context.close()
        browser.close()


def pages_of_the_demo(browser: Browser) -> None:
    """The tabs Write, Look and Train as somebody sees them who has just used them."""
    demo = build_demo(load_model("story"))
    serve(demo, prevent_thread_lock=True, quiet=True)
    for scheme in SCHEMES:
        context = browser.new_context(viewport={"width": WIDTH, "height": WRITE_HEIGHT}, color_scheme=scheme, locale="en-US")
        page = context.new_page()
        page.goto(demo.blocks.local_url)
        written(page)
        picture(page, f"write_{scheme}")
        page.set_viewport_size({"width": WIDTH, "height": LOOK_HEIGHT})
        looked_at(page)
        picture(page, f"look_{scheme}")
        page.set_viewport_size({"width": WIDTH, "height": TRAIN_HEIGHT})
        learned(page)
        picture(page, f"train_{scheme}")
        context.close()
    demo.blocks.close()


def written(page: Page) -> None:
    """Let the model go on with the first example and point at a token."""
    page.locator("#write-go").click()
    page.locator("#write-look:enabled").wait_for(timeout=60_000)
    page.locator("#write-view .aigc-step").nth(5).click()


def looked_at(page: Page) -> None:
    """Look at the first example of the tab Look: the head that points at the answer, from the token before it."""
    page.get_by_role("tab", name="Look", exact=True).click()
    page.locator("#look-go").click()
    page.locator("#look-view [data-role=proof]").wait_for(timeout=60_000)
    page.get_by_role("radio", name="Layer 4, head 4").first.click()
    tokens = page.locator("#look-view .aigc-token")
    tokens.nth(tokens.count() - 3).click()
    page.mouse.move(WIDTH / 2, 4)
    page.wait_for_timeout(1500)


def learned(page: Page) -> None:
    """Go to the middle of the built-in model's training."""
    page.get_by_role("tab", name="Train", exact=True).click()
    page.locator("#train-story").click()
    page.locator("#train-timelapse canvas").first.wait_for(timeout=60_000)
    page.locator("#train-timelapse input[type=range]").first.fill(str(SNAPSHOT))
    page.wait_for_timeout(1500)


def saved_pages(folder: Path) -> dict[str, Path]:
    """One saved page per state of the attention view, and one of a generation."""
    lm = load_model("story")
    attention, other = capture_attention(lm, QUESTION), capture_attention(lm, OTHER_QUESTION)
    paths = {}
    for name, state in STATES.items():
        view = attention_view(attention, compare=other if "map" in state else None, language="en")
        view.state = state
        paths[name] = view.save(folder / f"{name}.html")
    generation = generate(lm, "Once upon a time, there was a kind girl named Mia.", max_new_tokens=80, seed=3)
    return paths | {"generation": generation_view(generation, language="en").save(folder / "generation.html")}


def picture(page: Page, name: str) -> None:
    """Keep what is on the screen, in 255 colours: a third of the bytes, and nobody sees a difference."""
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(255, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        path, optimize=True
    )


if __name__ == "__main__":
    main()
