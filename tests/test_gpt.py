"""The transformer as a whole, and the errors of GPTConfig. Each formula alone is proven in test_formulas."""

import math

import pytest
import torch

from aigc_toolkit.gpt import GPT, GPTConfig

SIZES = dict(vocabulary_size=97, context=32, num_layers=2, num_heads=4, width=32)
PRESETS = {"gpt2": GPTConfig.gpt2, "modern": GPTConfig.modern}


def shaken(module: torch.nn.Module, seed: int = 1) -> torch.nn.Module:
    """The module with every parameter moved at random, so that no zero or one hides a mistake."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    return module.eval()


def some_ids(shape: tuple[int, int], seed: int = 2) -> torch.Tensor:
    return torch.randint(97, shape, generator=torch.Generator().manual_seed(seed))  # (B, T)


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary"])
@pytest.mark.parametrize("preset", PRESETS)
def test_logits_have_one_score_per_token_and_position(preset, positions):
    gpt = GPT(PRESETS[preset](**SIZES, positions=positions))
    assert gpt(some_ids((3, 7))).shape == (3, 7, 97)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_later_token_changes_no_earlier_logit(preset):
    gpt = shaken(GPT(PRESETS[preset](**SIZES)))
    ids = some_ids((1, 12))
    changed = ids.clone()
    changed[0, 8] = (ids[0, 8] + 1) % 97
    before, after = gpt(ids), gpt(changed)
    assert torch.equal(before[:, :8], after[:, :8])
    assert not torch.allclose(before[:, 8:], after[:, 8:])


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary"])
def test_the_order_of_earlier_tokens_matters(positions):
    gpt = shaken(GPT(GPTConfig.modern(**SIZES, positions=positions)))
    ids = torch.tensor([[5, 9, 11, 3]])
    swapped = torch.tensor([[9, 5, 11, 3]])
    assert (gpt(ids)[0, -1] - gpt(swapped)[0, -1]).abs().max() > 1e-3


@pytest.mark.parametrize("preset", PRESETS)
def test_fresh_loss_is_that_of_a_uniform_guess(preset):
    gpt = GPT(PRESETS[preset](**SIZES))
    loss = torch.nn.functional.cross_entropy(gpt(some_ids((4, 32))).flatten(0, 1), some_ids((4, 32), seed=3).flatten())
    assert loss.item() == pytest.approx(math.log(97), abs=0.1)


def test_the_seed_alone_decides_the_weights():
    config = GPTConfig.modern(**SIZES)
    weights = []
    for seed, global_seed in ((0, 5), (0, 6), (1, 6)):
        torch.manual_seed(global_seed)
        weights.append(GPT(config, seed=seed).blocks[0].mlp.up.weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize(
    ("preset", "changes", "std"),
    [
        (GPTConfig.modern, dict(tie_embeddings=False), 0.5),
        (GPTConfig.modern, dict(tie_embeddings=True), 0.02),
        (GPTConfig.gpt2, dict(tie_embeddings=False), 0.02),
    ],
)
def test_an_embedding_that_stands_alone_starts_larger(preset, changes, std):
    gpt = GPT(preset(**SIZES, **changes))
    assert gpt.embedding.weight.std().item() == pytest.approx(std, rel=0.1)
    assert gpt.head.weight.std().item() == pytest.approx(0.02, rel=0.1)


def test_num_parameters_counts_a_tied_matrix_once():
    tied, untied = (GPT(GPTConfig.modern(**SIZES, tie_embeddings=tie)).num_parameters for tie in (True, False))
    assert untied - tied == 97 * 32


def test_more_tokens_than_the_context_are_refused():
    with pytest.raises(ValueError, match="33 tokens given: this model reads at most context=32"):
        GPT(GPTConfig.modern(**SIZES))(some_ids((1, 33)))


def test_dropout_acts_in_training_only():
    gpt = GPT(GPTConfig.gpt2(**SIZES, dropout=0.5))
    ids = some_ids((1, 8))
    assert not torch.equal(gpt(ids), gpt(ids))
    gpt.eval()
    assert torch.equal(gpt(ids), gpt(ids))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(num_key_value_heads=3), "num_heads=4 with num_key_value_heads=3"),
        (dict(positions="rotary", head_dim=7), 'positions="rotary" with head_dim=7'),
        (dict(positions="sinusoidal", width=33), 'positions="sinusoidal" with width=33'),
        (dict(num_layers=0), "num_layers=0: sizes are at least 1"),
        (dict(dropout=1.0), r"dropout=1.0: a probability in \[0, 1\)"),
        (dict(positions="alibi"), 'positions=\'alibi\': "learned", "sinusoidal", "rotary", "none" are available'),
        (dict(norm="batch"), 'norm=\'batch\': "layer_norm", "rms_norm" are available'),
        (dict(activation="relu"), 'activation=\'relu\': "gelu", "swiglu" are available'),
    ],
)
def test_contradictions_are_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        GPTConfig.modern(**{**SIZES, **changes})
