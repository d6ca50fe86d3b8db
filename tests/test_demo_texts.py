"""The words of the page: every one in both languages."""

from pathlib import Path

import pytest

from aigc_toolkit import demo
from aigc_toolkit.demo.blocks import packed
from aigc_toolkit.demo.branch_texts import BRANCH_BLOCK, STRATEGY_BLOCK
from aigc_toolkit.demo.chat_texts import CHAT_BLOCK
from aigc_toolkit.demo.drawer_texts import LINK, TITLE
from aigc_toolkit.demo.setting_texts import SETTINGS
from aigc_toolkit.demo.settings import BASIC, MORE
from aigc_toolkit.demo.texts import MESSAGES, TEXTS, message


def test_both_languages_have_every_word():
    assert TEXTS["en"].keys() == TEXTS["zh"].keys()
    assert all(len(pair) == 2 and all(pair) for pair in MESSAGES.values())


def test_every_message_is_said_somewhere():
    code = "".join(path.read_text(encoding="utf-8") for path in Path(demo.__file__).parent.glob("*.py"))
    assert [key for key in MESSAGES if code.count(f'"{key}"') < 2] == []


def test_a_message_comes_in_both_languages():
    assert message("surrogate", position=3)["en"].count("3") == 1
    assert "3" in message("surrogate", position=3)["zh"]


def test_every_setting_explains_itself_in_both_languages():
    assert {*BASIC, *MORE, "system"} == SETTINGS.keys()
    for key in SETTINGS:
        assert TEXTS["en"][f"set_{key}_info"].endswith(".") and TEXTS["zh"][f"set_{key}_info"].endswith("。")


@pytest.mark.parametrize("block", [CHAT_BLOCK, BRANCH_BLOCK, STRATEGY_BLOCK, TITLE])
def test_blocks_have_every_word_in_both_languages(block):
    def keys(words):
        return {key: keys(value) if isinstance(value, dict) else None for key, value in words.items()}

    assert keys(block["en"]) == keys(block["zh"])


def test_messages_for_a_view_are_packed_as_text():
    assert packed({"type": "append", "steps": ["中"]}) == '{"type":"append","steps":["中"]}'


def test_what_is_said_of_a_link_comes_in_both_languages():
    assert all(said.keys() == {"en", "zh"} and all(said.values()) for said in LINK.values())
