"""A corpus in files: the same ids as in memory, found again until something that matters changes, whole or not there."""

import json
import os

import numpy as np
import pytest

from aigc_toolkit.corpora import Preprocessing, character_tokenizer, corpus_folder, text_corpus
from aigc_toolkit.corpora.document_file import DocumentFile, write_documents
from aigc_toolkit.gpt import GPT, GPTConfig
from aigc_toolkit.training import TrainConfig, train
from aigc_toolkit.training.batches import document_starts, make_batch

TEXTS = [f"Story {number}: a kite flew over garden {number * 7}. 小明找到了它。🎈" for number in range(12)]
SETTINGS = dict(validation_fraction=0.25, vocabulary_size=300)


def keys(folder):
    return sorted(path.name for path in folder.iterdir())


def mapped(ids: np.ndarray) -> bool:
    while ids is not None:
        if isinstance(ids, np.memmap):
            return True
        ids = ids.base
    return False


@pytest.mark.parametrize("tokenizer", ["bpe", "characters"])
@pytest.mark.parametrize("texts", [TEXTS, TEXTS[:1]])
@pytest.mark.parametrize("seed", [None, 3])
def test_it_is_the_corpus_in_memory(tmp_path, tokenizer, texts, seed):
    settings = dict(SETTINGS, tokenizer=tokenizer, split_seed=seed)
    in_memory, in_files = text_corpus(texts, **settings), text_corpus(texts, folder=tmp_path, **settings)
    assert list(in_files.train) == in_memory.train and list(in_files.validation) == in_memory.validation
    assert in_files.tokenizer.get_vocab() == in_memory.tokenizer.get_vocab() and in_files.report == in_memory.report
    for split in ("train", "validation"):
        ids = in_files.token_ids(split)
        assert np.array_equal(ids, in_memory.token_ids(split)) and mapped(ids) and ids.dtype == np.uint16


def test_training_batches_are_read_from_the_file(tmp_path):
    ids = text_corpus(TEXTS, folder=tmp_path, **SETTINGS).token_ids("train")
    of_file, of_memory = (make_batch(x, batch_size=4, context=8, seed=0, step=1) for x in (ids, np.array(ids, dtype=np.int32)))
    assert of_file.equal(of_memory)


def test_training_from_files_is_training_from_memory(tmp_path):
    def losses(corpus):
        gpt = GPT(GPTConfig.modern(vocabulary_size=300, context=16, num_layers=1, num_heads=2, width=16))
        config = TrainConfig(num_steps=3, batch_size=2, context=16, start_at_documents=True, validate_every=1, device="cpu")
        return [(step.loss, step.validation_loss) for step in train(gpt, corpus, config)]

    assert losses(text_corpus(TEXTS, folder=tmp_path, **SETTINGS)) == losses(text_corpus(TEXTS, **SETTINGS))


def test_large_vocabularies_take_four_bytes(tmp_path):
    alphabet = "".join(map(chr, [*range(0x4E00, 0x9FFF), *range(0x20000, 0x2B000)]))
    corpus = text_corpus([alphabet, alphabet[:9]], folder=tmp_path, tokenizer="characters", vocabulary_size=70_000)
    assert corpus.token_ids("train").dtype == np.uint32
    assert corpus.tokenizer.decode(corpus.token_ids("train")[:-1]) == alphabet


def test_the_second_call_finds_the_first_and_prepares_nothing(tmp_path, monkeypatch):
    first = text_corpus(TEXTS, folder=tmp_path, preprocessing=Preprocessing(min_characters=45), **SETTINGS)
    monkeypatch.setattr(corpus_folder, "_write", lambda *_: pytest.fail("prepared again"))
    again = text_corpus(TEXTS, folder=tmp_path, preprocessing=Preprocessing(min_characters=45), **SETTINGS)
    assert list(again.train) == list(first.train) and again.report == first.report and again.report.too_short > 0
    assert np.array_equal(again.token_ids("train"), first.token_ids("train"))
    assert again.tokenizer.chat_template == first.tokenizer.chat_template and len(keys(tmp_path)) == 1


def own_tokenizer(letters):
    return character_tokenizer(["".join(TEXTS), letters], vocabulary_size=200)


@pytest.mark.parametrize(
    "change",
    [
        dict(validation_fraction=0.3),
        dict(split_seed=1),
        dict(vocabulary_size=301),
        dict(tokenizer="characters"),
        dict(tokenizer=own_tokenizer("é")),
        dict(tokenizer=own_tokenizer("è")),
        dict(preprocessing=Preprocessing()),
        dict(preprocessing=Preprocessing(near_copies=0.9)),
        dict(preprocessing=Preprocessing(version="2")),
        dict(path_or_texts=[*TEXTS[:-1], TEXTS[-1] + " "]),
        dict(path_or_texts=["".join(TEXTS[:2]), *TEXTS[2:]]),
    ],
)
def test_the_key_changes_with_whatever_matters(tmp_path, change):
    arguments = dict(SETTINGS, path_or_texts=TEXTS, tokenizer="bpe")
    text_corpus(**arguments, folder=tmp_path)
    text_corpus(**{**arguments, **change}, folder=tmp_path)
    assert len(keys(tmp_path)) == 2


def test_the_key_changes_with_the_bytes_of_a_file_and_not_with_its_age(tmp_path):
    file, folder = tmp_path / "play.txt", tmp_path / "cache"
    file.write_text("To be or not to be. " * 20, encoding="utf-8")
    text_corpus(file, folder=folder, **SETTINGS)
    os.utime(file, (1, 1))
    text_corpus(str(file), folder=str(folder), **SETTINGS)
    assert len(keys(folder)) == 1
    file.write_text("To be or not to bee " * 20, encoding="utf-8")
    os.utime(file, (1, 1))  # the same size and age, other bytes
    assert text_corpus(file, folder=folder, **SETTINGS).train[0].endswith("not to bee ")
    assert len(keys(folder)) == 2


def test_the_key_changes_with_the_libraries_and_the_code(tmp_path, monkeypatch):
    text_corpus(TEXTS, folder=tmp_path, **SETTINGS)
    monkeypatch.setattr(corpus_folder, "version", lambda name: "0")
    text_corpus(TEXTS, folder=tmp_path, **SETTINGS)
    elsewhere = tmp_path / "code"
    elsewhere.mkdir()
    monkeypatch.setattr(corpus_folder, "__file__", str(elsewhere / "corpus_folder.py"))
    text_corpus(TEXTS, folder=tmp_path, **SETTINGS)
    assert len(keys(tmp_path)) == 4  # with the folder of the code


def test_a_version_stands_for_a_source_that_is_read_once(tmp_path):
    settings = dict(SETTINGS, folder=tmp_path, preprocessing=Preprocessing(version="stories 1"))
    first = text_corpus(iter(TEXTS), **settings)
    again = text_corpus((pytest.fail("read again") for _ in [0]), **settings)
    assert list(again.train) == list(first.train) == TEXTS[:9]
    with pytest.raises(ValueError, match=r"a list_iterator, which can be read once: .*Preprocessing\(version=...\)"):
        text_corpus(iter(TEXTS), folder=tmp_path, **SETTINGS)


def test_one_document_is_in_memory_at_a_time(tmp_path):
    class Text(str):
        alive = 0

        def __init__(self, *_):
            Text.alive += 1

        def __del__(self):
            Text.alive -= 1

    def stream():
        for number in range(500):
            assert Text.alive <= 3
            yield Text(f"Document {number}.")

    write_documents(stream(), tmp_path)
    assert len(DocumentFile(tmp_path)) == 500 and DocumentFile(tmp_path)[-1] == "Document 499."


@pytest.mark.parametrize("file", ["train.ids", "documents.utf8", "corpus.json"])
def test_a_torn_corpus_is_made_anew(tmp_path, file):
    ids = np.array(text_corpus(TEXTS, folder=tmp_path, **SETTINGS).token_ids("train"))
    torn = tmp_path / keys(tmp_path)[0] / file
    torn.unlink() if file == "corpus.json" else os.truncate(torn, 10)
    assert np.array_equal(text_corpus(TEXTS, folder=tmp_path, **SETTINGS).token_ids("train"), ids)
    assert len(keys(tmp_path)) == 1


def test_a_failure_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(corpus_folder, "_write_ids", full_disk)
    with pytest.raises(OSError, match="No space left"):
        text_corpus(TEXTS, folder=tmp_path, **SETTINGS)
    assert keys(tmp_path) == []
    with pytest.raises(ValueError, match="holds no text"):
        text_corpus([" "], folder=tmp_path, **SETTINGS)
    assert keys(tmp_path) == []


def test_two_processes_may_prepare_the_same_corpus(tmp_path, monkeypatch):
    write = corpus_folder._write

    def be_second(documents, recipe, draft):
        write(documents, recipe, draft)
        monkeypatch.setattr(corpus_folder, "_write", write)
        text_corpus(TEXTS, folder=tmp_path, **SETTINGS)

    monkeypatch.setattr(corpus_folder, "_write", be_second)
    corpus = text_corpus(TEXTS, folder=tmp_path, **SETTINGS)
    assert list(corpus.train) == TEXTS[:9] and len(keys(tmp_path)) == 1


def test_a_name_that_is_taken_by_something_else_is_an_error(tmp_path, monkeypatch):
    text_corpus(TEXTS, folder=tmp_path, **SETTINGS)
    key = keys(tmp_path)[0]
    monkeypatch.setattr(corpus_folder, "corpus_key", lambda *_: "taken")
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(OSError, match="taken"):
        text_corpus(TEXTS, folder=tmp_path, **SETTINGS)
    assert keys(tmp_path) == sorted([key, "taken"])


def test_the_facts_say_what_was_dropped(tmp_path):
    text_corpus([*TEXTS, TEXTS[0]], folder=tmp_path, preprocessing=Preprocessing(near_copies=0), **SETTINGS)
    facts = json.loads((tmp_path / keys(tmp_path)[0] / "corpus.json").read_text(encoding="utf-8"))
    assert facts["report"]["copies"] == 1 and facts["report"]["kept"] == 12


def test_document_starts_are_found_in_every_piece_of_the_ids(monkeypatch):
    ids = np.array([5, 0, 7, 0, 0, 8, 9, 0, 3, 3, 3])
    whole = document_starts(ids, 0, context=2)
    for size in (1, 2, 3, 4):
        monkeypatch.setattr("aigc_toolkit.training.batches._TOKENS_AT_ONCE", size)
        assert document_starts(ids, 0, context=2).tolist() == whole.tolist() == [0, 2, 4, 5, 8]
