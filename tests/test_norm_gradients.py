"""The RMSNorm with its own backward pass equals torch's, in value and gradient, and is the one a model trains with on a CPU."""

import pytest
import torch
import torch.nn.functional as F

from aigc_toolkit.gpt import norms
from aigc_toolkit.gpt.norm_gradients import rms_norm_with_gradients
from aigc_toolkit.gpt.norms import RMSNorm


def draw(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype).requires_grad_()


@pytest.mark.parametrize("epsilon", [0.0, 0.3])
@pytest.mark.parametrize("shape", [(5, 8), (2, 3, 4, 8)])
def test_it_equals_torchs_own_in_value_and_gradient(shape, epsilon):
    x, weight, upstream = draw(*shape), draw(8, seed=1), draw(*shape, seed=2).detach()
    ours, theirs = rms_norm_with_gradients(x, weight, epsilon), F.rms_norm(x, (8,), weight, epsilon)
    torch.testing.assert_close(ours, theirs)
    for mine, other in zip(*(torch.autograd.grad(y, (x, weight), upstream) for y in (ours, theirs)), strict=True):
        torch.testing.assert_close(mine, other)


def test_its_gradients_are_slopes():
    assert torch.autograd.gradcheck(rms_norm_with_gradients, (draw(3, 4), draw(4, seed=1), 0.1))


def test_heads_that_lie_across_memory_are_read_right():
    x = draw(2, 3, 4, 8).transpose(1, 2)
    torch.testing.assert_close(rms_norm_with_gradients(x, draw(8), 0.1), F.rms_norm(x, (8,), draw(8), 0.1))


@pytest.mark.parametrize("weight_dtype", [torch.float32, torch.bfloat16])
def test_bfloat16_is_summed_in_float32(weight_dtype):
    x, weight, upstream = draw(50, 64, dtype=torch.bfloat16), draw(64, seed=1, dtype=weight_dtype), draw(50, 64, seed=2).detach()
    y = rms_norm_with_gradients(x, weight, 1e-6)
    gradients = torch.autograd.grad(y, (x, weight), upstream.bfloat16())
    exact = x.detach().double().requires_grad_(), weight.detach().double().requires_grad_()
    expected = F.rms_norm(exact[0], (64,), exact[1], 1e-6)
    assert (y.dtype, *(gradient.dtype for gradient in gradients)) == (torch.bfloat16, torch.bfloat16, weight_dtype)
    torch.testing.assert_close(y.double(), expected, rtol=2**-8, atol=1e-6)  # one rounding
    for mine, other in zip(gradients, torch.autograd.grad(expected, exact, upstream.bfloat16().double()), strict=True):
        torch.testing.assert_close(mine.double(), other, rtol=2**-8, atol=1e-2)


def test_it_is_taken_where_gradients_are(monkeypatch):
    taken = []
    monkeypatch.setattr(norms, "rms_norm_with_gradients", lambda x, *_: taken.append(x) or x)
    norm = RMSNorm(8)
    with torch.no_grad():
        norm(torch.ones(2, 8))
    assert taken == []
    norm(torch.ones(2, 8))
    assert len(taken) == 1
