"""Waiting for what a page shows: reads again until it is as expected, and says what it was when it never is."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect


def eventually(page: Page, read: Callable[[], Any], expected: Any, *, seconds: float = 30) -> None:
    """Asserts that `read()` becomes equal to `expected` (a value, or `pytest.approx` of one) within `seconds`."""
    for _ in range(round(10 * seconds)):
        if read() == expected:
            return
        page.wait_for_timeout(100)
    assert read() == expected


def type_setting(field: Locator, text: str) -> None:
    """Types `text` into a field of a panel, which may just have unfolded: it may be drawn once more, and forget what was typed."""
    expect(field).to_be_editable()
    field.page.wait_for_timeout(500)
    field.fill(text)
    field.blur()
    field.page.wait_for_timeout(500)
    expect(field).to_have_value(text)
