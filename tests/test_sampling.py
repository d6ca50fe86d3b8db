import math

import pytest
import torch

from aigc_toolkit.generation import DecodingSettings, generate
from aigc_toolkit.generation.sampling import Chooser, gumbel_noise, measure

CPU = torch.device("cpu")
LOGITS = torch.tensor([0.0, 1.0, 2.0, 0.5, -1.0])


def draws(lm, num_draws=4000, **settings):
    chooser = Chooser(DecodingSettings(**settings), lm)
    ids = torch.stack([chooser.choose(LOGITS) for _ in range(num_draws)])
    return torch.bincount(ids, minlength=len(LOGITS)) / num_draws


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_samples_have_the_softmax_distribution(lm, temperature):
    expected = (LOGITS / temperature).softmax(-1)
    observed = draws(lm, temperature=temperature, seed=0)
    chi_square = 4000 * ((observed - expected) ** 2 / expected).sum()
    assert chi_square < 18.5  # 4 degrees of freedom, p = 0.001


def test_first_tokens_of_many_texts_have_the_softmax_distribution(lm):
    texts = generate(lm, "Mia", max_new_tokens=1, seed=0, num_return_sequences=2000, num_alternatives=9)
    best = texts[0].tokens[0].alternatives
    expected = torch.tensor([math.exp(each.logprob) for each in best])
    expected = torch.cat([expected, 1 - expected.sum(0, keepdim=True)])
    counts = torch.zeros(10)
    for text in texts:
        counts[next((number for number, each in enumerate(best) if each.id == text.tokens[0].id), 9)] += 1
    assert ((counts - 2000 * expected) ** 2 / (2000 * expected)).sum() < 27.9  # 9 degrees of freedom, p = 0.001


def test_noise_is_that_of_a_gumbel_variable_and_its_steps_are_independent():
    noise = torch.stack([gumbel_noise(7, step, 500, CPU) for step in range(40)])
    assert noise.mean() == pytest.approx(0.5772, abs=0.05) and noise.var() == pytest.approx(math.pi**2 / 6, abs=0.1)
    correlation = torch.corrcoef(noise)
    assert (correlation - torch.eye(40)).abs().max() < 0.25
    assert torch.equal(gumbel_noise(7, 3, 500, CPU), noise[3])
    assert not torch.equal(gumbel_noise(8, 3, 500, CPU), noise[3])


def test_temperature_zero_takes_the_most_likely(lm):
    assert Chooser(DecodingSettings(temperature=0), lm).choose(LOGITS) == 2


@pytest.mark.parametrize(
    ("cut", "left"),
    [
        ({"top_k": 2}, [False, True, True, False, False]),
        ({"top_p": 0.5}, [False, False, True, False, False]),
        ({"min_p": 0.3}, [False, True, True, False, False]),
        ({"typical_p": 0.2}, [False, True, False, False, False]),
    ],
)
def test_cuts_leave_the_tokens_they_say(lm, cut, left):
    assert (draws(lm, 500, seed=0, **cut) > 0).tolist() == left


def test_the_same_seed_draws_the_same_and_no_seed_does_not(lm):
    def ids(seed):
        chooser = Chooser(DecodingSettings(temperature=5, seed=seed), lm)
        return [int(chooser.choose(LOGITS)) for _ in range(50)]

    assert ids(3) == ids(3) != ids(4)
    assert ids(None) != ids(None)


def test_sampling_leaves_the_global_generator_alone(lm):
    before = torch.get_rng_state()
    draws(lm, 3, seed=1)
    draws(lm, 3)
    assert torch.equal(before, torch.get_rng_state())


def test_measured_numbers_equal_their_formulas():
    rows = torch.stack([LOGITS, LOGITS.flip(0)])
    for choice, row, token_id in zip(measure(rows, torch.tensor([3, 2]), 2), rows, (3, 2), strict=True):
        probabilities = row.double().softmax(-1)
        assert choice.id == token_id and choice.rank == 1 + (row > row[token_id]).sum()
        assert choice.logprob == pytest.approx(math.log(probabilities[token_id]), abs=1e-6)
        assert choice.entropy == pytest.approx(-(probabilities * probabilities.log()).sum().item(), abs=1e-6)
        assert [each for each, _ in choice.best] == row.topk(2).indices.tolist()


@pytest.mark.parametrize("num_alternatives", [0, 1, len(LOGITS)])
@pytest.mark.parametrize("ids", [(0, 1), (1, 2), (2, 0), (3, 3)])
def test_ranks_count_the_more_likely_tokens_whether_they_are_listed_or_not(ids, num_alternatives):
    rows = torch.stack([LOGITS, torch.zeros_like(LOGITS)])  # the second: all equally likely
    ranks = [choice.rank for choice in measure(rows, torch.tensor(ids), num_alternatives)]
    assert ranks == [1 + int((LOGITS[ids[0]] < LOGITS).sum()), 1]


def test_a_vocabulary_smaller_than_the_list_is_listed_whole():
    (choice,) = measure(torch.tensor([[0.0, 2.0, 1.0]]), torch.tensor([2]), 8)
    assert [token_id for token_id, _ in choice.best] == [1, 2, 0] and choice.rank == 2


def test_an_impossible_token_does_not_spoil_the_entropy():
    logits = torch.tensor([[0.0, -math.inf, 0.0]])
    assert measure(logits, torch.tensor([0]), 1)[0].entropy == pytest.approx(math.log(2))


def test_logits_that_are_nan_are_named():
    with pytest.raises(ValueError, match="logits hold NaN; finite numbers are needed. Load it with dtype='float32'"):
        measure(torch.tensor([[0.0, math.nan]]), torch.tensor([0]), 1)
