"""The model a session works with: used, gone, or one that does not write."""

import pytest
from transformers import BertConfig, BertForMaskedLM

from aigc_toolkit import LanguageModel
from aigc_toolkit.demo.chat_layout import about
from aigc_toolkit.demo.models import Models
from aigc_toolkit.demo.operator_settings import Operator
from aigc_toolkit.demo.problems import Refusal
from aigc_toolkit.demo.using import model_of


@pytest.fixture(scope="module")
def encoder(tokenizer):
    sizes = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    return LanguageModel(BertForMaskedLM(BertConfig(vocab_size=len(tokenizer), **sizes)).eval(), tokenizer, "encoder")


@pytest.fixture
def models(lm):
    models = Models(lm, Operator())
    yield models
    models.close()


def test_the_sessions_model_is_kept_while_it_is_used(models):
    with model_of(models, "a", to_write=True) as model:
        assert model is models.first and model.num_users == 1
    assert model.num_users == 0


def test_a_model_that_is_gone_says_so(models, lm):
    models.add_own("a", LanguageModel(lm.model, lm.tokenizer, "tales"))
    models._loaded.clear()
    with pytest.raises(Refusal, match="This model cannot be used: '★ tales' is no longer kept") as refused, model_of(models, "a"):
        pass
    assert refused.value.text["zh"].startswith("无法使用这个模型")


def test_an_encoder_reads_and_does_not_write(models, encoder):
    models.add_own("a", encoder)
    with model_of(models, "a") as model:
        assert not model.writes
    writes_none = pytest.raises(Refusal, match="★ encoder is an encoder: it reads texts and writes none")
    with writes_none, model_of(models, "a", to_write=True):
        pass
    assert model.num_users == 0 and "is an encoder" in about(model)["en"]


def test_what_goes_wrong_with_the_model_is_no_fault_of_having_it(models):
    with pytest.raises(OSError, match="disk"), model_of(models, "a"):
        raise OSError("disk")
