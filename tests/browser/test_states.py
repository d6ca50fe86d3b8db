"""Every main state of the views: as it looked when somebody last looked at it, and without a serious fault for axe-core.

`pytest --update-pictures tests/browser/test_states.py` keeps new pictures; look at each before it is committed.
"""

import pytest
from playwright.sync_api import Page

from browser.accessibility import serious_faults
from browser.states import STATES, page_of
from browser.waiting import eventually

LOOKS = {
    "light": {"language": "en", "dark": False, "width": 1180, "height": 640},
    "phone": {"language": "zh", "dark": True, "width": 375, "height": 812},
}
OTHER_LOOKS = {
    "dark": {"language": "en", "dark": True, "width": 1180, "height": 640},
    "light_phone": {"language": "zh", "dark": False, "width": 375, "height": 812},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("states")


@pytest.fixture
def open_state(folder, tokenizer, open_page):
    def opened(state: str, *, language: str, **look) -> Page:
        page = open_page(page_of(state, folder, tokenizer, language=language), **look)
        drawn = (
            "Array.from(document.querySelectorAll('.aigc canvas')).some((canvas) => canvas.width > 0 && canvas.checkVisibility())"
        )
        ready = f"Boolean({drawn} && !document.querySelector('.aigc [data-stale]'))"
        eventually(page, lambda: page.evaluate(ready), True)  # the page's policy forbids Playwright's own waiting for functions
        page.wait_for_timeout(600)  # small pictures come after the large one
        return page

    return opened


def sideways(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("state", STATES)
def test_a_state_looks_as_it_did(open_state, compare_picture, state, look):
    page = open_state(state, **LOOKS[look])
    compare_picture(page, f"{state}_{look}")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("state", STATES)
def test_a_state_can_be_used_by_everyone(open_state, state, look):
    page = open_state(state, **LOOKS[look])
    assert sideways(page) <= 0
    assert serious_faults(page) == []


@pytest.mark.parametrize("look", OTHER_LOOKS)
@pytest.mark.parametrize("state", ["map", "lines", "cell", "difference", "generation", "training"])
def test_it_can_in_other_looks(open_state, state, look):
    page = open_state(state, **OTHER_LOOKS[look])
    assert sideways(page) <= 0
    assert serious_faults(page) == []


def test_the_page_can_be_used_by_everyone(demo, open_site):
    page = open_site(demo.blocks.local_url)
    assert serious_faults(page) == []
