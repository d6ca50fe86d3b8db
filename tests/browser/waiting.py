"""Waiting for what a page shows: reads again until it is as expected, and says what it was when it never is."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page


def eventually(page: Page, read: Callable[[], Any], expected: Any, *, seconds: float = 8) -> None:
    """Asserts that `read()` becomes equal to `expected` (a value, or `pytest.approx` of one) within `seconds`."""
    for _ in range(round(10 * seconds)):
        if read() == expected:
            return
        page.wait_for_timeout(100)
    assert read() == expected
