"""The head an example opens at is the one the measure puts first, whatever the model, and its number is the head's own weight."""

from dataclasses import dataclass

import pytest

from aigc_toolkit import capture_attention, chat
from aigc_toolkit.demo import examples
from aigc_toolkit.demo.telling_heads import taken_word, telling_head


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


@dataclass(frozen=True)
class Said:
    text: str


@dataclass(frozen=True)
class Answer:
    prompt: str
    tokens: tuple[Said, ...]


@pytest.mark.parametrize(
    ("prompt", "said", "word"),
    [
        (
            "Mia put the sock in the letter box. The sock is red.\n\nWhere is the sock?",
            ["It", " is", " in", " the", " letter", " box", "."],
            "letter",
        ),
        ("Tom has a drum. Tom sang.\nWho has the drum?", ["Tom", " has", " it", "."], "Tom"),
        ("她把风筝放在抽屉里。\n风筝在哪里？", ["风", "筝", "在", "抽", "屉", "里", "。"], "抽"),
        ("Mia had a kite.", [" kite"], ""),  # no question
        ("Mia had a kite.\nWas it blue?", ["The", " story", " does", " not", " say", "."], ""),
    ],
)
def test_the_word_an_answer_took_is_in_the_story_and_not_in_the_question(prompt, said, word):
    assert taken_word(Answer(prompt, tuple(map(Said, said)))) == word


def test_an_answer_of_the_built_in_model_opens_at_a_head(story_lm):
    story = "Mia was a kind girl. Mia had a kite. She put the kite in the drawer."
    answer = chat(story_lm, [{"role": "user", "content": f"{story}\n\nWhere is the kite now?"}], temperature=0)
    telling = telling_head(capture_attention(story_lm, answer), taken_word(answer))
    assert taken_word(answer) == "drawer" and "drawer" in telling.said["en"]


def test_without_a_word_it_is_the_head_that_looks_at_the_token_before(lm):
    attention = capture_attention(lm, "Tom found the lantern under an old oak tree.")
    state = telling_head(attention, "").state
    means = attention.head_scores().set_index(["layer", "head"])["previous_token"]
    assert means[(state["layer"], state["head"])] == pytest.approx(means.max(), abs=0.05)


def test_every_example_has_its_word_in_the_story_and_in_the_answer():
    for _, text, word in examples.LOOK:
        assert not word or text.count(word) >= 2
