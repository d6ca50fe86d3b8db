"""Searching for settings: it finds what is better, goes on where it stopped, stops what is worse, and says what mattered."""

from dataclasses import replace

import optuna
import pytest
import torch

from aigc_toolkit import GPT, Corpus, GPTConfig, TrainConfig, text_corpus
from aigc_toolkit.training import find_learning_rate, tune

CONFIG = TrainConfig(num_steps=12, batch_size=4, context=16, validate_every=4)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return text_corpus([f"The number {i} comes after {i - 1}. " * 4 for i in range(1, 60)], vocabulary_size=320)


def new_gpt(width: int = 16) -> GPT:
    return GPT(GPTConfig.modern(vocabulary_size=320, context=32, num_layers=1, num_heads=2, width=width), seed=3)


def test_the_better_learning_rate_is_found(corpus, tmp_path):
    found = tune(
        new_gpt,
        corpus,
        CONFIG,
        {"learning_rate": [1e-7, 0.03], "adam_learning_rate": [1e-7, 0.02]},
        num_trials=8,
        storage=tmp_path / "trials",
    )
    assert (found.best.learning_rate, found.best.adam_learning_rate) == (0.03, 0.02)
    assert found.best == replace(CONFIG, learning_rate=0.03, adam_learning_rate=0.02)
    table = found.table
    assert len(table) == 8 and table.loss[0] == found.loss == table.loss.min()
    assert {"trial", "state", "loss", "steps", "learning_rate", "adam_learning_rate"} == set(table.columns)
    bars = dict(zip(found.importance().data[0].y, found.importance().data[0].x, strict=True))
    assert set(bars) == {"learning_rate", "adam_learning_rate"} and sum(bars.values()) == pytest.approx(1)


def test_a_search_goes_on_where_it_stopped(corpus, tmp_path):
    space = {"learning_rate": (1e-3, 1e-1, "log"), "width": [16, 32]}
    first = tune(new_gpt, corpus, CONFIG, space, num_trials=2, storage=tmp_path / "trials")
    second = tune(new_gpt, corpus, CONFIG, space, num_trials=3, storage=tmp_path / "trials")
    assert len(second.table) == 5
    assert first.study.trials[0].params == second.study.trials[0].params
    assert len({trial.params["learning_rate"] for trial in second.study.trials}) == 5
    assert second.settings["width"] in (16, 32)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config": replace(CONFIG, num_steps=8)}, "config.num_steps=8 was given for name='tuning'.*config.num_steps=12;"),
        ({"space": {"learning_rate": [0.01, 0.02]}}, "A search with space=.*Give these values, or another name or storage"),
        ({"make_model": lambda: new_gpt(width=32)}, "model.width=32 was given.*began in this storage with .*model.width=16"),
        ({"corpus": text_corpus(["Other words. " * 300], vocabulary_size=320)}, "corpus.train=.*corpus.validation="),
    ],
)
def test_trials_of_two_searches_do_not_mix(corpus, tmp_path, changes, message):
    search = {"make_model": new_gpt, "corpus": corpus, "config": CONFIG, "space": {"learning_rate": [0.01, 0.03]}}
    storage = tmp_path / "trials"
    tune(**search, num_trials=1, storage=storage)
    with pytest.raises(ValueError, match=message):
        tune(**search | changes, num_trials=1, storage=storage)
    assert len(tune(**search | changes, num_trials=1, storage=storage, name="other").table) == 1
    assert len(tune(**search | {"config": replace(CONFIG, seed=1)}, num_trials=1, storage=storage).table) == 2


def test_a_search_that_does_not_say_what_it_is_goes_on(corpus, tmp_path):
    storage = optuna.storages.InMemoryStorage()
    optuna.create_study(study_name="tuning", storage=storage)
    found = tune(new_gpt, corpus, CONFIG, {"learning_rate": [0.01]}, num_trials=1, storage=storage)
    assert found.study.user_attrs["search"]["config.num_steps"] == 12


def test_what_is_worse_is_stopped_early(corpus, tmp_path):
    space = {"learning_rate": [0.03, 0.029, 0.028, 0.027, 1e-7], "adam_learning_rate": [0.02, 1e-8]}
    found = tune(new_gpt, corpus, CONFIG, space, num_trials=14, storage=tmp_path / "trials")
    pruned = found.table[found.table.state == "pruned"]
    assert len(pruned) and (pruned.steps < CONFIG.num_steps).all()
    assert (pruned.adam_learning_rate == 1e-8).any()


@pytest.mark.parametrize(
    ("space", "changes", "message"),
    [
        ({}, {}, "space is empty"),
        ({"learning_rate": (1, 0)}, {}, r"space\['learning_rate'\] is \(1, 0\)"),
        ({"learning_rate": (0, 1, "exp")}, {}, "'log'"),
        ({"learning_rate": []}, {}, "a list of choices"),
        ({"learning_rate": [1]}, {"validate_every": 0}, "validate_every=0"),
        ({"learning_rate": [1]}, {"folder": "x"}, "folder='x'"),
        ({"learning_rate": [1]}, {"metrics_path": "x"}, "metrics_path='x' in the config of a search"),
    ],
)
def test_what_cannot_be_searched_is_refused(corpus, tmp_path, space, changes, message):
    config = replace(CONFIG, **changes)
    with pytest.raises(ValueError, match=message):
        tune(new_gpt, corpus, config, space, storage=tmp_path / "trials")


def test_a_range_test_leaves_the_model_as_it_was(corpus):
    gpt = new_gpt()
    before = [parameter.clone() for parameter in gpt.parameters()]
    found = find_learning_rate(gpt, corpus, CONFIG, highest=0.2, num_steps=30)
    assert all(torch.equal(a, b) for a, b in zip(before, gpt.parameters(), strict=True))
    assert 0 < found.suggestion < 0.2
    assert list(found.learning_rates) == sorted(found.learning_rates)
    assert len(found.learning_rates) == len(found.losses)


@pytest.mark.parametrize("settings", [{"highest": 0}, {"num_steps": 9}])
def test_a_range_that_is_none_is_refused(corpus, settings):
    with pytest.raises(ValueError, match="a positive rate and 10 or more steps"):
        find_learning_rate(new_gpt(), corpus, CONFIG, **settings)
