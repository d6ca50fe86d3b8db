"""The training loop: what it learns, what it repeats exactly, what it yields and what it refuses at the call."""

import math
from dataclasses import replace

import pytest
import torch
from random_tokens import CONFIG, FakeCorpus, make_gpt, weights
from transformers import BloomConfig, BloomForCausalLM

from aigc_toolkit.gpt import GPTConfig, to_hugging_face
from aigc_toolkit.training import TrainConfig, evaluate_loss, train
from aigc_toolkit.training.samples import draw_sample


@pytest.mark.parametrize("preset", [GPTConfig.gpt2, GPTConfig.modern])
def test_every_parameter_moves(preset):
    gpt = make_gpt(preset, tie_embeddings=False, num_key_value_heads=1 if preset is GPTConfig.modern else 2)
    with torch.no_grad():  # a zero output projection would hide what lies before it from the gradient of the first step
        for parameter in gpt.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0)))
    before = weights(gpt)
    list(train(gpt, FakeCorpus(), replace(CONFIG, num_steps=1, cooldown_fraction=0)))
    unmoved = [name for name, parameter in gpt.named_parameters() if torch.equal(parameter, before[name])]
    assert unmoved == []


@pytest.mark.parametrize("export", [False, True])
def test_one_batch_is_learnt_by_heart(export):
    model = to_hugging_face(make_gpt()) if export else make_gpt()
    corpus = FakeCorpus(num_tokens=17)  # with context 16 there is one crop only
    config = TrainConfig(num_steps=60, batch_size=2, context=16, learning_rate=0.02, adam_learning_rate=0.01, device="cpu")
    losses = [step.loss for step in train(model, corpus, config)]
    assert losses[0] == pytest.approx(math.log(50), abs=0.1)
    assert losses[-1] < 0.2


def test_same_seed_same_losses_and_weights():
    runs = []
    for seed in (0, 0, 1):
        gpt = make_gpt(dropout=0.1)
        losses = [step.loss for step in train(gpt, FakeCorpus(), replace(CONFIG, seed=seed))]
        runs.append((losses, weights(gpt)))
    assert runs[0][0] == runs[1][0]
    assert all(torch.equal(runs[0][1][name], runs[1][1][name]) for name in runs[0][1])
    assert runs[0][0] != runs[2][0]


def test_training_leaves_the_global_random_state_and_the_mode():
    gpt = make_gpt(dropout=0.1).eval()
    state = torch.get_rng_state()
    modes = [gpt.training for _ in train(gpt, FakeCorpus(), replace(CONFIG, validate_every=2))]
    assert modes == [False] * 4
    assert torch.equal(torch.get_rng_state(), state)


def test_accumulated_parts_give_the_same_step():
    runs = []
    for parts in (1, 4):
        gpt = make_gpt()
        steps = list(train(gpt, FakeCorpus(), replace(CONFIG, gradient_accumulation=parts)))
        runs.append((steps, weights(gpt)))
    (whole, whole_weights), (parts, parts_weights) = runs
    assert [step.loss for step in parts] == pytest.approx([step.loss for step in whole], abs=1e-5)
    assert [step.gradient_norm for step in parts] == pytest.approx([step.gradient_norm for step in whole], rel=1e-4)
    for name in whole_weights:
        assert torch.allclose(parts_weights[name], whole_weights[name], atol=2e-3), name  # Muon's iteration is in bfloat16


def test_the_records_of_a_run(tokenizer):
    gpt = make_gpt(vocabulary_size=len(tokenizer))
    config = TrainConfig(
        num_steps=5,
        batch_size=2,
        context=8,
        validate_every=2,
        sample_every=3,
        sample_prompt="Once upon",
        sample_tokens=4,
        device="cpu",
    )
    corpus = FakeCorpus(tokenizer)
    steps = list(train(gpt, corpus, config))
    assert [step.step for step in steps] == [1, 2, 3, 4, 5]
    assert [step.step for step in steps if step.validation_loss is not None] == [2, 4, 5]
    assert [step.step for step in steps if step.sample is not None] == [3, 5]
    assert all(step.sample.startswith("Once upon") for step in steps if step.sample is not None)
    assert all(step.tokens_per_second > 0 and step.gradient_norm > 0 for step in steps)
    assert steps[-1].validation_loss == pytest.approx(evaluate_loss(gpt, corpus.token_ids("validation"), context=8), abs=1e-5)
    assert [step.learning_rate for step in steps][-1] == pytest.approx(0.007 / 3)  # the last third of a fall over 3 steps


def test_nothing_runs_before_the_first_next():
    gpt = make_gpt()
    before = weights(gpt)
    train(gpt, FakeCorpus(), CONFIG)
    assert all(torch.equal(parameter, before[name]) for name, parameter in gpt.named_parameters())


def test_gradients_are_clipped_to_the_limit():
    gpt = make_gpt()
    seen = []
    for parameter in gpt.parameters():
        parameter.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad))  # the tensors that clipping scales in place
    (step,) = train(gpt, FakeCorpus(), replace(CONFIG, num_steps=1, gradient_clip=0.01))
    assert step.gradient_norm > 0.01
    assert torch.nn.utils.get_total_norm(seen).item() == pytest.approx(0.01, rel=1e-3)


def test_mixed_precision_learns_and_keeps_weights_in_float32():
    gpt = make_gpt()
    full = [step.loss for step in train(make_gpt(), FakeCorpus(), CONFIG)]
    mixed = [step.loss for step in train(gpt, FakeCorpus(), replace(CONFIG, mixed_precision="bfloat16"))]
    assert mixed == pytest.approx(full, abs=0.05)
    assert mixed != full
    assert {parameter.dtype for parameter in gpt.parameters()} == {torch.float32}


def test_a_hugging_face_model_without_a_length_limit_trains():
    model = BloomForCausalLM(BloomConfig(vocab_size=50, hidden_size=16, n_layer=1, n_head=2))
    losses = [step.loss for step in train(model, FakeCorpus(), CONFIG)]
    assert len(losses) == 4


def test_samples_continue_the_prompt_and_follow_the_seed(tokenizer):
    gpt = make_gpt(vocabulary_size=len(tokenizer))
    knobs = dict(prompt="Tom found", num_tokens=20, context=16)
    samples = [draw_sample(gpt, tokenizer, **knobs, seed=seed) for seed in (0, 0, 1)]
    assert samples[0] == samples[1] != samples[2]
    assert all(sample.startswith("Tom found") for sample in samples)


def test_a_sample_stops_at_the_end_of_the_text(tokenizer):
    gpt = make_gpt(vocabulary_size=len(tokenizer))
    with torch.no_grad():
        gpt.norm.weight.zero_()
        gpt.head = torch.nn.Linear(16, len(tokenizer))
        gpt.head.bias[tokenizer.eos_token_id] = 100.0
    assert draw_sample(gpt, tokenizer, prompt="Tom found", num_tokens=20, context=16, seed=0) == "Tom found"


@pytest.mark.parametrize(
    ("model", "corpus", "changes", "message"),
    [
        (dict(), FakeCorpus(), dict(context=17), "context=17 in TrainConfig with a model that reads at most 16 tokens"),
        (dict(), FakeCorpus(num_tokens=8), dict(), "context=8 with 8 training tokens"),
        (dict(vocabulary_size=40), FakeCorpus(), dict(), "token id 49 in the corpus with a model of 40 tokens"),
    ],
)
@pytest.mark.parametrize("export", [False, True])
def test_train_refuses_at_the_call(model, corpus, changes, message, export):
    gpt = make_gpt(**model)
    with pytest.raises(ValueError, match=message):
        train(to_hugging_face(gpt) if export else gpt, corpus, replace(CONFIG, **changes))
