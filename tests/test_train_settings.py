"""What a visitor may train: every refusal says in both languages what was given, what is allowed and what to do."""

import json

import pytest

from aigc_toolkit.demo import Operator
from aigc_toolkit.demo.page_links import Link
from aigc_toolkit.demo.texts import TEXTS
from aigc_toolkit.demo.train_settings import (
    LONGEST_WORD,
    SETTINGS,
    Refusal,
    checked_job,
    documents_in,
    linked_job,
    pasted_documents,
)
from aigc_toolkit.demo.train_texts import TRAIN_BLOCK, TRAIN_MESSAGES, TRAIN_TEXTS
from tests.small_trainings import VALUES

STORY = "Once upon a time a girl kept a lamp. " * 40


def test_both_languages_have_every_word():
    def keys(words):
        return {key: keys(value) if isinstance(value, dict) else None for key, value in words.items()}

    for words in (TRAIN_TEXTS, TRAIN_BLOCK):
        assert keys(words["en"]) == keys(words["zh"])
    assert all(len(pair) == 2 and all(pair) for pair in TRAIN_MESSAGES.values())
    assert TEXTS["zh"]["train"] == "训练"


def job(documents=(STORY,), **changes):
    return checked_job(VALUES | changes, list(documents), Operator(), name="my-gpt-1")


def test_settings_become_a_job():
    made = job(source="own", context=64, prompt="")
    assert (made.language, made.num_layers, made.width, made.context, made.batch_size) == ("", 2, 64, 64, 16)
    assert made.sample_prompt == "Once upon a time" and made.seconds == 60
    stories = job(source="zh", size="middle", prompt=" ")
    assert (stories.language, stories.num_layers, stories.sample_prompt) == ("zh", 5, "从前")
    assert (
        job(["从前有一个小女孩，她把红灯笼丢在了森林里，再也没有找到。" * 50], source="own", prompt="").sample_prompt
        == "从前有一个小女孩"
    )
    assert job(source="own", prompt="half \ud83d!").sample_prompt == "half !"


def test_a_link_brings_back_settings_within_the_limits_of_the_page():
    values = dict(zip(SETTINGS, linked_job(Link("train", VALUES | {"source": "own", "minutes": 60}), Operator()), strict=True))
    assert values == {name: VALUES[name] for name in SETTINGS} | {"source": "own", "minutes": 5}


@pytest.mark.parametrize("changes", [{"source": "<b>"}, {"size": None}, {"minutes": "5"}, {"seed": -1}, {"prompt": 3}])
def test_a_link_no_page_writes_is_refused(changes):
    with pytest.raises(Refusal, match="allowed"):
        linked_job(Link("train", VALUES | changes), Operator())


@pytest.mark.parametrize(
    ("changes", "english", "chinese"),
    [
        (
            {"source": "<b>"},
            "What it learns from is <b>; allowed: en, zh, own. Change it",
            "学习材料为 <b>；允许：en, zh, own。请修改",
        ),
        ({"size": "huge"}, "Size is huge; allowed: tiny, small, middle.", "大小为 huge"),
        ({"context": 100_000}, "Context is 100000; allowed: 64, 128, 256.", "上下文为 100000"),
        ({"context": True}, "Context is True; allowed", "上下文为 True"),
        ({"context": [64]}, r"Context is \[64\]; allowed", "上下文为"),
        ({"tokens": None}, "Tokens is None; allowed: bpe, characters.", "词元为 None"),
        ({"minutes": 6}, "Minutes is 6; allowed: 0.1 – 5.", "分钟为 6"),
        ({"minutes": float("nan")}, "Minutes is nan; allowed", "分钟为 nan"),
        ({"rate": 0}, "Learning rate is 0; allowed: 0.0001 – 0.1.", "学习率为 0"),
        ({"rate": "fast"}, "Learning rate is fast", "学习率为 fast"),
        ({"steps": -1}, "Steps is -1; allowed: 0 – 20000.", "步数为 -1"),
        ({"seed": True}, "Seed is True", "随机种子为 True"),
        ({"prompt": "x" * 201}, "Samples begin with is 201; allowed: 0 – 200.", "样本的开头为 201"),
        ({"prompt": None}, "Samples begin with is None", "样本的开头为 None"),
    ],
)
def test_settings_no_page_sends_are_refused(changes, english, chinese):
    with pytest.raises(Refusal, match=english) as refused:
        job(**changes)
    assert chinese in refused.value.text["zh"]


@pytest.mark.parametrize("run", ["a" * (LONGEST_WORD + 1), "🎈" * (LONGEST_WORD + 1), " " * (LONGEST_WORD + 1)])
def test_a_word_too_long_for_pieces_may_be_read_by_characters(run):
    documents = [STORY + run]
    with pytest.raises(
        Refusal, match="2,0.. letters, signs or blanks in a row without a gap; .* at most 2,000. Choose characters"
    ) as refused:
        job(documents, source="own")
    assert "单个字符" in refused.value.text["zh"]
    assert job(documents, source="own", tokens="characters").tokenizer == "characters"
    assert job(["从前" * LONGEST_WORD], source="own").tokenizer == "bpe", "each Chinese character is a word of its own"


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("", "There is no text. A text of 1,000 to about 2,000,000 characters is needed: paste", "没有文本"),
        (" \n\t", "There is no text", "没有文本"),
        ("\ud83d" * 2000, "There is no text", "没有文本"),
        ("word", "The text has 4 characters; at least 1,000 are needed to learn from. Add more", "文本有 4 个字符"),
        ("a" * 2_500_000, "The text has 2.5 MB; this page takes at most 2 MB. Give a part", "文本有 2.5 MB"),
    ],
)
def test_a_pasted_text_of_no_use_is_refused(text, english, chinese):
    with pytest.raises(Refusal, match=english) as refused:
        pasted_documents(text, Operator())
    assert chinese in refused.value.text["zh"]


@pytest.mark.parametrize(
    ("name", "data", "english", "chinese"),
    [
        (
            "a.txt",
            STORY.encode() + b"\xff\xfe",
            "not UTF-8 text: byte 1,480 cannot be read. Plain text in UTF-8 is allowed",
            "不是 UTF-8",
        ),
        ("a.txt", STORY.encode("utf-16"), "not UTF-8 text: byte 0 ", "不是 UTF-8"),
        ("a.txt", b"", "There is no text", "没有文本"),
        ("a.txt", b"a" * 3_000_000, "3.0 MB; this page takes at most 2 MB", "最多接受 2 MB"),
        ("a.pdf", STORY.encode(), "is called a.pdf; .txt, .md and .jsonl are allowed. Save it", "文件名为 a.pdf"),
        ("a.jsonl", b'"fine"\n\n{"words": "x"}\n', 'Line 3 of the file is no JSON with a text; {"text": "…"} or', "第 3 行"),
        ("a.jsonl", b"plain text\n", "Line 1 of the file", "第 1 行"),
        ("a.jsonl", b"[" * 100_000, "Line 1 of the file", "第 1 行"),
    ],
)
def test_a_file_of_no_use_is_refused(tmp_path, name, data, english, chinese):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Refusal, match=english) as refused:
        documents_in(tmp_path / name, Operator())
    assert chinese in refused.value.text["zh"]


def test_files_become_documents(tmp_path):
    for name in ("a.txt", "b.MD"):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + STORY.encode())
        assert documents_in(tmp_path / name, Operator()) == [STORY]
    lines = [json.dumps({"text": STORY}), f'"{STORY}"', "", '{"text": " "}', '"half \\ud83d"']
    (tmp_path / "c.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert documents_in(tmp_path / "c.jsonl", Operator()) == [STORY, STORY, "half "]
