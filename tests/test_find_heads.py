import numpy as np
import pytest
from constructed import captured, even, from_weights, looks_back

N = 30


@pytest.fixture(scope="module")
def attention():
    """Heads that look 1 to 4 back, one at the first token, one at all alike."""
    heads = [looks_back(N, 1), looks_back(N, 2), looks_back(N, 3), looks_back(N, 4), looks_back(N, 1000), even(N)]
    return from_weights(np.array(heads).reshape(2, 3, N, N))


@pytest.mark.parametrize("distance", [1, 2, 3, 4])
def test_the_head_that_shows_the_pairs_is_found(attention, distance):
    pairs = [(query, query - distance) for query in range(10, 20)]
    table = attention.find_heads(pairs)
    best = table.iloc[0]
    assert (best["layer"], best["head"]) == divmod(distance - 1, 3) and best["num_rows"] == 10
    assert best["score"] == 1 and best["z"] > 10 and best["null"] == pytest.approx(np.mean([1 / (q + 1) for q in range(10, 20)]))
    assert (table["score"][1:] < 0.1).all() and (table["z"][1:] < 3).all() and len(table) == 6


def test_an_example_matrix_finds_its_head(attention):
    best = attention.find_heads(attention.weights(1, 1)).iloc[0]
    assert (best["layer"], best["head"]) == (1, 1) and best["score"] == 1


def test_a_matrix_of_ones_equals_its_pairs_whatever_its_scale(attention):
    pairs = [(9, 5), (9, 8), (20, 16)]
    matrix = np.zeros((N, N))
    matrix[tuple(zip(*pairs, strict=True))] = 7
    columns = ["score", "null", "z"]
    np.testing.assert_allclose(attention.find_heads(matrix)[columns], attention.find_heads(pairs)[columns])


def test_a_head_that_looks_at_all_alike_matches_nothing(attention):
    table = attention.find_heads([(query, 0) for query in range(10, 20)])
    even_head = table[(table["layer"] == 1) & (table["head"] == 2)].iloc[0]
    assert abs(even_head["z"]) < 0.1 and even_head["above_null"] == pytest.approx(0, abs=1e-7)


def test_cross_attention_can_be_searched(tokenizer):
    attention = captured("bart", tokenizer, source="Tom gave the lantern back.")
    best = attention.find_heads([(3, 2)], kind="cross").iloc[0]
    assert best["score"] == pytest.approx(attention.weights(int(best["layer"]), int(best["head"]), kind="cross")[3, 2], abs=1e-6)
    assert "null" in attention.find_heads([(3, 2)]).attrs["definitions"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ([], "The pattern is empty; at least one pair or one cell above 0 is needed. Mark"),
        (np.zeros((N, N)), "The pattern is empty"),
        ([(3, N)], r"has the pair \(3, 30\); there are 30 queries and 30 keys. Count both from 0"),
        (np.ones((2, 2)), r"has shape \(2, 2\); a matrix of 30 queries and 30 keys is needed. Draw it over the same"),
        (-np.eye(N), "has numbers below 0 or not finite; numbers from 0 up are allowed. Mark what counts with 1"),
        (np.full((N, N), np.nan), "below 0 or not finite"),
        ([(2, 5)], "No query of the pattern may see its keys, among them query 2 and key 5; .* Swap the pairs"),
    ],
)
def test_patterns_that_cannot_be_searched(attention, pattern, message):
    with pytest.raises(ValueError, match=message):
        attention.find_heads(pattern)
