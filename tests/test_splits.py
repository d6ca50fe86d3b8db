"""Splits: every document in exactly one of them, and whatever they share is found and said."""

import pytest

from aigc_toolkit.corpora import check_splits, split_documents, story_corpus, text_corpus
from aigc_toolkit.corpora.splits import Splits

DOCUMENTS = [f"Document {number} tells of the kite, of house {number * 7} and of garden {number * number}." for number in range(50)]


@pytest.mark.parametrize("seed", [None, 0, 1])
@pytest.mark.parametrize(("fraction", "num_validation"), [(0.1, 5), (0.5, 25), (0.001, 1), (0.999, 49)])
def test_every_document_is_in_one_split(seed, fraction, num_validation):
    splits = split_documents(DOCUMENTS, fraction, seed=seed)
    assert len(splits.validation) == num_validation
    assert sorted([*splits.train, *splits.validation]) == sorted(DOCUMENTS)


def test_without_a_seed_the_last_are_held_out():
    assert list(split_documents(DOCUMENTS, 0.1).validation) == DOCUMENTS[45:]


def test_a_seed_draws_others_and_the_same_again():
    one, again, other = (list(split_documents(DOCUMENTS, 0.2, seed=seed).validation) for seed in (1, 1, 2))
    assert one == again != other and one != DOCUMENTS[40:]
    assert [DOCUMENTS.index(text) for text in one] == sorted(DOCUMENTS.index(text) for text in one)
    assert text_corpus(DOCUMENTS, validation_fraction=0.2, split_seed=1, vocabulary_size=300).validation == one


def test_a_single_document_is_cut_by_characters():
    splits = split_documents(["0123456789"], 0.2)
    assert (splits.train, splits.validation) == (["01234567"], ["89"])


def test_chosen_documents_are_a_sequence():
    train = split_documents(DOCUMENTS, 0.1).train
    assert train[0] == DOCUMENTS[0] and train[-1] == DOCUMENTS[44] and list(train[2:4]) == DOCUMENTS[2:4]
    with pytest.raises(IndexError):
        train[45]


def test_clean_splits_are_said_to_be_clean():
    check = check_splits(split_documents(DOCUMENTS, 0.1))
    assert (check.num_train, check.num_validation, check.leaked_copies, check.leaked_near_copies) == (45, 5, 0, 0)
    assert check.copies_within_train == check.copies_within_validation == check.shared_windows == 0


def test_what_leaked_is_counted():
    long = "The old lantern stood on the stone bridge over the river and nobody knew who had lit it that evening in the rain."
    train = [*DOCUMENTS[:20], DOCUMENTS[0].upper(), long]
    validation = [*DOCUMENTS[20:24], DOCUMENTS[3], f" {DOCUMENTS[4]} ", DOCUMENTS[4], f"{long} Yes."]
    check = check_splits(Splits(train, validation))
    assert (check.copies_within_train, check.copies_within_validation) == (1, 1)
    assert (check.leaked_copies, check.leaked_near_copies) == (3, 1)
    assert "3 are copies of training documents and 1 near copies (similarity 0.8)" in str(check)


def test_near_copies_are_counted_as_alike_as_asked():
    text = " ".join(f"word{number}" for number in range(100))
    changed = text.replace("word50", "other")
    splits = Splits([text], [changed])  # 91 windows in common of 101: similarity 0.90
    assert check_splits(splits, similarity=0.75).leaked_near_copies == 1
    assert check_splits(splits, similarity=1).leaked_near_copies == 0


def test_shared_runs_of_words_are_a_share_of_validation():
    words = [f"word{number}" for number in range(26)]
    splits = Splits([" ".join(words[:13]), "other words"], [" ".join(words)])  # 14 runs of 13 words, the first of them in training
    assert check_splits(splits).shared_windows == pytest.approx(1 / 14)
    assert check_splits(Splits(["a b"], ["?!"])).shared_windows == 0


def test_no_story_of_validation_is_in_training():
    check = check_splits(story_corpus(100, seed=1, vocabulary_size=400))
    assert check.leaked_copies == 0


def test_bad_input_says_what_to_do():
    with pytest.raises(ValueError, match="validation_fraction=0 leaves a split empty"):
        split_documents(DOCUMENTS, 0)
    with pytest.raises(ValueError, match="holds no text: a corpus needs at least one document"):
        split_documents([])
    with pytest.raises(ValueError, match="similarity=2 compares nothing"):
        check_splits(Splits(["a"], ["b"]), similarity=2)
