"""Each formula proven: the fast module equals the slow reference in value and in gradient, in float64.

The tables of rotary and sinusoidal positions are kept in float32 by the fast modules, so those agree to float32 only.
"""

import pytest
import slow_references as slow
import torch

from aigc_toolkit.gpt import GPT, GPTConfig
from aigc_toolkit.gpt.attention import Attention
from aigc_toolkit.gpt.embeddings import OutputHead, TokenEmbedding
from aigc_toolkit.gpt.mlp import GeluMLP, SwigluMLP
from aigc_toolkit.gpt.norms import LayerNorm, RMSNorm
from aigc_toolkit.gpt.positions import LearnedPositions, RotaryPositions, SinusoidalPositions
from aigc_toolkit.training.losses import next_token_loss

SIZES = dict(vocabulary_size=11, context=8, num_layers=2, num_heads=4, width=16)
PRESETS = {"gpt2": GPTConfig.gpt2, "modern": GPTConfig.modern}
EXACT, TABLE = 1e-10, 1e-5  # float64; through a float32 table


def random(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).requires_grad_()


def shaken(module: torch.nn.Module) -> torch.nn.Module:
    """In float64, every parameter drawn at random, the same ones every time, so that no zero or one hides a mistake."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.double().parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator))
    return module.eval()


def check(fast: torch.Tensor, reference: torch.Tensor, leaves: list[torch.Tensor], tolerance: float = EXACT) -> None:
    """Equal values, and equal gradients of a random weighting of them with respect to every one of `leaves`."""
    assert fast.shape == reference.shape
    assert (fast - reference).abs().max() < tolerance
    weighting = random(*fast.shape, seed=9).detach()
    gradients = [torch.autograd.grad((result * weighting).sum(), leaves) for result in (fast, reference)]
    for found, expected in zip(*gradients, strict=True):
        assert expected.abs().max() > 1e-6
        assert (found - expected).abs().max() < tolerance * max(1, expected.abs().max())


@pytest.mark.parametrize("qk_norm", [False, True])
@pytest.mark.parametrize("key_value_heads", [4, 2, 1])
@pytest.mark.parametrize("preset", PRESETS)
def test_attention(preset, key_value_heads, qk_norm):
    config = PRESETS[preset](**SIZES, num_key_value_heads=key_value_heads, qk_norm=qk_norm)
    rotary = RotaryPositions(8, config.head_dim, config.rope_theta) if preset == "modern" else None
    module = shaken(Attention(config, rotary))
    if not qk_norm and config.bias:
        module.key.bias.requires_grad_(False)  # softmax takes no notice of it: its gradient is 0
    x = random(2, 5, 16, seed=2)  # (B, T, D)
    leaves = [x, *(parameter for parameter in module.parameters() if parameter.requires_grad)]
    expected = torch.stack([slow.attention(module, row, config) for row in x])
    check(module(x), expected, leaves, EXACT if rotary is None else TABLE)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("kind", "reference"), [(GeluMLP, slow.gelu_mlp), (SwigluMLP, slow.swiglu_mlp)])
def test_mlp(kind, reference, bias):
    module = shaken(kind(GPTConfig.gpt2(**SIZES, bias=bias)))
    x = random(3, 16, seed=3)  # (T, D)
    check(module(x), torch.stack([reference(module, row) for row in x]), [x, *module.parameters()])


@pytest.mark.parametrize(
    ("module", "reference"), [(LayerNorm(16, eps=1e-2), slow.layer_norm), (RMSNorm(16, eps=1e-2), slow.rms_norm)]
)
def test_norms(module, reference):
    x = random(3, 16, seed=4)  # (T, D)
    shifted = 2 + x  # a mean that is not 0
    module = shaken(module)
    check(module(shifted), torch.stack([reference(module, row) for row in shifted]), [x, *module.parameters()])


def test_token_embedding_adds_up_the_gradients_of_a_token_seen_twice():
    module = shaken(TokenEmbedding(11, 16))
    ids = torch.tensor([3, 7, 3])
    check(module(ids), slow.embedding(module.weight, ids), [module.weight])
    module(ids).sum().backward()
    assert module.weight.grad[:, 0].tolist() == [2.0 if v == 3 else float(v == 7) for v in range(11)]


def test_output_head():
    module, x = shaken(OutputHead(16, 11)), random(3, 16, seed=5)
    check(module(x), torch.stack([slow.linear(module, row) for row in x]), [x, module.weight])


def test_learned_positions():
    module = shaken(LearnedPositions(8, 16))
    check(module(5), slow.embedding(module.weight, torch.arange(5)), [module.weight])


def test_sinusoidal_positions():
    table = SinusoidalPositions(8, 16, scale=0.5)(5)
    expected = torch.tensor([[0.5 * slow.sinusoid(t, i, 16) for i in range(16)] for t in range(5)])
    assert (table - expected).abs().max() < 1e-6
    assert not table.requires_grad


@pytest.mark.parametrize("theta", [100.0, 10_000.0])
def test_rotary_positions(theta):
    x = random(1, 2, 6, 8, seed=6)  # (B, H, T, d)
    expected = torch.stack([torch.stack([slow.rotated(row, t, theta) for t, row in enumerate(head)]) for head in x[0]])[None]
    check(RotaryPositions(6, 8, theta)(x), expected, [x], TABLE)


def test_next_token_loss():
    logits = random(300, 7, seed=7)  # (N, V), more rows than one chunk; the fast loss computes in float32
    targets = torch.randint(7, (300,), generator=torch.Generator().manual_seed(8))
    check(next_token_loss(logits, targets), slow.next_token_loss(logits, targets), [logits], 1e-6)


SWITCHES = [{}, {"causal_mask": False}, {"residual": False}, {"scaled_scores": False}, {"positions": "none"}]
OTHERS = [{"positions": "sinusoidal"}, {"tie_embeddings": False}]


@pytest.mark.parametrize("changes", SWITCHES + OTHERS, ids=str)
@pytest.mark.parametrize("preset", PRESETS)
def test_the_whole_gpt_and_its_what_ifs(preset, changes):
    gpt = shaken(GPT(PRESETS[preset](**{**SIZES, "num_key_value_heads": 2, **changes})))
    ids = torch.tensor([[3, 7, 3, 10, 0]])
    leaves = [gpt.embedding.weight, gpt.blocks[0].attention.query.weight, gpt.blocks[0].mlp.up.weight, gpt.norm.weight]
    exact = gpt.config.positions in ("learned", "none")
    check(gpt(ids)[0], slow.gpt(gpt, ids[0]), leaves, EXACT if exact else TABLE)
