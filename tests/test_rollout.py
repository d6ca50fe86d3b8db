import numpy as np
import pytest
from constructed import captured, from_weights, looks_back


def dense(attention):
    """Rollout as the paper writes it: whole matrices, from the first layer up."""
    flow = np.eye(len(attention.tokens))
    for layer in range(attention.num_layers):
        mean = np.mean([attention.weights(layer, head).astype(np.float64) for head in range(attention.num_heads)], axis=0)
        flow = (0.5 * mean + 0.5 * np.eye(len(mean))) @ flow
    return flow


@pytest.mark.parametrize("family", ["qwen3", "bert", "mistral", "bloom"])
def test_rollout_is_the_product_of_layers(family, tokenizer, monkeypatch):
    monkeypatch.setattr("aigc_toolkit.attention.links.BLOCK_CELLS", 300)  # several blocks
    attention = captured(family, tokenizer)
    flow = attention.rollout()
    np.testing.assert_allclose(flow, dense(attention), atol=1e-6)
    np.testing.assert_allclose(flow.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(attention.rollout(rows=[7, 2]), dense(attention)[[7, 2]], atol=1e-6)


def test_two_layers_that_look_one_back_reach_two_back():
    flow = from_weights(np.stack([looks_back(5, 1)[None]] * 2)).rollout()
    np.testing.assert_allclose(flow[4], [0, 0, 0.25, 0.5, 0.25])


def test_what_a_learned_sink_takes_is_lost(tokenizer):
    attention = captured("gpt_oss", tokenizer)
    flow = np.eye(len(attention.tokens))
    for layer in range(2):
        mean = np.mean([attention.weights(layer, head)[:, :-1] for head in range(4)], axis=0)
        flow = (0.5 * mean + 0.5 * np.eye(len(mean))) @ flow
    np.testing.assert_allclose(attention.rollout(), flow, atol=1e-6)
    assert (attention.rollout().sum(1) < 1).all()


def test_encoder_decoders_have_a_rollout_of_each_self_attention(tokenizer):
    attention = captured("bart", tokenizer, source="Tom gave it back.")
    encoder = attention.of("encoder")
    np.testing.assert_allclose(attention.rollout(kind="encoder"), dense(encoder), atol=1e-6)
    with pytest.raises(ValueError, match="rollout is asked of cross attention; it needs one text .* Use kind='decoder'"):
        attention.rollout(kind="cross")
