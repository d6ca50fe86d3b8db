"""The tree of branches: who grew from whom, what a table, a file and a notebook show of it."""

import copy
import json
import pickle
from dataclasses import asdict

import pytest
from branch_steps import PROMPT, other_token

from aigc_toolkit import generation_view
from aigc_toolkit.generation import generate
from aigc_toolkit.generation.branches import GenerationTree


def test_the_tree_knows_parents_children_and_paths(story):
    first = story.branch(story.tokens[2].position, other_token(story.tokens[2]))
    second = story.branch(story.tokens[5].position, other_token(story.tokens[5]))
    below = first.branch(first.tokens[7].position, other_token(first.tokens[7]))
    tree = story.tree
    assert first.tree is second.tree is below.tree is tree and len(tree) == 4
    assert [node.number for node in tree.path(below)] == [0, 1, 3]
    assert [node.generation for node in tree.children(story)] == [first, second]
    assert tree[3].position == first.tokens[7].position and tree[3].own_text == "".join(s.text for s in below.tokens[7:])
    lines = str(tree).splitlines()
    assert [line.split()[0] for line in lines] == ["0", "1", "3", "2"] and lines[2].startswith("      3  at ")
    assert repr(tree) == "GenerationTree(4 generations by 'endless')"


def test_a_pruned_branch_takes_what_grew_from_it_along(story):
    first = story.branch(story.tokens[2].position, other_token(story.tokens[2]))
    below = first.branch(first.tokens[7].position, other_token(first.tokens[7]))
    second = story.branch(story.tokens[5].position, other_token(story.tokens[5]))
    assert story.tree.prune(first) == 2 and [node.number for node in story.tree] == [0, 3]
    assert story.tree[3].generation is second and below.tree is not story.tree
    with pytest.raises(ValueError, match="The root cannot be pruned: every branch grew from it. Prune a branch"):
        story.tree.prune(story)


def test_branches_are_compared_in_a_table(story):
    story.branch(story.tokens[2].position, story.tokens[2].alternatives[9])
    table = story.tree.compare()
    assert list(table.index) == [0, 1] and table.loc[1, "parent"] == 0
    assert table.loc[0, "mean_logprob"] == story.mean_logprob and table.loc[0, "mean_entropy"] == story.mean_entropy
    assert table.loc[1, "text"] == story.tree[1].generation.text and table.loc[1, "num_tokens"] == 15


def test_a_saved_tree_is_the_same_tree_and_goes_on_growing(endless, story, tmp_path):
    first = story.branch(story.tokens[2].position, other_token(story.tokens[2]))
    story.branch(story.tokens[5].position, "灯")
    story.tree.prune(first)
    path = story.tree.save(tmp_path / "tree.json")
    loaded = GenerationTree.load(path, endless)
    assert [(n.number, n.parent, n.position, n.generation) for n in loaded] == [
        (n.number, n.parent, n.position, n.generation) for n in story.tree
    ]
    grown = loaded[2].generation.branch(story.tokens[5].position + 1, "")
    assert loaded.node(grown).number == 3 and len(grown.tokens) == 6 + 12


def test_a_tree_read_without_a_model_can_be_read_and_not_grown(story, tmp_path):
    loaded = GenerationTree.load(story.tree.save(tmp_path / "tree.json"))
    assert loaded[0].generation == story
    with pytest.raises(ValueError, match="is a copy or was loaded without one; going on from it needs a model on this computer"):
        loaded.branch(0, story.tokens[1].position, "a")


def test_a_click_on_an_alternative_in_a_notebook_shows_the_branch(story):
    view = generation_view(story)
    view._repr_mimebundle_()
    assert view._widget.value["can_branch"] and "can_branch" not in view.payload()
    for nothing in ({"type": "noise"}, {"type": "alternative"}, {"type": "alternative", "position": "1", "id": 2}):
        view.answer(nothing)
    assert view.generation is story
    chosen = other_token(story.tokens[4])
    view.answer({"type": "alternative", "position": story.tokens[4].position, "id": chosen.id})
    assert view.generation is story.tree[1].generation and view._widget.value["steps"][4]["id"] == chosen.id
    view.answer({"type": "alternative", "position": story.tokens[2].position, "text": " lantern"})
    assert story.tree[2].parent == 1 and view._widget.value["can_branch"]
    assert not generation_view(copy.deepcopy(story))._live_payload()["can_branch"]


def test_a_generation_stays_a_plain_record(story):
    story.branch(story.tokens[2].position, "a")
    assert json.loads(json.dumps(asdict(story)))["text"] == story.text
    for same in (copy.deepcopy(story), pickle.loads(pickle.dumps(story))):
        assert same == story and hash(same) == hash(story) and same.origin is None


def test_a_generation_of_another_tree(endless, story):
    stranger = generate(endless, PROMPT, max_new_tokens=2)
    with pytest.raises(ValueError, match="is not in this tree; it has the numbers 0. Pass one of them"):
        story.tree.path(stranger)


def test_files_that_are_no_tree(story, tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*written by GenerationTree.save is needed. Check"):
        GenerationTree.load(tmp_path / "none.json")
    path = story.tree.save(tmp_path / "tree.json")
    good = json.loads(path.read_text())
    orphan = [good["nodes"][0] | {"parent": 7}]
    for bad in ("{", "[]", json.dumps({"format": "other"}), *(json.dumps(good | {"nodes": nodes}) for nodes in ([], [{}], orphan))):
        path.write_text(bad)
        with pytest.raises(ValueError, match="holds no tree .*a file written by GenerationTree.save is allowed. Save"):
            GenerationTree.load(path)


def test_a_tree_of_another_model(lm, story, tmp_path):
    with pytest.raises(ValueError, match="was written by 'endless', and the model given is 'tiny'; .*Load the same model"):
        GenerationTree.load(story.tree.save(tmp_path / "tree.json"), lm)
