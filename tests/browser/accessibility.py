"""What axe-core finds wrong with a page: names, roles, contrast, keyboard.

In comes a page, out go the serious and critical faults as lines to read. The rules are axe-core's own (WCAG 2.2 A and AA, best
practices); nothing is left out. Knows nothing of what the page shows.
"""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")


def serious_faults(page: Page, within: str = "body") -> list[str]:
    """One line per element at fault in the part of the page that the selector names: rule, impact, element, what is wrong."""
    found = Axe().run(page, context={"include": [[within]]}).response["violations"]
    return [
        f"{fault['id']} ({fault['impact']}): {node['html'][:160]} | {' '.join(node['failureSummary'].split())[:300]}"
        for fault in found
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]
