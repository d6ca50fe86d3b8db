"""Dropout zeroes as many numbers as it says, keeps the mean, passes gradients where it passes numbers, and follows the seed."""

import pytest
import torch

from aigc_toolkit import GPT, GPTConfig
from aigc_toolkit.gpt.dropout import Dropout

NUM = 400_003  # not a multiple of four


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.999])
def test_as_many_are_zeroed_as_it_says_and_the_mean_stays(probability):
    torch.manual_seed(0)
    y = Dropout(probability)(torch.ones(NUM))
    spread = (probability * (1 - probability) / NUM) ** 0.5
    assert float((y == 0).float().mean()) == pytest.approx(probability, abs=5 * spread + 1e-5)
    assert float(y.mean()) == pytest.approx(1, abs=5 * spread / (1 - probability))
    assert len(y.unique()) == 2


def test_neighbours_are_zeroed_independently():
    torch.manual_seed(0)
    zeroed = (Dropout(0.5)(torch.ones(NUM)) == 0).float()
    for distance in (1, 2, 3, 4):
        together = float((zeroed[distance:] * zeroed[:-distance]).mean())
        assert together == pytest.approx(0.25, abs=0.005)


def test_a_compiled_model_drops_as_many():
    torch.manual_seed(0)
    y = torch.compile(Dropout(0.5), backend="eager", fullgraph=True)(torch.ones(NUM))
    assert float((y == 0).float().mean()) == pytest.approx(0.5, abs=0.005) and len(y.unique()) == 2


def test_gradients_pass_where_numbers_do():
    x = torch.randn(3, 5, 7, requires_grad=True)
    y = Dropout(0.4)(x)
    y.sum().backward()
    torch.testing.assert_close(x.grad * x, y)
    assert 0 < int((y == 0).sum()) < y.numel()


@pytest.mark.parametrize("module", [Dropout(0.0), Dropout(0.5).eval()])
def test_without_training_or_probability_nothing_happens(module):
    x = torch.randn(4)
    assert module(x) is x


def test_a_model_drops_what_the_seed_says():
    gpt = GPT(GPTConfig.modern(vocabulary_size=9, context=8, num_layers=1, num_heads=2, width=16, dropout=0.5))
    gpt.blocks[0].mlp.down.weight.data.normal_()
    ids = torch.arange(8)[None]
    first, second, other = (torch.manual_seed(seed) and gpt(ids) for seed in (1, 1, 2))
    assert torch.equal(first, second) and not torch.equal(first, other)
    assert torch.equal(gpt.eval()(ids), gpt(ids))
