"""Time-lapse: what a snapshot keeps equals what the model says, a run is not changed by being recorded, nothing taken is lost."""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import SENTENCES
from safetensors.numpy import load_file, save_file
from small_models import small_model
from small_runs import copies, same
from transformers import PreTrainedTokenizerFast

from aigc_toolkit import (
    GPT,
    GPTConfig,
    LanguageModel,
    TrainConfig,
    TrainStep,
    capture_attention,
    load_timelapse,
    record_timelapse,
    score,
    train,
)
from aigc_toolkit.timelapse import TimeLapse, log_spaced, timelapse_from_checkpoints
from aigc_toolkit.timelapse.snapshots import SCORES

PROMPTS = ["Mia lost her red lantern.", "汤姆找到了灯笼。"]
CONFIG = TrainConfig(num_steps=5, batch_size=2, context=16, learning_rate=0.02, adam_learning_rate=0.02, device="cpu")


class Sentences:
    """A corpus of a moment in the tokenizer of the tests."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast):
        self.tokenizer = tokenizer

    def token_ids(self, split: str) -> np.ndarray:
        return np.array(self.tokenizer("\n".join(SENTENCES))["input_ids"], dtype=np.int32)


def new_gpt(tokenizer: PreTrainedTokenizerFast) -> GPT:
    config = GPTConfig.modern(vocabulary_size=len(tokenizer), num_layers=2, num_heads=2, width=16, context=64)
    return GPT(config, seed=0)


def recorded(
    tokenizer: PreTrainedTokenizerFast, gpt: GPT, *, config: TrainConfig = CONFIG, resume: bool = False, **settings
) -> TimeLapse:
    settings = {"prompts": PROMPTS, "sample_tokens": 4, **settings}
    return record_timelapse(train(gpt, Sentences(tokenizer), config, resume=resume), gpt, tokenizer=tokenizer, **settings)


@pytest.fixture(scope="module")
def trained(tokenizer: PreTrainedTokenizerFast) -> tuple[GPT, TimeLapse]:
    gpt = new_gpt(tokenizer)
    return gpt, recorded(tokenizer, gpt, at=[0, 2, 5], rulers={"uniform": math.log(len(tokenizer))}, marks={3: "half"}).run()


def test_snapshots_are_log_spaced() -> None:
    assert log_spaced(1000, 8) == [0, 1, 3, 10, 32, 100, 316, 1000]
    assert log_spaced(3) == [0, 1, 2, 3]
    assert log_spaced(50, 2) == [0, 50]
    steps = log_spaced(16_000)
    assert (len(steps), steps[0], steps[-1]) == (25, 0, 16_000)
    assert np.diff(steps).min() == 1
    with pytest.raises(ValueError, match="0 steps and 25 snapshots were given; 1 or more and 2 or more are needed"):
        log_spaced(0)


def test_unless_said_otherwise_each_snapshot_is_the_root_of_two_times_as_late(tokenizer: PreTrainedTokenizerFast) -> None:
    gpt = new_gpt(tokenizer)
    steps = (TrainStep(step, 2.0, None, 0.01, 1000.0, 1.0, None) for step in range(1, 46))
    timelapse = record_timelapse(steps, gpt, tokenizer=tokenizer, prompts=["Mia lost"], sample_tokens=1)
    assert timelapse.run().steps == [0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45]


def test_the_steps_pass_through(tokenizer: PreTrainedTokenizerFast) -> None:
    gpt = new_gpt(tokenizer)
    timelapse = recorded(tokenizer, gpt, at=[3])
    passed = [step.step for step in timelapse]
    assert (passed, timelapse.steps) == ([1, 2, 3, 4, 5], [3, 5]), "the last step always has a snapshot"
    assert timelapse.training.columns["step"] == passed


def test_a_recorded_run_is_the_same_run(tokenizer: PreTrainedTokenizerFast, trained: tuple[GPT, TimeLapse]) -> None:
    plain = new_gpt(tokenizer)
    torch.manual_seed(3)
    list(train(plain, Sentences(tokenizer), CONFIG))
    assert same(copies(plain), copies(trained[0]))


def test_the_last_snapshot_is_what_the_model_says(tokenizer: PreTrainedTokenizerFast, trained: tuple[GPT, TimeLapse]) -> None:
    gpt, timelapse = trained
    lm = LanguageModel.from_gpt(gpt, tokenizer)
    for number, prompt in enumerate(PROMPTS):
        attention, kept = capture_attention(lm, prompt), timelapse.attention(5, prompt=number)
        assert kept.tokens == attention.tokens
        for layer in range(2):
            for head in range(2):
                np.testing.assert_allclose(kept.weights(layer, head), attention.weights(layer, head), atol=2e-3)
        logits = lm.model(torch.tensor([list(attention.token_ids)])).logits[0, -1]  # (V,)
        table = timelapse.next_tokens(5, prompt=number)
        best = torch.softmax(logits, -1).topk(8)
        assert table.id.tolist() == best.indices.tolist()
        np.testing.assert_allclose(table.probability, best.values.detach(), rtol=1e-4)
        assert table.token.tolist() == lm.texts.displays(table.id)
        own = [step.logprob for step in score(lm, prompt).tokens[1:]]
        np.testing.assert_allclose(timelapse.snapshots[-1].prompts[number].text_logprobs, own, rtol=1e-5)


def test_head_scores_are_those_of_attention(tokenizer: PreTrainedTokenizerFast, trained: tuple[GPT, TimeLapse]) -> None:
    gpt, timelapse = trained
    expected = capture_attention(LanguageModel.from_gpt(gpt, tokenizer), PROMPTS[0]).head_scores()
    found = timelapse.head_scores().query("step == 5 and text == @PROMPTS[0]")
    for name in SCORES:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-6)
    assert found.kind.tolist() == expected.kind.tolist()
    assert set(timelapse.head_scores().text) == {*PROMPTS, "repeated random tokens"}


def test_training_shows(trained: tuple[GPT, TimeLapse]) -> None:
    first, last = (trained[1].next_tokens(step).probability for step in (0, 5))
    assert last.max() > first.max(), "a model before training expects nothing in particular"
    before, after = (trained[1].snapshots[at].prompts[0].text_logprobs.mean() for at in (0, -1))
    assert after > before, "its text is what the model was trained on"


def test_saved_and_loaded_it_is_the_same(trained: tuple[GPT, TimeLapse], tmp_path: Path) -> None:
    timelapse = trained[1]
    again = load_timelapse(timelapse.save(tmp_path / "new" / "run.safetensors"))
    assert repr(again) == repr(timelapse) == "TimeLapse('gpt', 3 snapshots from step 0 to 5, 2 prompts, 2 layers x 2 heads)"
    assert again.subject == timelapse.subject
    assert (again.rulers, again.marks) == (timelapse.rulers, {3: "half"})
    assert again.samples(prompt=1) == timelapse.samples(prompt=1)
    assert again.training.portion() == timelapse.training.portion()
    assert again.head_scores().equals(timelapse.head_scores())
    for step in timelapse.steps:
        assert again.next_tokens(step, position=1).equals(timelapse.next_tokens(step, position=1))
        assert np.array_equal(again.attention(step).weights(1, 1), timelapse.attention(step).weights(1, 1))
    assert list(again) == [], "there is nothing to train"


def test_25_snapshots_of_the_built_in_size_take_less_than_10_megabytes(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    config = GPTConfig.modern(
        vocabulary_size=len(tokenizer),
        num_layers=5,
        num_heads=6,
        num_key_value_heads=3,
        width=192,
        head_dim=32,
        mlp_width=512,
        context=512,
    )
    gpt = GPT(config, seed=0)
    steps = (TrainStep(step, 2.0, None, 0.01, 1000.0, 1.0, None) for step in range(1, 25))
    prompts = [(SENTENCES[0] * 3), (SENTENCES[1] * 3)]
    timelapse = record_timelapse(steps, gpt, tokenizer=tokenizer, prompts=prompts, at=range(25), sample_tokens=1).run()
    assert len(timelapse.steps) == 25
    assert sum(len(timelapse.attention(0, prompt=number).tokens) for number in (0, 1)) >= 100
    assert timelapse.save(tmp_path / "run.safetensors").stat().st_size < 10_000_000


def test_a_run_that_is_killed_keeps_its_snapshots_and_goes_on(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    whole = recorded(tokenizer, new_gpt(tokenizer), at=range(6)).run()
    path, gpt = tmp_path / "run.safetensors", new_gpt(tokenizer)
    config = TrainConfig(**{**CONFIG.__dict__, "folder": str(tmp_path / "run"), "checkpoint_every": 2})
    killed = recorded(tokenizer, gpt, config=config, at=range(6), path=path)
    for step in killed:
        if step.step == 3:
            break
    assert load_timelapse(path).steps == [0, 1, 2, 3]
    gone_on = recorded(tokenizer, new_gpt(tokenizer), config=config, resume=True, at=range(6), path=path).run()
    assert gone_on.steps == load_timelapse(path).steps == whole.steps == [0, 1, 2, 3, 4, 5]
    assert gone_on.training.columns["loss"] == whole.training.columns["loss"]
    for step in whole.steps:
        assert np.array_equal(gone_on.attention(step).weights(1, 0), whole.attention(step).weights(1, 0))
    over = recorded(tokenizer, new_gpt(tokenizer), config=config, resume=True, path=path)
    assert over.run().steps == whole.steps, "a run that is over is what its file says"


def test_a_run_goes_on_with_the_prompts_it_began_with(tokenizer: PreTrainedTokenizerFast, trained: tuple, tmp_path: Path) -> None:
    path = trained[1].save(tmp_path / "run.safetensors")
    later = iter([TrainStep(6, 2.0, None, 0.01, 1000.0, 1.0, None)])
    other = record_timelapse(later, new_gpt(tokenizer), tokenizer=tokenizer, prompts=["Tom found"], path=path, sample_tokens=1)
    with pytest.raises(ValueError, match=r"has snapshots of the prompts \['Mia.*a run goes on with the prompts it began with"):
        other.run()


def test_a_run_that_goes_back_takes_its_snapshots_again(tokenizer: PreTrainedTokenizerFast) -> None:
    numbers = [1, 2, 3, 2, 3, 4]
    steps = (TrainStep(step, float(at), None, 0.01, 1000.0, 1.0, None) for at, step in enumerate(numbers))
    timelapse = record_timelapse(
        steps, new_gpt(tokenizer), tokenizer=tokenizer, prompts=["Mia lost"], at=range(5), sample_tokens=1
    ).run()
    assert (timelapse.steps, timelapse.training.columns["loss"]) == ([0, 1, 2, 3, 4], [0.0, 3.0, 4.0, 5.0])


def test_a_stopped_run_can_be_finished(tokenizer: PreTrainedTokenizerFast) -> None:
    timelapse = recorded(tokenizer, new_gpt(tokenizer), at=[0, 1])
    for step in timelapse:
        if step.step == 3:
            break
    timelapse.finish()
    timelapse.finish()
    assert timelapse.steps == [0, 1, 3]


def test_a_later_stage_is_added(tokenizer: PreTrainedTokenizerFast) -> None:
    gpt = new_gpt(tokenizer)
    first = recorded(tokenizer, gpt, at=[0, 5], marks={2: "early"}).run()
    second = recorded(tokenizer, gpt, at=[0, 1, 5], marks={4: "late"}).run()
    weights, losses = second.attention(1).weights(0, 0), first.training.columns["loss"] + second.training.columns["loss"]
    both = first.extend(second, mark="second")
    assert (both.steps, both.marks) == ([0, 5, 6, 10], {2: "early", 5: "second", 9: "late"})
    assert (both.training.columns["step"], both.training.columns["loss"]) == (list(range(1, 11)), losses)
    assert np.array_equal(both.attention(6).weights(0, 0), weights)
    assert len(both.next_tokens(10)) == 8
    with pytest.raises(ValueError, match=r"The later stage has the prompts \['Tom found'\], this one .*; the same are needed"):
        both.extend(recorded(tokenizer, gpt, prompts=["Tom found"], at=[1]).run(), mark="other")


def test_checkpoints_become_a_time_lapse(
    tokenizer: PreTrainedTokenizerFast, trained: tuple[GPT, TimeLapse], tmp_path: Path
) -> None:
    config = TrainConfig(
        **{
            **CONFIG.__dict__,
            "folder": str(tmp_path),
            "checkpoint_every": 1,
            "keep_last": 9,
            "metrics_path": str(tmp_path / "metrics.jsonl"),
        }
    )
    list(train(new_gpt(tokenizer), Sentences(tokenizer), config))
    settings = {"tokenizer": tokenizer, "prompts": PROMPTS, "sample_tokens": 4}
    found = timelapse_from_checkpoints(tmp_path, lambda: new_gpt(tokenizer), metrics=config.metrics_path, **settings)
    assert found.steps == [0, 1, 2, 3, 4, 5]
    assert found.training.columns["loss"] == trained[1].training.columns["loss"]
    for step in (0, 2, 5):
        assert np.array_equal(found.attention(step).weights(1, 1), trained[1].attention(step).weights(1, 1))
    files = {step: tmp_path / f"step-{step:08d}" / "model.safetensors" for step in (4, 2)}
    assert timelapse_from_checkpoints(files, lambda: new_gpt(tokenizer), **settings).steps == [2, 4]
    (tmp_path / "step-00000003" / "model.safetensors").write_bytes(b"torn")
    with pytest.warns(UserWarning, match="step-00000003.*is not whole and is skipped"):
        assert timelapse_from_checkpoints(tmp_path, lambda: new_gpt(tokenizer), **settings).steps == [0, 1, 2, 4, 5]


def test_checkpoints_that_are_not_there_or_of_another_model(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    settings = {"tokenizer": tokenizer, "prompts": PROMPTS}
    with pytest.raises(FileNotFoundError, match="holds no whole checkpoint; a run writes them with"):
        timelapse_from_checkpoints(tmp_path, lambda: new_gpt(tokenizer), **settings)
    save_file({"embedding.weight": np.zeros((3, 3), dtype=np.float32)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"other.safetensors' are of another model .*Make it as it was when the run began"):
        timelapse_from_checkpoints({7: tmp_path / "other.safetensors"}, lambda: new_gpt(tokenizer), **settings)


def test_a_hugging_face_model_is_recorded_in_its_own_mode(lm: LanguageModel, tokenizer: PreTrainedTokenizerFast) -> None:
    steps = iter([TrainStep(1, 2.0, None, 0.01, 1000.0, 1.0, None)])
    lm.model.train()
    try:
        timelapse = record_timelapse(steps, lm.model, tokenizer=tokenizer, prompts=PROMPTS, sample_tokens=2, name="tiny").run()
        assert lm.model.training
    finally:
        lm.model.eval()
    np.testing.assert_allclose(timelapse.attention(1).weights(1, 3), capture_attention(lm, PROMPTS[0]).weights(1, 3), atol=2e-3)


@pytest.mark.parametrize("family", ["gpt2-inverse-layer", "mistral", "gemma2", "gemma3", "gpt_neox"])
def test_windows_caps_and_scalings_are_kept(family: str, tokenizer: PreTrainedTokenizerFast) -> None:
    model = small_model(family)
    steps = iter([TrainStep(1, 2.0, None, 0.01, 1000.0, 1.0, None)])
    timelapse = record_timelapse(steps, model, tokenizer=tokenizer, prompts=PROMPTS, at=[1], sample_tokens=1).run()
    expected = capture_attention(LanguageModel(model, tokenizer, family), PROMPTS[0])
    for layer in range(2):
        for head in range(4):
            np.testing.assert_allclose(timelapse.attention(1).weights(layer, head), expected.weights(layer, head), atol=5e-3)


@pytest.mark.parametrize(
    ("prompts", "sample_tokens", "message"),
    [
        ("Mia", 4, "prompts is 'Mia'; a list of one or more texts is needed"),
        ([], 4, r"prompts is \[\]; a list of one or more texts is needed"),
        (["M"], 4, "The prompt 'M' has 1 tokens; 2 to 60, which leaves room for sample_tokens=4, are allowed"),
        ([SENTENCES[0]], 60, "2 to 4, which leaves room for sample_tokens=60, are allowed. Give a text of such a length"),
    ],
)
def test_prompts_that_do_not_fit(tokenizer: PreTrainedTokenizerFast, prompts, sample_tokens: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        recorded(tokenizer, new_gpt(tokenizer), prompts=prompts, sample_tokens=sample_tokens).run()


@pytest.mark.parametrize(
    ("family", "message"),
    [("bert", "decoder|in both directions|cannot"), ("bloom", "keeps its queries and keys to itself|alone are")],
)
def test_attention_that_queries_and_keys_do_not_tell(family: str, message: str, tokenizer: PreTrainedTokenizerFast) -> None:
    steps = iter([TrainStep(1, 2.0, None, 0.01, 1000.0, 1.0, None)])
    timelapse = record_timelapse(steps, small_model(family), tokenizer=tokenizer, prompts=["Mia lost"], sample_tokens=1)
    with pytest.raises(ValueError, match=message):
        timelapse.run()


def test_what_does_not_exist_is_named(trained: tuple[GPT, TimeLapse]) -> None:
    timelapse = trained[1]
    with pytest.raises(ValueError, match="There is no snapshot of step 3; there are 0, 2, 5. Choose one of these"):
        timelapse.attention(3)
    with pytest.raises(ValueError, match="prompt is 2; 0 to 1 exist"):
        timelapse.samples(prompt=2)
    with pytest.raises(ValueError, match="position is 99; the prompt has"):
        timelapse.next_tokens(5, position=99)
    with pytest.raises(ValueError, match="layer is 2; 0 to 1 exist. Choose one of these"):
        timelapse.attention(5).weights(2, 0)
    with pytest.raises(ValueError, match="kind is 'cross'; a time-lapse has 'decoder' attention only"):
        timelapse.attention(5).of("cross")
    with pytest.raises(ValueError, match="There is no snapshot yet; at least one is needed"):
        TimeLapse().head_scores()
    assert repr(TimeLapse()) == "TimeLapse(no snapshot yet)"


def test_files_that_are_none(trained: tuple[GPT, TimeLapse], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="a saved time-lapse is needed, or the name of a built-in model"):
        load_timelapse(tmp_path / "none.safetensors")
    with pytest.raises(ValueError, match="is a folder; a file name is needed"):
        trained[1].save(tmp_path)
    with pytest.raises(ValueError, match="There is no snapshot yet; a file needs at least one"):
        TimeLapse().save(tmp_path / "empty.safetensors")
    path = trained[1].save(tmp_path / "run.safetensors")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="cannot be read .*; a whole file written by TimeLapse.save is needed"):
        load_timelapse(path)
    path.write_bytes(whole)
    arrays = load_file(path)
    save_file(arrays, path, metadata={"format": "other"})
    with pytest.raises(ValueError, match="is a safetensors file of something else"):
        load_timelapse(path)
    save_file(arrays, path, metadata={"format": "aigc_toolkit timelapse", "version": "9", "facts": json.dumps({})})
    with pytest.raises(ValueError, match="has version 9 of the format; version 1 can be read"):
        load_timelapse(path)
    assert list(tmp_path.glob(".*")) == [], "nothing half-written is left"


def test_a_file_is_written_without_a_warning(trained: tuple[GPT, TimeLapse], tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_timelapse(trained[1].save(tmp_path / "run.safetensors"))
