"""The picture of a vision model on a saved page: its patches are shaded by the weights of the chosen one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect
from small_models import small_model

from aigc_toolkit import capture_attention
from aigc_toolkit.attention import Attention
from aigc_toolkit.language_model import LanguageModel
from aigc_toolkit.views import attention_view
from browser.waiting import eventually

LAYER, HEAD, TOKEN = 1, 2, 5
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def attention() -> Attention:
    down, across = torch.meshgrid(torch.linspace(0, 1, 24), torch.linspace(0, 1, 24), indexing="ij")
    pixels = torch.stack([down, across, 1 - down])[None]  # (1, 3, 24, 24)
    return capture_attention(LanguageModel(small_model("vit"), None, "vit"), pixels)


@pytest.fixture
def page(open_page: OpenPage, attention: Attention, tmp_path: Path) -> Page:
    view = attention_view(attention)
    view.state = {"layer": LAYER, "head": HEAD, "token": TOKEN}
    return open_page(view.save(tmp_path / "picture.html"))


def covers(page: Page) -> list[float]:
    """How much of the picture each patch's shade covers, from 0.25 for no weight to 0.85 for the largest."""
    return page.locator(".aigc-patches [data-position]").evaluate_all(
        "(items) => items.map((item) => Number(item.style.getPropertyValue('--aigc-cover')))"
    )


def expect_covers(page: Page, weights: np.ndarray) -> None:
    eventually(page, lambda: covers(page), pytest.approx((0.25 + 0.6 * np.sqrt(weights / weights.max())).tolist(), abs=0.01))


def test_the_picture_stands_in_place_of_the_prose(page: Page) -> None:
    assert page.locator(".aigc-patches img").evaluate("(image) => [image.complete, image.naturalWidth, image.naturalHeight]") == [
        True,
        24,
        24,
    ]
    assert page.locator(".aigc-patch").count() == 9
    assert page.locator(".aigc-patch-word").all_inner_texts() == ["[CLS]"]
    assert page.locator(".aigc-prose").count() == 0
    boxes = [page.locator(selector).bounding_box() for selector in (".aigc-patch-frame img", ".aigc-patch-grid")]
    assert boxes[0] == pytest.approx(boxes[1], abs=1)


def test_patches_are_shaded_by_weight(page: Page, attention: Attention) -> None:
    expect_covers(page, attention.weights(LAYER, HEAD)[TOKEN])
    page.get_by_label("What looks at this token").check()
    expect_covers(page, attention.weights(LAYER, HEAD)[:, TOKEN])


def test_a_pointed_patch_shows_its_own_weights(page: Page, attention: Attention) -> None:
    page.get_by_role("option", name="patch row 3, column 3").hover()
    expect_covers(page, attention.weights(LAYER, HEAD)[9])


def test_patches_are_chosen_by_keys(page: Page) -> None:
    chosen = page.locator(".aigc-patches [aria-selected=true]")
    expect(chosen).to_have_attribute("aria-label", "patch row 2, column 2")
    chosen.focus()
    page.keyboard.press("ArrowDown")
    expect(chosen).to_have_attribute("aria-label", "patch row 3, column 2")
    page.keyboard.press("ArrowRight")
    expect(chosen).to_have_attribute("aria-label", "patch row 3, column 3")
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    expect(chosen).to_have_text("[CLS]")
