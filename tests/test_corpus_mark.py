"""A run goes on with the corpus it began with: other texts, other splits and a retrained tokenizer are refused by name."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_runs import CONFIG, Letters, losses, new_gpt

from aigc_toolkit import TrainConfig, train
from aigc_toolkit.corpora import text_corpus
from aigc_toolkit.training import checkpoints, corpus_mark
from aigc_toolkit.training.checkpoints import latest_checkpoint
from aigc_toolkit.training.corpus_mark import mark


class Changed(Letters):
    """`Letters` with one token changed in, or one more at the end of, a split."""

    def __init__(self, split: str, *, is_longer: bool = False):
        self.split, self.is_longer = split, is_longer

    def token_ids(self, split: str) -> np.ndarray:
        ids = super().token_ids(split)
        if split != self.split:
            return ids
        if self.is_longer:
            return np.append(ids, ids[:1])
        ids[-1] = (ids[-1] + 1) % 11
        return ids


def run_in(folder: Path, **changes) -> TrainConfig:
    return replace(CONFIG, folder=str(folder), checkpoint_every=2, **changes)


def begun(folder: Path, **changes) -> None:
    """Two steps of a run, kept in a checkpoint."""
    steps = train(new_gpt(), Letters(), run_in(folder, **changes))
    next(steps), next(steps)
    steps.close()


def test_one_changed_token_is_refused_at_the_call(tmp_path):
    begun(tmp_path)
    own, began = (mark(corpus.token_ids("train"))["sha256"][:8] for corpus in (Changed("train"), Letters()))
    message = rf"60 tokens \(sha256 {own}…\) for train was given.*began with 60 tokens \(sha256 {began}…\);.*choose another folder"
    with pytest.raises(ValueError, match=message):
        train(new_gpt(), Changed("train"), run_in(tmp_path), resume=True)
    assert len(losses(train(new_gpt(), Letters(), run_in(tmp_path), resume=True))) == 4


def test_one_more_token_is_refused(tmp_path):
    begun(tmp_path)
    with pytest.raises(ValueError, match=r"A corpus with 61 tokens .* began with 60 tokens .*Give the same texts and tokenizer"):
        train(new_gpt(), Changed("train", is_longer=True), run_in(tmp_path), resume=True)


def test_the_validation_split_counts_where_it_is_read(tmp_path):
    begun(tmp_path / "never")
    assert len(losses(train(new_gpt(), Changed("validation"), run_in(tmp_path / "never"), resume=True))) == 4
    begun(tmp_path / "reads", validate_every=2)
    with pytest.raises(ValueError, match="for validation was given"):
        train(new_gpt(), Changed("validation"), run_in(tmp_path / "reads", validate_every=2), resume=True)


def test_a_run_without_marks_or_without_one_of_a_split_goes_on(tmp_path):
    begun(tmp_path)
    facts = tmp_path / "step-00000002" / "facts.json"
    content = json.loads(facts.read_text())
    assert list(content["facts"].pop("corpus")) == ["train"]
    facts.write_text(json.dumps(content))
    (facts.parent / "manifest.json").unlink()
    checkpoints._seal(facts.parent)
    assert len(losses(train(new_gpt(), Changed("train"), run_in(tmp_path, validate_every=3), resume=True))) == 4
    assert list(latest_checkpoint(tmp_path).facts["corpus"]) == ["train", "validation"]


def test_one_corpus_has_one_mark_in_memory_and_in_a_folder(tmp_path):
    texts = [f"The number {i} comes after {i - 1}. " * 4 for i in range(1, 60)]
    held, stored = (text_corpus(texts, vocabulary_size=320, folder=folder) for folder in (None, tmp_path / "corpus"))
    ids = held.token_ids("train"), stored.token_ids("train")
    assert ids[0].dtype != ids[1].dtype
    assert mark(ids[0]) == mark(ids[1]) == mark(ids[0].astype(np.uint32))
    assert mark(ids[0])["num_tokens"] == len(ids[0])


def test_of_a_large_split_its_windows_count(monkeypatch):
    monkeypatch.setattr(corpus_mark, "NUM_WINDOWS", 3)
    monkeypatch.setattr(corpus_mark, "WINDOW", 4)
    for size in (12, 13, 40):
        ids = np.arange(size)
        changed = [mark(np.where(ids == place, 0, ids)) != mark(ids) for place in range(1, size)]
        assert changed[:3] == [True] * 3 and changed[-4:] == [True] * 4  # the first and the last window
        assert sum(changed) == 11  # three windows of four, and the first token is 0 anyway
