"""A run goes on with the model it began with: another formula or size is refused by name, though its tensors would fit."""

import copy
from dataclasses import replace
from pathlib import Path

import pytest
from small_runs import CONFIG, Letters, losses, new_gpt

from aigc_toolkit import GPT, TrainConfig, train
from aigc_toolkit.training.checkpoints import latest_checkpoint
from aigc_toolkit.training.model_settings import model_settings


def run_in(folder: Path, **changes) -> TrainConfig:
    return replace(CONFIG, folder=str(folder), checkpoint_every=2, **changes)


def begun(model, folder: Path) -> None:
    """Two steps of a run, kept in a checkpoint."""
    steps = train(model, Letters(), run_in(folder))
    next(steps), next(steps)
    steps.close()


@pytest.mark.parametrize(
    ("field", "value"),
    [("causal_mask", False), ("residual", False), ("scaled_scores", False), ("rope_theta", 5_000.0), ("dropout", 0.5)],
)
def test_a_formula_that_leaves_no_trace_in_the_weights_is_refused_by_name(tmp_path, field, value):
    gpt = new_gpt()
    begun(gpt, tmp_path)
    other = GPT(replace(gpt.config, **{field: value}))
    began = getattr(gpt.config, field)
    message = f"A model with {field}={value} was given.*began with {field}={began};.*Build the model with these values"
    with pytest.raises(ValueError, match=message):
        train(other, Letters(), run_in(tmp_path), resume=True)


def test_all_sizes_that_differ_are_named_at_the_call(tmp_path):
    gpt = new_gpt()
    begun(gpt, tmp_path)
    other = GPT(replace(gpt.config, num_layers=2, mlp_width=12))
    with pytest.raises(ValueError, match="mlp_width=12, num_layers=2 was given.*began with mlp_width=42, num_layers=1;"):
        train(other, Letters(), run_in(tmp_path), resume=True)


def test_a_hugging_face_model_is_known_by_its_config(lm, tmp_path):
    model = copy.deepcopy(lm.model)
    begun(model, tmp_path)
    other = copy.deepcopy(lm.model)
    other.config.rms_norm_eps = 0.5
    with pytest.raises(ValueError, match="A model with rms_norm_eps=0.5 was given.*began with rms_norm_eps="):
        train(other, Letters(), run_in(tmp_path), resume=True)
    with pytest.raises(ValueError, match="A model with kind='GPT' was given.*began with kind='Qwen3ForCausalLM'"):
        train(new_gpt(), Letters(), run_in(tmp_path), resume=True)
    assert len(list(train(copy.deepcopy(lm.model), Letters(), run_in(tmp_path), resume=True))) == 4


def test_adapters_belong_to_the_model(lm):
    pytest.importorskip("peft")
    from aigc_toolkit.training import add_lora

    small, large = (model_settings(add_lora(copy.deepcopy(lm.model), rank=rank)) for rank in (2, 4))
    assert {name for name in small if small[name] != large[name]} == {"default.r", "default.lora_alpha"}


def test_a_setting_younger_than_the_run_is_passed_over(tmp_path, monkeypatch):
    begun(new_gpt(), tmp_path)
    facts = latest_checkpoint(tmp_path).facts
    assert facts["model"].pop("causal_mask") is True
    monkeypatch.setattr(
        "aigc_toolkit.training.run.latest_checkpoint", lambda folder: replace(latest_checkpoint(folder), facts=facts)
    )
    assert len(losses(train(new_gpt(), Letters(), run_in(tmp_path), resume=True))) == 4
