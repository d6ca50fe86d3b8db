"""Branches of a text on the page: from an alternative, from a typed token, the tree as it is drawn, pruning, forged choices."""

import pytest

from aigc_toolkit.demo.branching import MOST_BRANCHES, branched, picked, pruned, tree_value
from aigc_toolkit.demo.stops import Stops
from tests.page_writing import updates


def branch(scheduler, generation, **choice):
    return list(branched(scheduler, Stops(), "a", generation, choice))


@pytest.fixture
def story(scheduler):
    return updates(scheduler, "Once upon")[-1].finished


def test_an_alternative_goes_on_as_a_branch(scheduler, story):
    step = story.tokens[3]
    every = branch(scheduler, story, position=step.position, id=step.alternatives[1].id)
    assert [kept["id"] for kept in every[0].view["steps"]] == [kept.id for kept in story.tokens[:3]]
    made = every[-1].finished
    assert made.ids[: step.position] == story.ids[: step.position]
    assert made.tokens[3].id == step.alternatives[1].id and made.tree is story.tree
    assert every[-1].view["can_branch"] and every[-1].view["stop_reason"] == made.stop_reason


def test_a_typed_token_goes_on_as_a_branch(scheduler, story):
    made = branch(scheduler, story, position=story.tokens[2].position, text=" dragon")[-1].finished
    assert "".join(step.text for step in made.tokens[2:]).startswith(" dragon")


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"position": "<b>", "id": 3},
        {"position": 1, "id": 3},
        {"position": 10**9, "id": 3},
        {"position": 5, "id": True},
        {"position": 5, "id": 10**9},
        {"position": 5, "text": ""},
        {"position": 5, "text": "x" * 300},
        {"position": 5, "text": ["a"]},
    ],
)
def test_what_no_view_sends_makes_no_branch(scheduler, story, choice):
    (update,) = branch(scheduler, story, **choice)
    assert "cannot go on from there" in update.problem["en"] and len(story.tree) == 1
    assert update.finished is story and update.view["stop_reason"] == story.stop_reason


def test_a_text_has_only_so_many_branches(scheduler, story, monkeypatch):
    monkeypatch.setattr("aigc_toolkit.demo.branching.MOST_BRANCHES", 1)
    (update,) = branch(scheduler, story, position=story.tokens[1].position, text="x")
    assert "Prune one first" in update.problem["en"] and MOST_BRANCHES == 40


def test_the_tree_is_drawn_depth_first_and_pruned(scheduler, story):
    first = branch(scheduler, story, position=story.tokens[1].position, text=" one")[-1].finished
    second = branch(scheduler, story, position=story.tokens[2].position, text=" two")[-1].finished
    deep = branch(scheduler, first, position=first.tokens[5].position, text=" three")[-1].finished
    rows = tree_value(deep)["branches"]
    assert [(row["number"], row["depth"], row["shown"]) for row in rows] == [
        (0, 0, False),
        (1, 1, False),
        (3, 2, True),
        (2, 1, False),
    ]
    assert rows[2]["text"].startswith(" three") and rows[2]["position"] == first.tokens[5].position
    assert rows[2]["mean"] == pytest.approx(sum(step.logprob for step in deep.tokens) / len(deep.tokens))
    assert picked(deep, 2) is second
    assert pruned(second, 1) is second and [row["number"] for row in tree_value(second)["branches"]] == [0, 2]
    assert pruned(second, 2) is story
    assert tree_value(None) is None
    for number in ("<b>", True, 7):
        with pytest.raises(ValueError, match="number"):
            picked(story, number)
    with pytest.raises(ValueError, match="root cannot be pruned"):
        pruned(story, 0)
