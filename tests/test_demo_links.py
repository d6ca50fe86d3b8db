"""Links to the tab Look: what a page of ours wrote is read, anything else is refused."""

import json

import pytest

from aigc_toolkit.demo.links import LONGEST_TEXT, opened_link


def test_a_link_brings_back_texts_and_state():
    link = opened_link(json.dumps({"text": "从前 \u2028</script>", "other": "Tom", "state": {"layer": 2}}))
    assert (link.text, link.other, link.state) == ("从前 \u2028</script>", "Tom", {"layer": 2})
    assert opened_link('{"text": "Mia", "state": {}}').other == ""


@pytest.mark.parametrize(
    "packed",
    [
        "?",
        "null",
        "[]",
        "{}",
        '{"text": 1, "state": {}}',
        '{"text": "Mia"}',
        '{"text": "Mia", "state": []}',
        '{"text": "Mia", "other": null, "state": {}}',
        json.dumps({"text": "x" * (LONGEST_TEXT + 1), "state": {}}),
        "[" * 50_000,
        '{"text": "Mia", "state": {"layer": ' + "1" * 60_000 + "}}",
    ],
)
def test_anything_else_is_refused(packed):
    with pytest.raises(ValueError, match="Copy the link again"):
        opened_link(packed)
