"""Corpora: splits by document, tokens without loss, one chat format in two spellings."""

import numpy as np
import pytest

from aigc_toolkit import story_corpus, text_corpus
from aigc_toolkit.corpora.chat_format import Message, render_messages
from aigc_toolkit.corpora.tokenizer import train_tokenizer

TEXTS = ["A kite flew over the garden.", "小明在花园里找到了一只风筝。", "The end."]


@pytest.fixture(scope="module")
def corpus():
    return story_corpus(120, seed=3, vocabulary_size=600)


def test_the_same_arguments_give_the_same_corpus(corpus):
    again = story_corpus(120, seed=3, vocabulary_size=600)
    assert again.train == corpus.train and again.validation == corpus.validation
    assert again.tokenizer.get_vocab() == corpus.tokenizer.get_vocab()


def test_token_ids_hold_every_document_and_its_end(corpus):
    ids = corpus.token_ids("validation")
    assert ids.dtype == np.int32 and ids.ndim == 1
    assert (ids == corpus.tokenizer.eos_token_id).sum() == len(corpus.validation)
    end = "<|endoftext|>"
    assert corpus.tokenizer.decode(ids) == "".join(text + end for text in corpus.validation)


def test_a_document_knows_its_facts(corpus):
    document = corpus.document("train", 4)
    assert document.text == corpus.train[4]
    assert document.facts and corpus.document("train", 4, form="summary").form == "summary"


@pytest.mark.parametrize(
    "text", ["Plain text.", "小明和丽丽，你好！", "👩‍👩‍👧 emoji 🎈", "\x00\x7f", "a\n\n\tb  c", "12345", "مرحبا"]
)
def test_the_tokenizer_is_lossless(corpus, text):
    ids = corpus.tokenizer.encode(text, add_special_tokens=False)
    assert corpus.tokenizer.decode(ids) == text


def test_chinese_characters_and_digits_stand_alone(corpus):
    pieces = [corpus.tokenizer.decode([i]) for i in corpus.tokenizer.encode("他有2023个")]
    assert "20" not in pieces and "他有" not in pieces


def test_the_chat_template_equals_the_rule_in_python(corpus):
    messages = [Message("system", "Be kind."), Message("user", "Where is it?"), Message("assistant", "In the drawer.")]
    plain = [{"role": m.role, "content": m.content} for m in messages]
    assert corpus.tokenizer.apply_chat_template(plain, tokenize=False) == render_messages(messages)
    prompt = corpus.tokenizer.apply_chat_template(plain[:2], tokenize=False, add_generation_prompt=True)
    assert prompt == render_messages(messages[:2]) + "<|assistant|>"


def test_texts_are_split_by_document():
    corpus = text_corpus(TEXTS, validation_fraction=0.34, vocabulary_size=300)
    assert (corpus.train, corpus.validation) == (TEXTS[:2], TEXTS[2:])


def test_one_file_is_cut_once(tmp_path):
    file = tmp_path / "play.txt"
    file.write_text("To be or not to be. " * 20, encoding="utf-8")
    corpus = text_corpus(file, vocabulary_size=300)
    assert corpus.train[0] + corpus.validation[0] == file.read_text(encoding="utf-8")
    assert len(corpus.validation[0]) == 40 and corpus.name == "play.txt"


def test_a_folder_is_one_document_a_file(tmp_path):
    for number, text in enumerate(TEXTS):
        (tmp_path / f"{number}.txt").write_text(text, encoding="utf-8")
    assert [*text_corpus(tmp_path, vocabulary_size=300).train] == TEXTS[:2]


def bad_file(tmp_path):
    file = tmp_path / "latin.txt"
    file.write_bytes(b"caf\xe9")
    return file


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda _: story_corpus(0), ValueError, "num_documents=0 asks for no text"),
        (lambda _: story_corpus(1, languages=("fr",)), ValueError, "languages=.*allowed are 'en' and 'zh'"),
        (lambda _: story_corpus(1, forms={"poem": 1}), ValueError, "forms=.*'poem'.*shares of story, dialogue, summary, lesson"),
        (lambda _: story_corpus(1, forms={"story": 0}), ValueError, "forms=.*none below 0 and one above"),
        (lambda _: story_corpus(1, forms={}), ValueError, "forms=.*Give for instance"),
        (lambda _: text_corpus([" ", ""]), ValueError, "holds no text"),
        (
            lambda _: text_corpus(TEXTS, validation_fraction=1.0),
            ValueError,
            "validation_fraction=1.0 leaves a split empty",
        ),
        (lambda path: text_corpus(path / "nothing.txt"), FileNotFoundError, "is no text file and no folder"),
        (lambda path: text_corpus(bad_file(path)), ValueError, r"is not UTF-8 text \(byte 3\)"),
        (lambda _: train_tokenizer(TEXTS, vocabulary_size=100), ValueError, "vocabulary_size=100 is too small"),
    ],
)
def test_bad_input_says_what_to_do(call, error, message, tmp_path):
    with pytest.raises(error, match=message):
        call(tmp_path)


def test_unknown_splits_and_forms_are_named(corpus):
    with pytest.raises(ValueError, match="split='test' does not exist"):
        corpus.token_ids("test")
    with pytest.raises(ValueError, match="form='poem' is not a form"):
        corpus.document("train", 0, form="poem")
