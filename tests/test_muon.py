"""The batched Muon takes the steps of torch's own, and its state can be exchanged with it."""

import pytest
import torch

from aigc_toolkit.training.muon import BatchedMuon

SHAPES = [(16, 16), (16, 48), (48, 16), (16, 16), (8, 16)]
SETTINGS = dict(lr=0.02, weight_decay=0.1, momentum=0.9, adjust_lr_fn="match_rms_adamw")


def parameters() -> list[torch.nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    return [torch.nn.Parameter(torch.randn(shape, generator=generator)) for shape in SHAPES]


def give_gradients(matrices, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for matrix in matrices:
        matrix.grad = torch.randn(matrix.shape, generator=generator)


@pytest.mark.parametrize("nesterov", [True, False])
def test_it_takes_the_steps_of_torchs_own(nesterov):
    ours, theirs = parameters(), parameters()
    optimizers = [BatchedMuon(ours, nesterov=nesterov, **SETTINGS), torch.optim.Muon(theirs, nesterov=nesterov, **SETTINGS)]
    before = parameters()
    for step in range(5):
        for matrices, optimizer in zip((ours, theirs), optimizers, strict=True):
            give_gradients(matrices, step)
            optimizer.step()
    for start, a, b in zip(before, ours, theirs, strict=True):
        moved = (b - start).norm()
        assert (a - b).norm() < 0.02 * moved  # bfloat16 keeps 8 bits
        assert moved > 0.01


def test_a_parameter_without_a_gradient_stays():
    first, second = (torch.nn.Parameter(torch.ones(4, 4)) for _ in range(2))
    first.grad = torch.eye(4)
    BatchedMuon([first, second], lr=0.1).step()
    assert not torch.equal(first, torch.ones(4, 4)) and torch.equal(second, torch.ones(4, 4))


def test_its_state_is_that_of_torchs_own():
    ours, theirs = parameters(), parameters()
    muon = BatchedMuon(ours, **SETTINGS)
    give_gradients(ours, 0)
    muon.step()
    other = torch.optim.Muon(theirs, **SETTINGS)
    other.load_state_dict(muon.state_dict())
    assert torch.equal(other.state[theirs[1]]["momentum_buffer"], muon.state[ours[1]]["momentum_buffer"])


def test_vectors_are_refused():
    with pytest.raises(ValueError, match="2D"):
        BatchedMuon([torch.nn.Parameter(torch.ones(3))])
