"""Models on the page: each visitor's choice, loaded once, given up when memory is needed, a visitor's own for that one alone."""

import threading

import pytest
from huggingface_hub.errors import HFValidationError, HTTPError
from transformers import BertConfig, BertForMaskedLM

from aigc_toolkit import LanguageModel, load_model, save_model
from aigc_toolkit.demo import models as module
from aigc_toolkit.demo.model_names import ModelNames, bytes_of
from aigc_toolkit.demo.models import ModelGone, Models
from aigc_toolkit.demo.operator_settings import Operator


@pytest.fixture(scope="module")
def folder(lm, tmp_path_factory):
    """A folder with the models a, b and c, and a file."""
    root = tmp_path_factory.mktemp("models") / "kept"
    for name in "abc":
        save_model(lm, root / name)
    (root / "notes.txt").write_text("no model")
    return root


@pytest.fixture
def models(lm, folder):
    models = Models(lm, Operator(model_folders=(folder,)))
    yield models
    models.close()


def used(models, session, name=None):
    with models.use(session, name) as model:
        return model


def test_names_come_from_the_operators_folders_and_lists(folder):
    names = ModelNames(Operator(model_folders=(folder, folder / "a"), models=("Qwen/*", "openai-community/gpt2")))
    assert names.offered() == ["story", "kept/a", "kept/b", "kept/c", "a", "openai-community/gpt2"]
    assert names.source("kept/a") == folder / "a" and names.source("Qwen/Qwen3-0.6B") == "Qwen/Qwen3-0.6B"
    assert names.may_type and not ModelNames(Operator(models=("openai-community/gpt2",))).may_type
    assert ModelNames(Operator(models=("any",))).source("someone/something") == "someone/something"


@pytest.mark.parametrize(
    "name", ["kept/../../etc", "/etc", "~", ".", "tests", "kept/d", "Qwen/../x", "http://host/v1", "", "other/model"]
)
def test_what_is_not_allowed_is_no_source(folder, name):
    with pytest.raises(ValueError, match=r"is not allowed on this page; allowed are story, kept/a.* Choose one of these"):
        ModelNames(Operator(model_folders=(folder,), models=("Qwen/*",))).source(name)


@pytest.mark.parametrize("name", ["tests", "aigc_toolkit/builtin", "/etc", "~/x", "a/../b", "http://host/v1"])
def test_any_model_is_never_a_path_or_an_address(name):
    with pytest.raises(ValueError, match="is not allowed on this page"):
        ModelNames(Operator(models=("any",))).source(name)


def test_each_session_has_its_choice(models, lm):
    models.choose("a", "kept/a")
    assert models.chosen("a") == "kept/a" and models.chosen("b") == lm.name
    assert used(models, "a").lm.name == "kept/a" and used(models, "b").lm is lm
    models.choose("a", lm.name)
    assert used(models, "a").lm is lm


def test_a_model_is_loaded_once_for_all(models, monkeypatch):
    loaded = []
    monkeypatch.setattr(module, "load_model", lambda source: (loaded.append(source), load_model(source))[1])
    threads = [threading.Thread(target=models.choose, args=(f"session {number}", "kept/a")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loaded) == 1 and len({id(used(models, f"session {number}")) for number in range(4)}) == 1


def test_what_was_used_longest_ago_makes_room(models):
    a = used(models, "x", "kept/a")
    models.budget_bytes = 2 * a.num_bytes
    used(models, "x", "kept/b")
    assert used(models, "x", "kept/a") is a
    used(models, "x", "kept/c")
    assert used(models, "x", "kept/a") is a
    assert [name for _, name in models._loaded] == ["kept/c", "kept/a"]


def test_a_model_in_use_stays(models):
    with models.use("x", "kept/a") as a:
        models.budget_bytes = a.num_bytes
        with pytest.raises(ValueError, match=r"'kept/b' has .* GB are allowed on this page, and models in use take them\. Choose"):
            models.choose("y", "kept/b")
        assert models.chosen("y") != "kept/b"
    models.choose("y", "kept/b")


def test_a_model_too_large_is_refused_before_it_is_loaded(models, folder, monkeypatch):
    models.budget_bytes = bytes_of(folder / "a") - 1
    monkeypatch.setattr(module, "load_model", lambda source: pytest.fail("it was loaded"))
    with pytest.raises(ValueError, match=r"GB are allowed on this page\. Choose a smaller one"):
        models.choose("x", "kept/a")


def test_a_visitors_own_model_is_reached_by_no_other(models, lm):
    mine = LanguageModel(lm.model, lm.tokenizer, "tales")
    name = models.add_own("a", mine)
    assert name == "★ tales" == models.chosen("a") and used(models, "a").lm is mine
    assert name in models.offered("a") and name not in models.offered("b")
    with pytest.raises(ModelGone):
        models.choose("b", name)
    models.drop_session("a")
    assert models.chosen("a") == lm.name
    with pytest.raises(ModelGone, match=r"'★ tales' is no longer kept; .* train it again"):
        used(models, "a", name)


def test_own_models_make_room_for_new_ones(models, lm):
    first = models.add_own("a", LanguageModel(lm.model, lm.tokenizer, "one"))
    models.budget_bytes = used(models, "a").num_bytes
    models.add_own("b", LanguageModel(lm.model, lm.tokenizer, "two"))
    with pytest.raises(ModelGone):
        used(models, "a", first)
    assert models.chosen("a") == first  # nothing is chosen in silence


def test_a_model_says_what_it_can(models, lm, tokenizer):
    bert = BertForMaskedLM(
        BertConfig(vocab_size=400, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    )
    models.add_own("a", LanguageModel(bert.eval(), tokenizer, "encoder"))
    encoder = used(models, "a")
    assert encoder.shows_attention and not encoder.writes and not encoder.has_chat_template
    first = used(models, "b")
    assert first.shows_attention and first.writes and not first.has_chat_template


def test_a_checkpoint_that_cannot_be_read_is_told(models, monkeypatch):
    def broken(source):
        raise KeyError("surprise")

    monkeypatch.setattr(module, "load_model", broken)
    with pytest.raises(ValueError, match=r"'kept/b' could not be read \(KeyError: 'surprise'\); a whole .* Choose another model"):
        models.choose("a", "kept/b")


def test_a_model_of_an_odd_shape_is_told(models, monkeypatch):
    def odd(lm):
        raise AttributeError("no hidden_size")

    monkeypatch.setattr("aigc_toolkit.demo.page_model._cache_bytes", odd)
    with pytest.raises(ValueError, match=r"'kept/b' could not be read \(AttributeError: no hidden_size\); .* Choose another model"):
        models.choose("a", "kept/b")


@pytest.mark.parametrize("failure", [HTTPError("no network"), ConnectionError("no network"), HFValidationError("no id")])
def test_without_a_network_nothing_is_known_of_the_size(monkeypatch, failure):
    def model_info(*given, **more):
        raise failure

    monkeypatch.setattr("aigc_toolkit.demo.model_names.HfApi.model_info", model_info)
    assert bytes_of("someone/something") is None


def test_texts_of_two_models_are_written_at_once(models):
    with models.use("a", "kept/a") as one, models.use("b", "kept/b") as two:
        streams = [each.scheduler.stream("Once", max_new_tokens=5, temperature=0) for each in (one, two)]
        assert [len(list(stream)) for stream in streams] == [5, 5]
        assert one.scheduler is one.scheduler is not two.scheduler
