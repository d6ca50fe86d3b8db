import numpy as np
import pytest
import torch
from constructed import TEXT, captured, even, from_weights, looks_back
from small_models import small_model

from aigc_toolkit.attention import capture_attention
from aigc_toolkit.attention.head_scores import NONE
from aigc_toolkit.attention.nulls import dealt_again
from aigc_toolkit.language_model import LanguageModel

N = 40
IDS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4] * 2  # the second half repeats the first
KINDS = {"previous_token": 1, "first_token": 1000}


def scores(weights, ids=tuple(IDS), **settings):
    return from_weights(np.asarray(weights)[None, None], ids).head_scores(**settings).iloc[0]


def points_at(target_of):
    """Each token looks at one key, `target_of(query)`, or at itself where that is None."""
    weights = np.zeros((N, N))
    for query in range(N):
        target = target_of(query)
        weights[query, query if target is None else target] = 1
    return weights


def earlier(query, offset):
    """The latest key before `query` that is `offset` after an earlier occurrence of the query's token."""
    found = [key + offset for key in range(query - offset) if IDS[key] == IDS[query]]
    return found[-1] if found else None


@pytest.mark.parametrize("name", KINDS)
def test_a_perfect_head_of_position(name):
    found = scores(looks_back(N, KINDS[name]))
    assert found[name] == pytest.approx(1) and found[f"{name}_z"] > 10 and found["kind"] == name.replace("_", " ")
    expected_null = np.mean([1 / (query + 1) for query in range(1, N)])
    assert found[f"{name}_null"] == pytest.approx(expected_null)


def test_a_perfect_same_token_head():
    found = scores(points_at(lambda query: earlier(query, 0)))
    assert found["same_token"] == pytest.approx(1) and found["same_token_z"] > 5 and found["kind"] == "same token"


def test_a_perfect_induction_head():
    weights = points_at(lambda query: earlier(query, 1))
    found = scores(weights)
    assert found["induction"] == pytest.approx(1, abs=0.04) and found["induction_z"] > 5 and found["kind"] == "induction"
    assert found["same_token"] < 0.3


def test_a_head_that_looks_at_all_alike_is_none_of_these():
    found = scores(even(N))
    assert found["kind"] == NONE
    assert found["previous_token"] == pytest.approx(found["previous_token_null"]) and abs(found["first_token_z"]) < 0.1
    assert abs(found["same_token_z"]) < 4 and found["entropy"] == pytest.approx(found["entropy_null"])


def test_random_heads_are_none_of_these():
    logits = np.random.default_rng(0).normal(size=(2, 8, N, N)) * 2 + np.where(np.tril(np.ones((N, N))), 0, -np.inf)
    weights = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    table = from_weights(weights, IDS).head_scores()
    assert (table["kind"] == NONE).all() and len(table) == 16
    for name in ("distance", "previous_token", "first_token"):  # z is a standard score: about N(0, 1)
        assert np.abs(table[f"{name}_z"]).max() < 4 and 0.5 < table[f"{name}_z"].std() < 2


def test_a_sink_is_no_same_token_head_though_its_token_comes_again():
    """Shuffled identities keep a habit of position: a head that always looks at position 0 is no head of content."""
    found = from_weights(looks_back(N, 1000)[None, None], [7, 1] * (N // 2)).head_scores().iloc[0]
    assert found["same_token"] > 0.4 and found["same_token_z"] < 3 and found["kind"] == "first token"


def test_distance_and_entropy():
    found = scores(looks_back(N, 3))
    assert found["distance"] == pytest.approx(np.mean([min(query, 3) for query in range(1, N)])) and found["entropy"] == 0
    assert scores(even(N))["entropy"] == pytest.approx(np.mean(np.log(np.arange(2, N + 1))), abs=1e-6)


def test_the_exact_null_is_that_of_many_shuffles():
    generator = np.random.default_rng(1)
    seen = np.tril(np.ones((6, 6), dtype=bool))
    weights = np.where(seen, generator.exponential(size=(6, 6)), 0)
    weights /= weights.sum(1, keepdims=True)
    pattern = np.where(generator.random((6, 6)) < 0.4, generator.random((6, 6)), 0) * seen
    found = dealt_again(weights, seen, pattern)
    chosen = [row for row in range(1, 6) if pattern[row].any()]
    shuffled = [
        np.mean([generator.permutation(weights[row, : row + 1]) @ pattern[row, : row + 1] for row in chosen]) for _ in range(20_000)
    ]
    assert found.num_rows == len(chosen)
    assert found.score == pytest.approx(np.mean([weights[row] @ pattern[row] for row in chosen]))
    assert found.null == pytest.approx(np.mean(shuffled), abs=0.005) and found.spread == pytest.approx(np.std(shuffled), rel=0.03)


def test_targets_outside_the_window_do_not_count(tokenizer):
    """Mistral's window here is 4 tokens: the first token is a target of the first rows alone."""
    attention = captured("mistral", tokenizer)
    found = attention.head_scores().iloc[3]
    weights = attention.weights(0, 3)
    assert found["first_token"] == pytest.approx(np.mean([weights[query, 0] for query in range(1, 4)]), abs=1e-6)
    assert found["first_token_null"] == pytest.approx(np.mean([1 / 2, 1 / 3, 1 / 4]), abs=1e-6)
    assert found["distance"] < 3


def test_both_directions_count_for_an_encoder(tokenizer):
    attention = captured("bert", tokenizer)
    ids = np.array(attention.token_ids)
    twin = (ids[:, None] == ids) & ~np.eye(len(ids), dtype=bool)
    expected = (attention.weights(1, 2) * twin).sum(1)[twin.any(1)].mean()
    assert attention.head_scores().iloc[6]["same_token"] == pytest.approx(expected, abs=1e-6)


def test_the_table_says_what_it_holds(lm):
    table = capture_attention(lm, TEXT).head_scores()
    assert list(zip(table["layer"], table["head"], strict=True)) == [(layer, head) for layer in range(2) for head in range(4)]
    names = [column for column in table if column.endswith("_null")]
    assert {name.removesuffix("_null") for name in names} < set(table.attrs["definitions"]) & set(table.attrs["sources"]) | {
        "entropy"
    }
    assert "Olsson" in table.attrs["sources"]["induction"] and table.attrs["num_shuffles"] == 100


def test_the_same_seed_gives_the_same_null_and_another_a_little_different_one(lm):
    attention = capture_attention(lm, TEXT)
    nulls = [attention.head_scores(seed=seed)["same_token_null"].to_numpy() for seed in (0, 0, 1)]
    np.testing.assert_array_equal(nulls[0], nulls[1])
    assert (nulls[0] != nulls[2]).all() and np.abs(nulls[0] - nulls[2]).max() < 0.1


def test_a_long_text_is_sampled(monkeypatch):
    monkeypatch.setattr("aigc_toolkit.attention.head_scores.MAX_ROWS", 10)
    table = from_weights(looks_back(N, 1)[None, None], IDS).head_scores()
    assert table.attrs["num_rows"] == 10 and table["previous_token"][0] == pytest.approx(1)


def test_a_text_without_repetition_has_no_scores_of_content():
    found = scores(even(5), ids=range(5))
    assert np.isnan(found["same_token"]) and np.isnan(found["induction_z"]) and found["kind"] == NONE


def test_pixels_have_scores_of_position(tokenizer):
    attention = capture_attention(LanguageModel(small_model("vit"), tokenizer, "vit"), torch.rand(3, 24, 24))
    table = attention.head_scores()
    assert table["first_token"].between(0, 1).all() and table["same_token"].isna().all()


@pytest.mark.parametrize(
    ("num_tokens", "settings", "message"),
    [
        (1, {}, "There is 1 token; 2 or more are needed to score heads. Capture a longer text"),
        (5, {"num_shuffles": 1}, "num_shuffles is 1; 2 or more are needed for a spread. Use 100"),
        (5, {"kind": "cross"}, "kind is 'cross'"),
    ],
)
def test_what_cannot_be_scored(num_tokens, settings, message):
    with pytest.raises(ValueError, match=message):
        from_weights(even(num_tokens)[None, None]).head_scores(**settings)


def test_cross_attention_is_not_scored(tokenizer):
    with pytest.raises(ValueError, match="head_scores is asked of cross attention; it needs one text that looks at itself. Use"):
        captured("bart", tokenizer, source="Tom.").head_scores(kind="cross")
