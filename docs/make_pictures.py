"""The README's pictures, taken from the real page in headless Chromium, light and dark.

Comes in: nothing but the built-in model. Goes out: `docs/pictures/*.png`. Run it after a change of look:
`python docs/make_pictures.py`.
"""

from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from aigc_toolkit import load_model
from aigc_toolkit.demo import build_demo
from aigc_toolkit.demo.page import serve

FOLDER = Path(__file__).parent / "pictures"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WIDTH, WRITE_HEIGHT, LOOK_HEIGHT = 1180, 740, 960


def main() -> None:
    demo = build_demo(load_model("story"))
    serve(demo, prevent_thread_lock=True, quiet=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": WIDTH, "height": WRITE_HEIGHT}, color_scheme=scheme, locale="en-US")
            page = context.new_page()
            page.goto(demo.blocks.local_url)
            written(page)
            page.screenshot(path=FOLDER / f"write_{scheme}.png")
            page.set_viewport_size({"width": WIDTH, "height": LOOK_HEIGHT})
            looked_at(page)
            page.screenshot(path=FOLDER / f"look_{scheme}.png")
            context.close()
        browser.close()
    demo.blocks.close()


def written(page: Page) -> None:
    """Let the model go on with the first example and point at a token."""
    page.locator("#write-go").click()
    page.locator("#write-look:enabled").wait_for(timeout=60_000)
    page.locator("#write-view .aigc-step").nth(5).click()


def looked_at(page: Page) -> None:
    """Look at the first example of the tab Look: the head that points at the answer, from the token before it."""
    page.get_by_role("tab", name="Look").click()
    page.locator("#look-go").click()
    page.locator("#look-view [data-role=proof]").wait_for(timeout=60_000)
    page.get_by_role("radio", name="Layer 4, head 4").click()
    tokens = page.locator("#look-view .aigc-token")
    tokens.nth(tokens.count() - 3).click()
    page.wait_for_timeout(500)


if __name__ == "__main__":
    main()
