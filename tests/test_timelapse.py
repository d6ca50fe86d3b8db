"""Time-lapse: what a snapshot keeps equals what the model says, a run is not changed by being recorded, nothing taken is lost."""

import numpy as np
import pytest
import torch
from conftest import SENTENCES
from small_models import small_model
from small_runs import copies, same
from small_timelapses import CONFIG, PROMPTS, Sentences, new_gpt, recorded
from transformers import PreTrainedTokenizerFast

from aigc_toolkit import (
    GPT,
    LanguageModel,
    TrainStep,
    capture_attention,
    record_timelapse,
    score,
    train,
)
from aigc_toolkit.timelapse import TimeLapse, log_spaced
from aigc_toolkit.timelapse.snapshots import SCORES


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
    second.training.columns["seconds"][3:] = [None, None]  # as after a run that was killed and went on
    weights, losses = second.attention(1).weights(0, 0), first.training.columns["loss"] + second.training.columns["loss"]
    both = first.extend(second, mark="second")
    assert (both.steps, both.marks) == ([0, 5, 6, 10], {2: "early", 5: "second", 9: "late"})
    assert (both.training.columns["step"], both.training.columns["loss"]) == (list(range(1, 11)), losses)
    assert np.array_equal(both.attention(6).weights(0, 0), weights)
    assert len(both.next_tokens(10)) == 8
    with pytest.raises(ValueError, match=r"The later stage has the prompts \['Tom found'\], this one .*; the same are needed"):
        both.extend(recorded(tokenizer, gpt, prompts=["Tom found"], at=[1]).run(), mark="other")


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
