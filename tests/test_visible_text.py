"""Token text in Python's pictures is written as the browser writes it."""

import pytest

from aigc_toolkit.views.visible_text import label_text, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" cat", "cat"),
        ("\n", "⏎"),
        ("a\r\nb", "a⏎b"),
        ("  ", "␣␣"),
        ("", "∅"),
        ("\ud800", "\\ud800"),
        ("\x00\x07\x7f", "␀␇␡"),
        ("\u202egnirts", "\\u202egnirts"),
        ("🦊", "🦊"),
    ],
)
def test_labels(text, shown):
    assert label_text(text) == shown


def test_newlines_stay_in_prose():
    assert visible("a\nb\u200b") == "a\nb\\u200b"
