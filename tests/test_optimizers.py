"""Which parameter goes to which optimizer, what Muon does to a matrix, and the learning-rate schedule."""

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_toolkit.gpt import GPT, GPTConfig, to_hugging_face
from aigc_toolkit.training import TrainConfig
from aigc_toolkit.training.optimizers import hidden_matrices, make_optimizers, schedule, set_learning_rates

SIZES = dict(vocabulary_size=50, context=16, num_layers=2, num_heads=2, width=16)


def names_of(model: torch.nn.Module, parameters) -> set[str]:
    chosen = {id(parameter) for parameter in parameters}
    return {name for name, parameter in model.named_parameters() if id(parameter) in chosen}


def test_hidden_matrices_are_those_inside_the_blocks():
    gpt = GPT(GPTConfig.modern(**SIZES, tie_embeddings=False))
    parts = ("attention.query", "attention.key", "attention.value", "attention.output", "mlp.gate", "mlp.up", "mlp.down")
    assert names_of(gpt, hidden_matrices(gpt)) == {f"blocks.{layer}.{part}.weight" for layer in (0, 1) for part in parts}


@pytest.mark.parametrize("tie", [True, False])
@pytest.mark.parametrize("preset", [GPTConfig.gpt2, GPTConfig.modern])
def test_ours_and_its_export_are_grouped_alike(preset, tie):
    gpt = GPT(preset(**SIZES, tie_embeddings=tie))
    exported = to_hugging_face(gpt)
    for model in (gpt, exported):
        groups = [p for o in make_optimizers(model, TrainConfig()) for g in o.param_groups for p in g["params"]]
        assert len(groups) == len({id(p) for p in groups}) == len(list(model.parameters()))
    count = {id(m): sum(p.numel() for p in hidden_matrices(m)) for m in (gpt, exported)}
    assert count[id(gpt)] == count[id(exported)]


def test_positions_of_gpt2_go_to_adam():
    model = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_positions=16, n_embd=16, n_layer=1, n_head=2))
    assert "transformer.wpe.weight" not in names_of(model, hidden_matrices(model))


def test_frozen_parameters_are_left_out():
    gpt = GPT(GPTConfig.modern(**SIZES))
    gpt.requires_grad_(False)
    gpt.blocks[1].mlp.up.weight.requires_grad_(True)
    (muon,) = make_optimizers(gpt, TrainConfig())
    assert names_of(gpt, muon.param_groups[0]["params"]) == {"blocks.1.mlp.up.weight"}


def test_a_model_without_trainable_parameters_is_refused():
    gpt = GPT(GPTConfig.modern(**SIZES)).requires_grad_(False)
    with pytest.raises(ValueError, match="every parameter of the model is frozen"):
        make_optimizers(gpt, TrainConfig())


@pytest.mark.parametrize("matrix", ["attention.query", "mlp.up", "mlp.down"])
def test_muon_moves_a_matrix_by_a_nearly_orthogonal_one(matrix):
    gpt = GPT(GPTConfig.modern(**SIZES))
    weight = gpt.get_submodule(f"blocks.0.{matrix}").weight
    muon = make_optimizers(gpt, TrainConfig(learning_rate=1.0, weight_decay=0.0))[0]
    before = weight.detach().clone()
    # singular values from 1 to 50, which a plain gradient step would keep
    rows, columns = weight.shape
    u, v = (torch.linalg.qr(torch.randn(n, 8, generator=torch.Generator().manual_seed(n)))[0] for n in (rows, columns))
    weight.grad = u @ torch.diag(torch.linspace(1, 50, 8)) @ v.T
    muon.step()
    moved = (before - weight.detach()) / (0.2 * max(rows, columns) ** 0.5)
    singular_values = torch.linalg.svdvals(moved)[:8]
    assert singular_values.min() > 0.5
    assert singular_values.max() < 1.3


def test_weight_decay_shrinks_the_hidden_matrices_only():
    gpt = GPT(GPTConfig.modern(**SIZES))
    before = {name: p.detach().clone() for name, p in gpt.named_parameters()}
    for parameter in gpt.parameters():
        parameter.grad = torch.zeros_like(parameter)
    for optimizer in make_optimizers(gpt, TrainConfig(learning_rate=0.5, weight_decay=0.2)):
        optimizer.step()
    matrices = names_of(gpt, hidden_matrices(gpt))
    for name, parameter in gpt.named_parameters():
        expected = before[name] * (0.9 if name in matrices else 1.0)
        assert torch.allclose(parameter, expected, atol=1e-6), name


def test_the_schedule_rises_stays_and_falls():
    config = TrainConfig(num_steps=100, warmup_fraction=0.1, cooldown_fraction=0.5)
    shares = [schedule(step, config) for step in range(1, 101)]
    assert shares[:10] == pytest.approx([step / 10 for step in range(1, 11)])
    assert set(shares[10:50]) == {1.0}
    assert shares[50:] == pytest.approx([1 - i / 50 for i in range(50)])


def test_without_warmup_and_cooldown_the_rate_is_constant():
    config = TrainConfig(num_steps=5, warmup_fraction=0, cooldown_fraction=0)
    assert [schedule(step, config) for step in range(1, 6)] == [1.0] * 5


def test_learning_rates_are_a_share_of_each_peak():
    optimizers = make_optimizers(GPT(GPTConfig.modern(**SIZES)), TrainConfig(learning_rate=0.01, adam_learning_rate=0.002))
    set_learning_rates(optimizers, 0.5)
    set_learning_rates(optimizers, 0.25)
    assert [group["lr"] for o in optimizers for group in o.param_groups] == pytest.approx([0.0025, 0.0005])
