"""The training loop: what it learns, what it repeats exactly, and how it refuses and stops."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from transformers import BloomConfig, BloomForCausalLM

from aigc_toolkit.gpt import GPT, GPTConfig, to_hugging_face
from aigc_toolkit.training import TrainConfig, TrainingDiverged, evaluate_loss, train
from aigc_toolkit.training.batches import document_starts, make_batch
from aigc_toolkit.training.losses import next_token_loss
from aigc_toolkit.training.samples import draw_sample

SIZES = dict(vocabulary_size=50, context=16, num_layers=2, num_heads=2, width=16)
CONFIG = TrainConfig(num_steps=4, batch_size=4, context=8, device="cpu")


@dataclass(frozen=True)
class FakeCorpus:
    """Random tokens below 50; the validation split is another stretch of them."""

    tokenizer: object = None
    num_tokens: int = 400

    def token_ids(self, split: str) -> np.ndarray:
        seed = {"train": 0, "validation": 1}[split]
        return np.random.default_rng(seed).integers(50, size=self.num_tokens).astype(np.int32)


def make_gpt(preset=GPTConfig.modern, **changes) -> GPT:
    return GPT(preset(**{**SIZES, **changes}))


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


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


# Batches


def test_batches_are_crops_and_a_function_of_seed_and_step():
    ids = np.arange(1000, dtype=np.int32) * 3
    knobs = dict(batch_size=8, context=16)
    batch = make_batch(ids, **knobs, seed=5, step=7)
    assert batch.shape == (8, 17)
    assert batch.dtype == torch.int64
    assert (batch[:, 1:] - batch[:, :-1] == 3).all()
    assert torch.equal(batch, make_batch(ids, **knobs, seed=5, step=7))
    assert not torch.equal(batch, make_batch(ids, **knobs, seed=5, step=8))
    assert not torch.equal(batch, make_batch(ids, **knobs, seed=6, step=7))


def test_every_start_occurs_and_no_crop_runs_over_the_end():
    batch = make_batch(np.arange(12), batch_size=500, context=8, seed=0, step=1)
    assert set(batch[:, 0].tolist()) == {0, 1, 2, 3}
    assert batch.max() == 11


def test_batches_can_begin_where_documents_do():
    ids = np.array([5, 6, 7, 0, 8, 9, 0, 5, 5, 5, 0, 9, 9, 0])
    starts = document_starts(ids, 0, context=4)
    assert starts.tolist() == [0, 4, 7]  # 11 has no 5 tokens from there on
    batch = make_batch(ids, batch_size=100, context=4, seed=0, step=1, starts=starts)
    assert {tuple(crop) for crop in batch.tolist()} == {(5, 6, 7, 0, 8), (8, 9, 0, 5, 5), (5, 5, 5, 0, 9)}


def test_training_can_begin_where_documents_do(tokenizer):
    class TwoDocuments(FakeCorpus):
        def token_ids(self, split):
            return np.array([tokenizer.eos_token_id] + [7] * 9 + [tokenizer.eos_token_id] + [8] * 9, dtype=np.int32)

    seen = []
    gpt = make_gpt(vocabulary_size=len(tokenizer))
    gpt.register_forward_pre_hook(lambda _module, inputs: seen.extend(inputs[0][:, 0].tolist()))
    list(train(gpt, TwoDocuments(tokenizer), replace(CONFIG, num_steps=8, start_at_documents=True)))
    assert set(seen) == {tokenizer.eos_token_id, 7, 8}


# Losses


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_loss_and_its_gradient_equal_cross_entropy(dtype):
    generator = torch.Generator().manual_seed(0)
    logits = (4 * torch.randn(600, 50, generator=generator)).to(dtype).requires_grad_()  # (N, V), more than two chunks
    targets = torch.randint(50, (600,), generator=generator)  # (N)
    reference = logits.detach().float().requires_grad_()
    expected = F.cross_entropy(reference, targets)
    (expected * 3).backward()
    loss = next_token_loss(logits, targets)
    (loss * 3).backward()
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(expected.item(), abs=1e-5)
    tolerance = dict(rtol=1e-4, atol=1e-8) if dtype == torch.float32 else dict(rtol=2e-2, atol=1e-8)
    assert torch.allclose(logits.grad.float(), reference.grad, **tolerance)


@pytest.mark.parametrize("num_tokens", [2, 8, 9, 10, 17, 83])
def test_the_whole_split_counts_each_token_once(num_tokens):
    gpt = make_gpt()
    with torch.no_grad():
        gpt.embedding.weight.mul_(30)  # so that tokens differ in loss
    ids = FakeCorpus(num_tokens=num_tokens).token_ids("validation")
    losses = []
    for target in range(1, num_tokens):
        start = (target - 1) // 8 * 8
        seen = torch.from_numpy(ids[start:target].astype(np.int64))[None]  # (1, T)
        losses.append(-gpt(seen)[0, -1].log_softmax(-1)[ids[target]].item())
    assert evaluate_loss(gpt, ids, context=8, batch_size=3) == pytest.approx(sum(losses) / len(losses), abs=1e-5)


def test_evaluation_switches_dropout_off_and_back_on():
    gpt = make_gpt(dropout=0.5).train()
    ids = FakeCorpus().token_ids("validation")
    assert evaluate_loss(gpt, ids, context=8) == evaluate_loss(gpt, ids, context=8, device="cpu")
    assert gpt.training


def test_one_token_has_no_loss():
    with pytest.raises(ValueError, match="1 tokens given: at least 2 are needed"):
        evaluate_loss(make_gpt(), np.array([3]), context=8)


# Samples


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


# Stopping


def test_a_bad_loss_stops_before_the_weights_move():
    gpt = make_gpt()
    run = train(gpt, FakeCorpus(), CONFIG)
    next(run)
    next(run)
    with torch.no_grad():
        gpt.blocks[1].mlp.up.weight[0, 0] = math.nan
    before = weights(gpt)
    with pytest.raises(
        TrainingDiverged, match=r"the loss is nan at step 3, first in module blocks\.1\.mlp\.up; .*lower learning_rate"
    ) as error:
        next(run)
    assert (error.value.step, error.value.module) == (3, "blocks.1.mlp.up")
    assert all(torch.equal(p.nan_to_num(), before[name].nan_to_num()) for name, p in gpt.named_parameters())


def test_a_bad_gradient_stops_before_the_weights_move():
    gpt = make_gpt()
    gpt.blocks[0].attention.key.weight.register_hook(lambda gradient: gradient * math.inf)
    before = weights(gpt)
    with pytest.raises(
        TrainingDiverged, match=r"the gradient norm is (nan|inf) at step 1, first in module blocks\.0\.attention\.key;"
    ):
        list(train(gpt, FakeCorpus(), CONFIG))
    assert all(torch.equal(parameter, before[name]) for name, parameter in gpt.named_parameters())


def test_an_overflow_of_the_loss_alone_is_named():
    gpt = make_gpt()
    with torch.no_grad():
        gpt.head.weight.fill_(0.0)
        gpt.norm.weight.fill_(0.0)
    gpt.register_forward_hook(lambda _module, _inputs, logits: logits.index_fill(-1, torch.tensor([7]), math.inf))
    with pytest.raises(TrainingDiverged, match=r"the loss is nan at step 1, first in module \(the loss itself\)"):
        list(train(gpt, FakeCorpus(), CONFIG))


# What train refuses


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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(batch_size=8, gradient_accumulation=3), "batch_size=8 with gradient_accumulation=3"),
        (dict(warmup_fraction=0.5, cooldown_fraction=0.6), "warmup_fraction=0.5 with cooldown_fraction=0.6"),
        (dict(sample_every=10), "sample_every=10 with sample_prompt=''"),
        (dict(num_steps=0), "num_steps=0: at least 1 is allowed"),
        (dict(learning_rate=-1.0), "learning_rate=-1.0: 0 or more is allowed"),
        (dict(warmup_fraction=2.0), "warmup_fraction=2.0: a fraction of num_steps"),
        (dict(momentum=1.0), r"momentum=1.0: \[0, 1\) is allowed"),
        (dict(mixed_precision="float16"), 'mixed_precision=\'float16\': "no" and "bfloat16" are available'),
    ],
)
def test_contradictions_are_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**changes)
