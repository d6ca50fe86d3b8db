"""Attention in blocks equals torch's, in value and gradient, and is taken only where it suits."""

import pytest
import torch
import torch.nn.functional as F

from aigc_toolkit import GPT, GPTConfig
from aigc_toolkit.gpt import blocked_attention as module
from aigc_toolkit.gpt.blocked_attention import BLOCK, LONGEST, blocked_attention, suits_blocks


def draw(num_heads: int, num_tokens: int, *, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(num_heads * 1000 + num_tokens)
    heads = torch.randn(2, num_tokens, num_heads, 8, generator=generator).to(dtype)
    return heads.transpose(1, 2).requires_grad_()  # (B, H, T, d), laid out as the model's


@pytest.mark.parametrize("num_key_value_heads", [1, 2, 6])
@pytest.mark.parametrize("num_tokens", [1, BLOCK - 1, BLOCK, 2 * BLOCK + 5])
def test_it_equals_the_fused_kernel_in_value_and_gradient(num_tokens, num_key_value_heads):
    q, k, v = draw(6, num_tokens), draw(num_key_value_heads, num_tokens), draw(num_key_value_heads, num_tokens)
    upstream = draw(6, num_tokens).detach()
    ours = blocked_attention(q, k, v, 0.3)
    theirs = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.3, enable_gqa=True)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    for mine, other in zip(*(torch.autograd.grad(mixed, (q, k, v), upstream) for mixed in (ours, theirs)), strict=True):
        torch.testing.assert_close(mine, other, atol=1e-4, rtol=1e-4)


def test_in_bfloat16_it_is_as_close_to_float32_as_the_fused_kernel():
    q, k, v = (draw(4, 150, dtype=torch.bfloat16) for _ in range(3))
    exact = F.scaled_dot_product_attention(q.double(), k.double(), v.double(), is_causal=True)
    ours = (blocked_attention(q, k, v, 8**-0.5) - exact).abs().max()
    theirs = (F.scaled_dot_product_attention(q, k, v, is_causal=True) - exact).abs().max()
    assert ours <= 3 * theirs


@pytest.mark.parametrize(
    ("q", "dropout", "suits"),
    [
        (draw(1, 8, dtype=torch.bfloat16), 0.0, True),
        (draw(1, 8, dtype=torch.bfloat16), 0.1, False),
        (draw(1, 8), 0.0, False),
        (draw(1, 8, dtype=torch.bfloat16).detach(), 0.0, False),
        (draw(1, LONGEST + 1, dtype=torch.bfloat16), 0.0, False),
    ],
)
def test_it_is_taken_for_gradients_in_bfloat16_only(q, dropout, suits):
    assert suits_blocks(q, dropout=dropout) == suits


def test_a_model_in_mixed_precision_trains_through_it(monkeypatch):
    gpt = GPT(GPTConfig.modern(vocabulary_size=50, context=16, num_layers=2, num_heads=4, width=32))
    ids = torch.arange(32).view(2, 16)
    calls = []
    monkeypatch.setattr(
        "aigc_toolkit.gpt.attention.blocked_attention", lambda *args: calls.append(1) or module.blocked_attention(*args)
    )
    with torch.autocast("cpu", torch.bfloat16):
        gpt(ids).float().sum().backward()
        with torch.no_grad():
            gpt(ids)
    assert len(calls) == 2, "once a layer where gradients are wanted, never where they are not"
    assert all(torch.isfinite(parameter.grad).all() for parameter in gpt.parameters())
