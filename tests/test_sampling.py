import math

import pytest
import torch

from aigc_toolkit.generation.sampling import Sampler, Sampling, measure

CPU = torch.device("cpu")
LOGITS = torch.tensor([0.0, 1.0, 2.0, 0.5, -1.0])


def draws(sampling, num_draws=20_000):
    sampler = Sampler(sampling, CPU)
    ids = torch.stack([sampler.choose(LOGITS) for _ in range(num_draws)])
    return torch.bincount(ids, minlength=len(LOGITS)) / num_draws


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_samples_have_the_softmax_distribution(temperature):
    expected = (LOGITS / temperature).softmax(-1)
    observed = draws(Sampling(temperature, seed=0), 4000)
    chi_square = 4000 * ((observed - expected) ** 2 / expected).sum()
    assert chi_square < 18.5  # 4 degrees of freedom, p = 0.001


def test_temperature_zero_takes_the_most_likely():
    assert Sampler(Sampling(0), CPU).choose(LOGITS) == 2


def test_top_k_and_top_p_cut_the_rest():
    assert (draws(Sampling(1, top_k=2, seed=0), 500) > 0).tolist() == [False, True, True, False, False]
    assert (draws(Sampling(1, top_p=0.5, seed=0), 500) > 0).tolist() == [False, False, True, False, False]
    assert (draws(Sampling(5, top_p=1, seed=0), 500) > 0).all()


def test_the_same_seed_draws_the_same_and_no_seed_does_not():
    def ids(seed):
        sampler = Sampler(Sampling(5, seed=seed), CPU)
        return [int(sampler.choose(LOGITS)) for _ in range(50)]

    assert ids(3) == ids(3) != ids(4)
    assert ids(None) != ids(None)


def test_sampling_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    Sampler(Sampling(1, seed=1), CPU).choose(LOGITS)
    Sampler(Sampling(1), CPU).choose(LOGITS)
    assert torch.equal(before, torch.get_rng_state())


def test_measured_numbers_equal_their_formulas():
    probabilities = LOGITS.double().softmax(-1)
    choice = measure(LOGITS, torch.tensor(3), 2)
    assert choice.id == 3 and choice.rank == 3
    assert choice.logprob == pytest.approx(math.log(probabilities[3]), abs=1e-6)
    assert choice.entropy == pytest.approx(-(probabilities * probabilities.log()).sum().item(), abs=1e-6)
    assert [token_id for token_id, _ in choice.best] == [2, 1]


def test_an_impossible_token_does_not_spoil_the_entropy():
    logits = torch.tensor([0.0, -math.inf, 0.0])
    assert measure(logits, torch.tensor(0), 1).entropy == pytest.approx(math.log(2))


def test_logits_that_are_nan_are_named():
    with pytest.raises(ValueError, match="logits hold NaN; finite numbers are needed. Load it with dtype='float32'"):
        measure(torch.tensor([0.0, math.nan]), torch.tensor(0), 1)


@pytest.mark.parametrize("temperature", [-0.1, math.nan, math.inf])
def test_temperature_out_of_range(temperature):
    with pytest.raises(ValueError, match=r"temperature is .*; 0 \(greedy\) or a positive number is allowed. Use 1"):
        Sampling(temperature).check(5)


@pytest.mark.parametrize("top_k", [0, 6])
def test_top_k_out_of_range(top_k):
    with pytest.raises(ValueError, match=rf"top_k is {top_k}; 1 to 5 \(the vocabulary\) is allowed. Use None"):
        Sampling(top_k=top_k).check(5)


@pytest.mark.parametrize("top_p", [0, 1.1, math.nan])
def test_top_p_out_of_range(top_p):
    with pytest.raises(ValueError, match=f"top_p is {top_p}; above 0 and up to 1 is allowed. Use None or 1"):
        Sampling(top_p=top_p).check(5)
