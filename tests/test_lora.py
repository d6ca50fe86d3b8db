"""Fine-tuning a Hugging Face model, whole and through low-rank adapters."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from aigc_toolkit import GPT, GPTConfig, LanguageModel, TrainConfig, load_model, train
from aigc_toolkit.training import add_lora, merge_lora
from aigc_toolkit.training.optimizers import hidden_matrices

pytest.importorskip("peft")
CONFIG = TrainConfig(num_steps=30, batch_size=2, context=8, adam_learning_rate=0.02, learning_rate=0.02, device="cpu")
IDS = torch.tensor([[5, 6, 7, 8]])


class OneSentence:
    """Nine tokens, again and again."""

    tokenizer = None

    def token_ids(self, _split: str) -> np.ndarray:
        return np.arange(9, dtype=np.int32) + 300


@pytest.fixture
def model(lm):
    return copy.deepcopy(lm.model)


@pytest.mark.parametrize("lora", [False, True])
def test_a_model_is_fine_tuned(model, lora):
    trained = add_lora(model, rank=4) if lora else model
    losses = [step.loss for step in train(trained, OneSentence(), CONFIG)]
    assert losses[-1] < losses[0] / 3


def test_adapters_change_nothing_at_first_and_alone_are_trained(model):
    with torch.no_grad():
        before = model(IDS).logits
    original = {name: parameter.clone() for name, parameter in model.named_parameters()}
    lora = add_lora(model, rank=4)
    with torch.no_grad():
        assert torch.equal(lora(IDS).logits, before)
    assert {name.split(".")[-3] for name, parameter in lora.named_parameters() if parameter.requires_grad} == {"lora_A", "lora_B"}
    assert hidden_matrices(lora) == []
    list(train(lora, OneSentence(), replace(CONFIG, num_steps=2)))
    for name, parameter in lora.named_parameters():
        if not parameter.requires_grad:
            plain = name.removeprefix("base_model.model.").replace(".base_layer", "")
            assert torch.equal(parameter, original[plain]), name


def test_a_merged_model_is_a_plain_one_and_loads(model, tokenizer, tmp_path):
    lora = add_lora(model, rank=4)
    list(train(lora, OneSentence(), CONFIG))
    with torch.no_grad():
        expected = lora.eval()(IDS).logits
    merged = merge_lora(lora)
    LanguageModel(merged, tokenizer, "tuned").save(tmp_path / "tuned")
    with torch.no_grad():
        found = load_model(tmp_path / "tuned", device="cpu").model(IDS).logits
    assert torch.allclose(found, expected, atol=1e-4)


def test_adapters_go_on_to_the_bit(lm, tmp_path):
    def new_lora():
        torch.manual_seed(0)  # of the adapters
        return add_lora(copy.deepcopy(lm.model), rank=2)

    config = replace(CONFIG, num_steps=5)
    whole = [step.loss for step in train(new_lora(), OneSentence(), config)]
    config = replace(config, folder=str(tmp_path), checkpoint_every=2)
    steps = train(new_lora(), OneSentence(), config)
    for _ in range(3):
        next(steps)
    steps.close()
    assert [step.loss for step in train(new_lora(), OneSentence(), config, resume=True)] == whole[2:]


def test_what_adapters_refuse(model):
    gpt = GPT(GPTConfig.modern(vocabulary_size=11, num_layers=1, num_heads=2, width=16, context=8))
    with pytest.raises(ValueError, match="A model of type GPT was given; adapters are for Hugging Face models. Convert"):
        add_lora(gpt)
    with pytest.raises(ValueError, match="rank=0: at least 1 is allowed"):
        add_lora(model, rank=0)
