"""A loss or gradient that is not finite stops a run before the weights move, with the step and the module named."""

import math

import pytest
import torch
from random_tokens import CONFIG, FakeCorpus, make_gpt, weights

from aigc_toolkit.training import TrainingDiverged, train


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
