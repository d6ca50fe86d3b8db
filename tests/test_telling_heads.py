"""The head an example opens at is the one the measure puts first, whatever the model, and its number is the head's own weight."""

import pytest

from aigc_toolkit import capture_attention
from aigc_toolkit.demo import examples
from aigc_toolkit.demo.telling_heads import telling_head


@pytest.mark.parametrize(
    ("text", "word"), [("Tom found the lantern. Where? the lantern", "lantern"), ("灯笼丢了。谁的灯笼", "灯笼")]
)
def test_the_head_looks_most_from_the_answer_to_its_word(lm, text, word):
    attention = capture_attention(lm, text)
    telling = telling_head(attention, word)
    query, pieces = telling.state["token"], attention.pieces
    assert "".join(pieces[query + 1 :]).strip().startswith(word) or word in "".join(pieces[query + 1 :])[: len(word) + 1]
    first = "".join(pieces).index(word)
    fact = [at for at in range(query) if first < len("".join(pieces[: at + 1])) and len("".join(pieces[:at])) < first + len(word)]
    weight = {
        (layer, head): attention.weights(layer, head)[query, fact].sum()
        for layer in range(attention.num_layers)
        for head in range(attention.num_heads)
    }
    chosen = (telling.state["layer"], telling.state["head"])
    assert f"{weight[chosen]:.2f}" in telling.said["en"] and f"{weight[chosen]:.2f}" in telling.said["zh"]
    assert weight[chosen] == pytest.approx(max(weight.values()), abs=1e-6)  # one query: the null is the same for all heads


def test_without_a_word_it_is_the_head_that_looks_at_the_token_before(lm):
    attention = capture_attention(lm, "Tom found the lantern under an old oak tree.")
    state = telling_head(attention, "").state
    means = attention.head_scores().set_index(["layer", "head"])["previous_token"]
    assert means[(state["layer"], state["head"])] == pytest.approx(means.max(), abs=0.05)


def test_every_example_has_its_word_in_the_story_and_in_the_answer():
    for _, text, word in examples.LOOK:
        assert not word or text.count(word) >= 2
