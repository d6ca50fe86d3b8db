"""Links to the page's tabs: what a page of ours wrote is read, anything else is refused."""

import json

import pytest

from aigc_toolkit.demo.page_links import LONGEST_TEXT, TABS, opened_link
from aigc_toolkit.demo.settings import BASIC, MORE, linked_values, usual_values


def opened(tab="look", **held):
    return opened_link(tab, json.dumps(held))


def test_a_link_to_look_brings_back_texts_and_state():
    link = opened(text="从前 \u2028</script>", other="Tom", state={"layer": 2}, model="story")
    assert (link.text("text"), link.text("other", ""), link.table("state")) == ("从前 \u2028</script>", "Tom", {"layer": 2})
    assert link.model == "story" and opened(text="Mia").model == "" and opened(text="Mia").text("other", "") == ""


def test_a_link_to_write_brings_back_every_setting():
    chosen = usual_values(BASIC + MORE) | {"temperature": 0.3, "seed": 7, "bad_words": "dragon\nfog", "watermark": True}
    assert linked_values(BASIC + MORE, opened("write", prompt="Mia", **chosen), longest=400) == list(chosen.values())
    assert linked_values(("seed", "top_k"), opened("write", prompt="Mia"), longest=400) == [0, 0]
    assert linked_values(("max_new_tokens",), opened("write", max_new_tokens=300), longest=100) == [100]


def test_a_link_to_chat_brings_back_who_said_what():
    turns = [{"role": "user", "text": "Hello"}, {"role": "assistant", "text": "Hi"}, {"role": "user", "text": "And?"}]
    assert opened("chat", turns=turns).talk() == [("user", "Hello"), ("assistant", "Hi"), ("user", "And?")]


@pytest.mark.parametrize("packed", ["?", "null", "[]", '"x"', "[" * 50_000, '{"text": ' + "1" * 60_000 + "}"])
@pytest.mark.parametrize("tab", TABS)
def test_what_is_no_object_is_refused(tab, packed):
    with pytest.raises(ValueError, match=r"allowed are JSON objects, .* Copy the link again"):
        opened_link(tab, packed)


def test_a_tab_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="The link to 'settings' holds '{}'"):
        opened_link("settings", "{}")


@pytest.mark.parametrize(
    ("held", "read"),
    [
        ({}, lambda link: link.text("text")),
        ({"text": 1}, lambda link: link.text("text")),
        ({"text": "x" * (LONGEST_TEXT + 1)}, lambda link: link.text("text")),
        ({"other": None}, lambda link: link.text("other", "")),
        ({"state": []}, lambda link: link.table("state")),
        ({"turns": "x"}, lambda link: link.talk()),
        ({"turns": ["x"]}, lambda link: link.talk()),
        ({"turns": [{"role": "assistant", "text": "x"}]}, lambda link: link.talk()),
        ({"turns": [{"role": "user", "text": 1}]}, lambda link: link.talk()),
        ({"temperature": "hot"}, lambda link: linked_values(("temperature",), link, longest=400)),
        ({"temperature": 3}, lambda link: linked_values(("temperature",), link, longest=400)),
        ({"seed": True}, lambda link: linked_values(("seed",), link, longest=400)),
        ({"watermark": 1}, lambda link: linked_values(("watermark",), link, longest=400)),
        ({"stop": ["x"]}, lambda link: linked_values(("stop",), link, longest=400)),
    ],
)
def test_values_of_another_kind_are_refused(held, read):
    with pytest.raises(ValueError, match=r"is not as a page writes it; .* is allowed\. Copy the link again"):
        read(opened(**held))


def test_a_model_that_is_no_name_is_refused_at_once():
    with pytest.raises(ValueError, match="The link's 'model' is not as a page writes it"):
        opened(model={"a": 1})
