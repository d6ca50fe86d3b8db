import numpy as np
import pytest
from constructed import captured, even, from_weights, looks_back


@pytest.fixture(scope="module")
def attention(tokenizer):
    return captured("qwen3", tokenizer)


def everything(attention):
    heads = range(attention.num_heads)
    return np.stack([[attention.weights(layer, head) for head in heads] for layer in range(attention.num_layers)])  # (L, H, Q, K)


def test_the_average_is_the_mean_of_the_chosen_heads(attention):
    weights = everything(attention)
    np.testing.assert_allclose(attention.average(), weights.mean((0, 1)), atol=1e-6)
    np.testing.assert_allclose(attention.average(layers=[1], heads=[0, 3]), weights[1, [0, 3]].mean(0), atol=1e-6)
    np.testing.assert_allclose(attention.average(rows=[5, 2]), weights.mean((0, 1))[[5, 2]], atol=1e-6)


@pytest.mark.parametrize(("min_distance", "first_key"), [(0, 0), (3, 0), (0, 1), (4, 2)])
def test_top_links_are_the_largest_weights_of_all(attention, min_distance, first_key, monkeypatch):
    monkeypatch.setattr("aigc_toolkit.attention.links.BLOCK_CELLS", 300)  # several blocks
    links = attention.top_links(15, min_distance=min_distance, first_key=first_key)
    layer, head, query, key = np.indices(everything(attention).shape)
    allowed = (query - key >= min_distance) & (key >= first_key)
    expected = np.sort(everything(attention)[allowed])[::-1][:15]
    np.testing.assert_allclose(links["weight"], expected, atol=1e-6)
    for link in links.itertuples():
        assert attention.weights(link.layer, link.head)[link.query, link.key] == pytest.approx(link.weight, abs=1e-6)
        assert (link.query_token, link.key_token) == (attention.tokens[link.query], attention.tokens[link.key])
        assert link.distance == link.query - link.key >= min_distance


def test_chosen_layers_and_heads_only(attention):
    links = attention.top_links(5, layers=[1], heads=[2])
    assert set(links["layer"]) == {1} and set(links["head"]) == {2} and len(links) == 5


def test_links_without_weight_are_no_links():
    links = from_weights(looks_back(6, 2)[None, None]).top_links(100, min_distance=2)
    assert sorted(zip(links["query"], links["key"], strict=True)) == [(2, 0), (3, 1), (4, 2), (5, 3)]
    assert len(from_weights(even(6)[None, None]).top_links(3, min_distance=9)) == 0


def test_cross_links_name_both_texts(tokenizer):
    attention = captured("bart", tokenizer, source="Tom gave it back.")
    link = attention.top_links(1, kind="cross").iloc[0]
    cross = attention.of("cross")
    assert link["query_token"] == cross.tokens[link["query"]] and link["key_token"] == cross.key_tokens[link["key"]]
    with pytest.raises(ValueError, match="min_distance is given for cross attention, whose queries and keys are two texts. Leave"):
        attention.top_links(1, min_distance=2, kind="cross")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda attention: attention.top_links(0), "num_links is 0; 1 or more is allowed. Ask for 20"),
        (lambda attention: attention.average(layers=[]), "layers or heads is empty; at least one head is needed. Leave them"),
        (lambda attention: attention.average(layers=[2]), "layer is 2; this model has 2"),
        (lambda attention: attention.top_links(1, heads=[4]), "head is 4; this model has 4"),
        (lambda attention: attention.average(rows=[99]), "rows hold position 99"),
    ],
)
def test_what_cannot_be_asked(attention, ask, message):
    with pytest.raises(ValueError, match=message):
        ask(attention)
