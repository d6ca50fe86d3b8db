"""Sources: text files, JSONL, folders and datasets give the same documents, streamed, and say where they are bad."""

import json

import pytest

from aigc_toolkit.corpora import Preprocessing, text_corpus
from aigc_toolkit.corpora.sources import _CHARACTERS_AT_ONCE, read_documents
from aigc_toolkit.training.run_file import read_run_file

TEXTS = ["A kite flew over the garden.", "小明在花园里找到了一只风筝。", "The end. 🎈"]


def write_lines(path, rows):
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n\n", encoding="utf-8")
    return path


def test_a_line_of_json_is_a_document(tmp_path):
    objects = write_lines(tmp_path / "objects.jsonl", [{"story": text, "id": 1} for text in TEXTS])
    strings = write_lines(tmp_path / "strings.jsonl", TEXTS)
    assert list(read_documents(objects, field="story")) == list(read_documents(strings)) == TEXTS


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "z.txt").write_text(TEXTS[2], encoding="utf-8")
    (tmp_path / "b.txt").write_text(TEXTS[0], encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\xff\xff")
    write_lines(tmp_path / "c.jsonl", [{"text": TEXTS[1]}])
    assert list(read_documents(tmp_path)) == [TEXTS[0], TEXTS[1], TEXTS[2]]


def test_a_separator_stands_between_the_documents_of_a_file(tmp_path):
    file = tmp_path / "stories.txt"
    file.write_text("<|endoftext|>".join(TEXTS), encoding="utf-8")
    assert list(read_documents(file, separator="<|endoftext|>")) == TEXTS
    assert list(read_documents(file)) == ["<|endoftext|>".join(TEXTS)]


def test_a_separator_is_found_wherever_the_file_is_cut(tmp_path):
    file = tmp_path / "long.txt"
    first = "x" * (_CHARACTERS_AT_ONCE - 3)  # the first part of the file ends within the separator
    file.write_text(first + "<end>" + TEXTS[1], encoding="utf-8")
    assert list(read_documents(file, separator="<end>")) == [first, TEXTS[1]]


@pytest.mark.parametrize("as_stream", [False, True])
def test_a_dataset_is_read_row_by_row(as_stream, tmp_path):
    datasets = pytest.importorskip("datasets")
    dataset = datasets.Dataset.from_dict({"story": TEXTS, "id": [1, 2, 3]})
    source = dataset.to_iterable_dataset() if as_stream else dataset
    assert list(read_documents(source, field="story")) == TEXTS
    settings = dict(validation_fraction=0.34, vocabulary_size=300, preprocessing=Preprocessing(field="story"))
    in_files = text_corpus(source, folder=tmp_path, **settings)
    assert [*in_files.train, *in_files.validation] == TEXTS
    assert in_files.token_ids("train").tolist() == text_corpus(source, **settings).token_ids("train").tolist()


def test_rows_are_read_only_as_far_as_asked():
    def rows():
        yield {"text": "one"}
        raise AssertionError("read too far")

    assert next(read_documents(rows())) == "one"


def bad_utf8(tmp_path, start):
    file = tmp_path / "latin.txt"
    file.write_bytes(start + b"caf\xe9")
    return file


@pytest.mark.parametrize("start", ["", "é" * (_CHARACTERS_AT_ONCE // 2), "x" + "中" * _CHARACTERS_AT_ONCE])
@pytest.mark.parametrize("separator", [None, "<end>"])
def test_the_first_byte_that_is_no_utf8_is_named(tmp_path, start, separator):
    file = bad_utf8(tmp_path, start.encode())
    with pytest.raises(ValueError, match=rf"latin.txt' is not UTF-8 text \(byte {len(start.encode()) + 3}\).*convert the file"):
        list(read_documents(file, separator=separator))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (['{"text": "fine"}', '{"text": '], r"Line 2 of .*bad.jsonl' is no JSON.*name the file \*.txt"),
        (['{"story": "x", "id": 1}'], "Line 1 of .* is an object with the fields 'story', 'id': .*field='text' is one"),
        (['{"text": 3}'], "Line 1 of .* is an object with the fields 'text'"),
        (["[1, 2]"], "Line 1 of .* is a list: a text is needed"),
    ],
)
def test_a_bad_line_is_named(tmp_path, rows, message):
    file = tmp_path / "bad.jsonl"
    file.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        list(read_documents(file))


def test_a_bad_row_and_a_path_without_text_are_named(tmp_path):
    with pytest.raises(ValueError, match="Row 1 is a int: a text is needed"):
        list(read_documents(["fine", 7]))
    with pytest.raises(ValueError, match="Line 1 of .*latin.jsonl' is no JSON .*utf-8"):
        (tmp_path / "latin.jsonl").write_bytes(b'"caf\xe9"')
        list(read_documents(tmp_path / "latin.jsonl"))
    with pytest.raises(FileNotFoundError, match=r"'(To be ){33}To…' is no text file .* or a list of texts"):
        list(read_documents("To be " * 5_000))
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"is no text file and no folder with \*.txt or \*.jsonl files. Give the path"):
        list(read_documents(tmp_path / "empty"))


def test_a_dataset_that_streams_from_files_is_read_as_it_comes(tmp_path):
    datasets = pytest.importorskip("datasets")
    file = write_lines(tmp_path / "stories.jsonl", [{"text": text} for text in TEXTS])
    stream = datasets.load_dataset("json", data_files=str(file), split="train", streaming=True, cache_dir=str(tmp_path / "cache"))
    assert list(read_documents(stream)) == list(read_documents(file)) == TEXTS


def test_a_run_file_says_how_its_text_is_preprocessed(tmp_path):
    lines = write_lines(tmp_path / "stories.jsonl", [{"story": text} for text in [*TEXTS, f" {TEXTS[0]}\r\n"]])
    file = tmp_path / "run.toml"
    head = f"[corpus]\ntext = '{lines}'\nvocabulary_size = 300\n[model]\nnum_layers = 1\nnum_heads = 1\nwidth = 8\n"
    file.write_text(head + "[corpus.preprocessing]\nfield = 'story'\n", encoding="utf-8")
    corpus = read_run_file(file).make_corpus(None)
    assert [*corpus.train, *corpus.validation] == TEXTS and corpus.report.copies == 1
    file.write_text(head + "[corpus.preprocessing]\nfeild = 'story'\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"'feild' in \[corpus.preprocessing\] is unknown.*Did you mean 'field'"):
        read_run_file(file)
