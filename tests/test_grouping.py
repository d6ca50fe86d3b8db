import numpy as np
import pytest
import regex
from constructed import captured

from aigc_toolkit.attention import capture_attention
from aigc_toolkit.attention.grouping import GROUPINGS, group_tokens
from aigc_toolkit.corpora.tokenizer import train_tokenizer
from aigc_toolkit.tokens import TokenTexts

STORY = (
    'Mia\'s lantern, a well-known one, cost 3.5 coins. "Where is it?" she asked!\n\n'
    "从前有一个小女孩。“你好！”她说，很高兴……😀👨‍👩‍👧é🇨🇳"
)


@pytest.fixture(scope="module")
def byte_texts():
    """A tokenizer that has learnt nothing: every byte is a token."""
    return TokenTexts(train_tokenizer([], vocabulary_size=262))


@pytest.fixture(scope="module")
def word_texts():
    """A tokenizer that has learnt the story's words."""
    return TokenTexts(train_tokenizer([STORY] * 5, vocabulary_size=400))


def grouped(texts, text, by):
    ids = texts.encode(text)
    return group_tokens(texts.displays(ids), texts.pieces(ids), by)


def words_of(texts, text, by):
    return [group.text for group in grouped(texts, text, by)]


@pytest.mark.parametrize("by", GROUPINGS)
@pytest.mark.parametrize("text", [STORY, "", "a", "😀", "中", "<|user|>Hi<|end|>", "\n\n \t", "<|endoftext|>"])
def test_groups_hold_every_token_once_and_their_offsets_are_their_text(byte_texts, word_texts, text, by):
    for texts in (byte_texts, word_texts):
        ids = texts.encode(text)
        whole = "".join(texts.pieces(ids))
        groups = group_tokens(texts.displays(ids), texts.pieces(ids), by)
        assert [index for group in groups for index in range(group.first, group.end)] == list(range(len(ids)))
        assert "".join(whole[group.start : group.stop] for group in groups) == whole
        for group in groups:
            assert whole[group.start : group.stop] in ("", group.text) and group.text and group.end > group.first


@pytest.mark.parametrize("text", ["中😀a", "é", "👨‍👩‍👧", "🇨🇳🇫🇷", "👍🏽", "x 中"])
def test_bytes_of_one_character_are_one_group(byte_texts, text):
    groups = grouped(byte_texts, text, "characters")
    assert [group.text for group in groups] == regex.findall(r"\X", text)
    assert [group.end - group.first for group in groups] == [len(part.encode()) for part in regex.findall(r"\X", text)]


def test_a_token_that_ends_within_a_character_keeps_it_whole():
    tokens, pieces = ["a <0xE4>", "<0xB8>", "<0xAD>", "b"], ["a ", "", "中", "b"]
    for by in ("characters", "words"):
        assert [group.text for group in group_tokens(tokens, pieces, by)] == ["a 中", "b"]


def test_stray_bytes_do_not_join():
    tokens, pieces = ["<0xE4>", "<0xE4>", "<0xB8>", "<0xAD>"], ["", "", "", "\ufffd中"]
    assert [(group.first, group.end) for group in group_tokens(tokens, pieces, "characters")] == [(0, 4)]


def test_words(byte_texts, word_texts):
    english = ["Mia's", " lantern", ",", " a", " well-known", " one", ",", " cost", " 3", ".", "5", " coins", "."]
    assert words_of(byte_texts, STORY, "words")[: len(english)] == english
    assert words_of(byte_texts, "从前有 cats。", "words") == ["从", "前", "有", " cats", "。"]
    groups = grouped(word_texts, STORY, "words")
    assert groups[1].text == " lantern" and max(group.end - group.first for group in groups) < 18


def test_sentences(byte_texts):
    assert words_of(byte_texts, STORY, "sentences") == [
        "Mia's lantern, a well-known one, cost 3.5 coins.",
        ' "Where is it?"',
        " she asked!\n\n",
        "从前有一个小女孩。",
        "“你好！”",
        "她说，很高兴……",
        "😀👨‍👩‍👧é🇨🇳",
    ]


def test_special_tokens_stand_alone(byte_texts):
    assert words_of(byte_texts, "<|user|>Hi you<|end|><|assistant|>Yes.", "words") == [
        "<|user|>",
        "Hi",
        " you",
        "<|end|>",
        "<|assistant|>",
        "Yes",
        ".",
    ]


CHAT = "<|user|>Mia lost it.\n\nWho?<|end|><|assistant|>Mia.<|end|><|user|>你好<|end|><|assistant|>"


def test_turns_of_our_chat_format(byte_texts):
    groups = grouped(byte_texts, CHAT, "turns")
    assert [group.text for group in groups] == ["Mia lost it.\n\nWho?", "Mia.", "你好", "<|assistant|>"]
    displays = byte_texts.displays(byte_texts.encode(CHAT))
    assert [displays[group.first] for group in groups] == ["<|user|>", "<|assistant|>", "<|user|>", "<|assistant|>"]
    assert [displays[group.end - 1] for group in groups] == ["<|end|>"] * 3 + ["<|assistant|>"]


OTHER_CHATS = {
    "chatml": (["<|im_start|>", "user\nHi", "<|im_end|>", "\n", "<|im_start|>", "assistant\nYes", "<|im_end|>", "\n"], [4, 8]),
    "llama3": (
        ["<|begin_of_text|>", "<|start_header_id|>", "user", "<|end_header_id|>", "\n\nHi", "<|eot_id|>"]
        + ["<|start_header_id|>", "assistant", "<|end_header_id|>", "\n\nYes"],
        [6, 10],
    ),
    "gemma": (["<bos>", "<start_of_turn>", "user\nHi", "<end_of_turn>", "\n", "<start_of_turn>", "model\nYes"], [5, 7]),
    "bert": (["[CLS]", "one", "[SEP]", "two", "[SEP]"], [3, 5]),
    "roberta": (["<s>", "one", "</s>", "</s>", "two", "</s>"], [3, 6]),
    "deepseek": (["<｜begin▁of▁sentence｜>", "<｜User｜>", "Hi", "<｜Assistant｜>", "Yes", "<｜end▁of▁sentence｜>"], [3, 6]),
    "text": (["Once", " upon"], [2]),
    "gpt2": (["<|endoftext|>", "One", ".", "<|endoftext|>", "Two"], [4, 5]),
}


@pytest.mark.parametrize("chat", OTHER_CHATS)
def test_turns_of_other_chat_formats(chat):
    tokens, ends = OTHER_CHATS[chat]
    pieces = ["" if token[0] in "<[" else token for token in tokens]
    assert [group.end for group in group_tokens(tokens, pieces, "turns")] == ends


def test_word_pieces(byte_texts):
    groups = group_tokens(["[CLS]", "un", "##able", "!", "[SEP]"], ["", "un", "able", "!", ""], "words")
    assert [(group.text, group.first, group.end) for group in groups] == [
        ("[CLS]", 0, 1),
        ("unable", 1, 3),
        ("!", 3, 4),
        ("[SEP]", 4, 5),
    ]


def test_an_unknown_grouping():
    with pytest.raises(
        ValueError, match="by is 'lines'; tokens can be grouped by tokens, characters, words, sentences, turns. Use"
    ):
        group_tokens(["a"], ["a"], "lines")


def test_weights_between_groups_are_sums_over_keys_and_means_over_queries(lm):
    attention = capture_attention(lm, "Mia found 在森林里。😀 She smiled.")
    for by in ("characters", "words", "sentences"):
        groups, weights = attention.groups(by), attention.weights(1, 2)
        expected = [[weights[q.first : q.end, k.first : k.end].sum(1).mean() for k in groups] for q in groups]
        found = attention.group_weights(1, 2, by)
        np.testing.assert_allclose(found, expected, atol=1e-6)
        np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(attention.group_weights(1, 2, "tokens"), weights, atol=1e-7)


def test_cross_attention_has_groups_of_both_texts(tokenizer):
    attention = captured("bart", tokenizer, text="Mia found it.", source="Tom gave the lantern back. She smiled.")
    found = attention.group_weights(0, 1, "words", kind="cross")
    assert found.shape == (len(attention.groups("words")), len(attention.of("encoder").groups("words")))
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
