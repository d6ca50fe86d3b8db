"""The loss equals cross-entropy in value and gradient; a whole split counts each token once."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from random_tokens import FakeCorpus, make_gpt

from aigc_toolkit.training import evaluate_loss
from aigc_toolkit.training.losses import next_token_loss


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
