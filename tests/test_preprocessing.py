"""Preprocessing: text in one spelling, copies and near copies found and counted, nothing else lost."""

import random
import unicodedata

import numpy as np
import pytest

from aigc_toolkit.corpora import Preprocessing, preprocess
from aigc_toolkit.corpora.cleaning import clean_text
from aigc_toolkit.corpora.duplicates import NearCopies, fingerprint, window_hashes

WORDS = ["kite", "garden", "river", "lantern", "stone", "bridge", "apple", "window", "mountain", "letter", "basket"]
MESSY = [
    "Cafe\u0301 \r\n\r\n\r\n\r\nopen\x00",
    "\ufeffbyte-order mark",
    "one\u2028two\rthree\u0085four",
    "half \ud83d of a pair",
    "  a\t\n \n \n \nb\u3000\n",
    "小明\u3000和丽丽\u3000",
    "👩‍👩‍👧 🎈",
    "\x1b[31mred\x7f",
]


def story(seed: int, num_words: int = 200) -> str:
    chooser = random.Random(seed)
    return " ".join(chooser.choice(WORDS) + str(chooser.randrange(50)) for _ in range(num_words))


def with_changes(text: str, *places: int) -> str:
    words = text.split()
    for place in places:
        words[place] = "changed"
    return " ".join(words)


def test_cleaning_gives_one_spelling():
    assert clean_text(MESSY[0]) == "Café\n\nopen"
    assert clean_text(MESSY[2]) == "one\ntwo\nthree\nfour"
    assert clean_text(MESSY[3]) == "half  of a pair"
    assert clean_text(MESSY[4]) == "a\n\nb"


@pytest.mark.parametrize("text", MESSY)
def test_cleaning_twice_changes_nothing_more(text):
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned == unicodedata.normalize("NFC", cleaned)
    assert cleaned.encode("utf-8") and "\r" not in cleaned


@pytest.mark.parametrize(
    "text", ["Plain text.", "小明和丽丽，你好！", "👩‍👩‍👧 emoji 🎈", "a\n\n\tb  c", "مرحبا", "    def f():\n        x".strip()]
)
def test_cleaning_leaves_clean_text_alone(text):
    assert clean_text(text) == text


def test_fingerprints_ignore_case_and_white_space_only():
    assert fingerprint("The  end.\n") == fingerprint("the end.")
    assert fingerprint("The end.") != fingerprint("The end!")


def test_windows_are_runs_of_words_and_a_chinese_character_is_a_word():
    assert len(window_hashes("one two three four five six", 5)) == 2
    assert len(window_hashes("小明在花园里", 5)) == 2
    assert len(window_hashes("two words", 5)) == 1 and len(window_hashes("?!", 5)) == 0
    assert np.array_equal(window_hashes("One, two; three.", 2), window_hashes("one two THREE", 2))
    assert len(np.unique(window_hashes("a b a b b a", 2))) == 3  # ab, ba, bb: the order of words counts


def jaccard(a: str, b: str) -> float:
    one, other = set(window_hashes(a, 5).tolist()), set(window_hashes(b, 5).tolist())
    return len(one & other) / len(one | other)


@pytest.mark.parametrize(("places", "is_copy"), [((0,), True), ((3, 120), True), (range(5, 200, 20), False)])
def test_near_copies_are_those_whose_windows_are_alike(places, is_copy):
    found = total = 0
    for seed in range(20):
        copies, original = NearCopies(0.8), story(seed)
        copies.add(original)
        changed = with_changes(original, *places)
        assert (jaccard(original, changed) > 0.9) if is_copy else (jaccard(original, changed) < 0.7)
        found += bool(copies.find(changed))
        total += 1
    assert found == (total if is_copy else 0)


def test_strangers_are_no_copies_of_each_other():
    copies = NearCopies(0.5)
    assert all(copies.add_if_new(story(seed)) for seed in range(100))
    assert copies.find(story(41)) == [41] and copies.find("?!") == []


def test_the_estimate_is_near_the_true_similarity():
    original = story(1, 400)
    changed = with_changes(original, *range(10, 400, 100))
    true = jaccard(original, changed)
    below, above = NearCopies(true - 0.15), NearCopies(true + 0.05)
    for copies in (below, above):
        copies.add(original)
    assert below.find(changed) == [0] and 0.85 < true < 0.95 and above.find(changed) == []


def test_long_texts_are_compared_in_parts():
    long = story(7, 10_000)
    copies = NearCopies(0.8)
    copies.add(long)
    assert copies.find(with_changes(long, 9_000)) == [0] and copies.find(story(8, 10_000)) == []


def test_every_document_is_counted_once():
    long = story(3)
    source = ["The end.", " the END.\r\n", "\x00 ", "abc", long, with_changes(long, 0), story(4)]
    documents = preprocess(source, Preprocessing(min_characters=4))
    assert list(documents) == ["The end.", long, story(4)]
    report = documents.report
    assert (report.documents_read, report.kept, report.too_short, report.copies, report.near_copies) == (7, 3, 2, 1, 1)
    assert report.characters_kept == sum(map(len, documents)) and report.characters_read == sum(map(len, source))
    assert str(report) == "7 documents read, 3 kept; dropped: 2 too short, 1 copies, 1 near copies"


def test_reading_again_starts_anew():
    documents = preprocess(["One.", "one."])
    assert list(documents) == list(documents) == ["One."] and documents.report.documents_read == 2


def test_documents_come_one_by_one():
    def endless():
        number = 0
        while True:
            yield f"This is document number {number}, unlike the others."
            number += 1

    stream = iter(preprocess(endless(), Preprocessing(near_copies=0)))
    assert [next(stream) for _ in range(2)] == [f"This is document number {n}, unlike the others." for n in (0, 1)]


def test_what_is_switched_off_is_left_alone():
    texts = ["a \r\n", "a \r\n", "A"]
    assert list(preprocess(texts, Preprocessing(clean=False, drop_copies=False, near_copies=0))) == texts
    assert list(preprocess(texts, Preprocessing(near_copies=0))) == ["a"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(min_characters=0), "min_characters=0: 1 or more is allowed"),
        (dict(near_copies=1.5), "near_copies=1.5: a similarity from 0 to 1"),
        (dict(drop_copies=False), "near_copies=0.8 with drop_copies=False.*Set near_copies=0"),
        (dict(separator=""), "separator='' separates nothing"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Preprocessing(**settings)


def test_bad_input_says_what_to_do():
    with pytest.raises(ValueError, match="similarity=0 compares nothing"):
        NearCopies(0)
    with pytest.raises(ValueError, match=r"Document 1 has half of a surrogate pair \(U\+D83D\) at position 5: whole Unicode"):
        list(preprocess(["fine", MESSY[3]], Preprocessing(clean=False)))
