"""Positions: what each table holds, and what the rotary turn keeps."""

import math

import torch

from aigc_toolkit.gpt.positions import LearnedPositions, RotaryPositions, SinusoidalPositions, sinusoidal_table


def test_learned_positions_are_the_first_rows():
    positions = LearnedPositions(16, 8)
    assert torch.equal(positions(3), positions.weight[:3])


def test_the_sinusoidal_table_equals_its_equation():
    table = sinusoidal_table(20, 6)
    for t in range(20):
        for i in range(3):
            angle = t / 10_000 ** (2 * i / 6)
            assert abs(table[t, 2 * i].item() - math.sin(angle)) < 1e-6
            assert abs(table[t, 2 * i + 1].item() - math.cos(angle)) < 1e-6


def test_sinusoidal_positions_learn_nothing_and_are_as_large_as_fresh_embeddings():
    positions = SinusoidalPositions(64, 32)
    assert list(positions.parameters()) == []
    assert torch.allclose(positions(10), 0.02 * sinusoidal_table(64, 32)[:10])


def test_rotary_scores_depend_on_the_distance_only():
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 16, generator=generator)  # (d) each
    rotary = RotaryPositions(64, 16, theta=10_000.0)
    turned_q, turned_k = (rotary(vector.expand(1, 1, 64, 16))[0, 0] for vector in (q, k))  # (T, d)
    scores = turned_q @ turned_k.T  # (T, T)
    for distance in (0, 1, 5, 30):
        diagonal = scores.diagonal(-distance)  # same distance between query and key everywhere
        assert torch.allclose(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-4)
    assert (scores[1, 0] - scores[5, 0]).abs() > 1e-2


def test_rotary_keeps_lengths_and_leaves_position_zero():
    heads = torch.randn(2, 3, 20, 8, generator=torch.Generator().manual_seed(1))
    turned = RotaryPositions(64, 8, theta=100.0)(heads)
    assert torch.allclose(turned.norm(dim=-1), heads.norm(dim=-1), atol=1e-5)
    assert torch.equal(turned[:, :, 0], heads[:, :, 0])
    assert not torch.allclose(turned[:, :, 1:], heads[:, :, 1:])
