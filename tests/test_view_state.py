"""The state of a view: whole, small, JSON, and never one that points at nothing."""

import json

import pytest
from browser.fake_records import FakeAttention
from constructed import captured

from aigc_toolkit.views import attention_view

WORDS = ["The", " cat", " sat", "."]
KEYS = {"of", "kind", "layer", "head", "token", "reading", "panel", "zoom", "cell", "curve", "skip_first", "measure", "least"}
KEYS |= {"grouping", "lines", "mass", "map"}


@pytest.fixture
def view():
    return attention_view(FakeAttention(WORDS))


@pytest.fixture(scope="module")
def three_kinds(tokenizer):
    return captured("t5", tokenizer, "Mia lost it.", source="Tom gave the red lantern back to her.")


def test_a_view_opens_at_the_last_layer_and_token(view):
    state = view.state
    assert state.keys() == KEYS
    assert (state["of"], state["kind"], state["layer"], state["head"], state["token"]) == (0, "decoder", 3, 0, 3)
    assert json.loads(json.dumps(state)) == state == view.payload()["state"]


def test_a_change_keeps_the_rest(view):
    before = view.state
    view.state = {"layer": 1, "zoom": (0, 2, 1, 3), "least": 0.5}
    assert view.state == {**before, "layer": 1, "zoom": [0, 2, 1, 3], "least": 0.5}
    view.state["layer"] = 0
    assert view.state["layer"] == 1, "a state that was read is a copy"
    view.state = before
    assert view.state == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hover": 1}, r"The state has no hover\. Allowed are cell, curve, grouping, .*zoom\. Leave the others out\."),
        ({"of": 1}, r"of is 1\. Allowed: 0\. Choose one of these, or leave of out\."),
        ({"of": False}, r"of is False\. Allowed"),
        ({"kind": "cross"}, r"kind is 'cross'\. Allowed: 'decoder'\."),
        ({"layer": 4}, r"layer is 4\. Allowed: 0 to 3\."),
        ({"layer": "1"}, r"layer is '1'\. Allowed"),
        ({"head": True}, r"head is True\. Allowed"),
        ({"token": 4}, r"token is 4\. Allowed: 0 to 3\."),
        ({"reading": "diagonal"}, r"reading is 'diagonal'\. Allowed: 'row', 'column', 'predict'\."),
        ({"panel": None}, r"panel is None\. Allowed: 'map', 'lines', 'cell'\."),
        ({"skip_first": 1}, r"skip_first is 1\. Allowed: False, True\."),
        ({"zoom": [0, 0, 0, 4]}, r"zoom is \[0, 0, 0, 4\]\. Allowed: None or \[row0, row1, column0, column1\] within 4 rows and 4"),
        ({"zoom": [0, 5, 0, 4]}, r"zoom is \[0, 5"),
        ({"cell": [0]}, r"cell is \[0\]\. Allowed: None or \[query, key\] within 4 queries and 4 keys"),
        ({"mass": 1.1}, r"mass is 1\.1\. Allowed: 0 to 1\."),
        ({"mass": float("nan")}, r"mass is nan\. Allowed"),
        ({"least": "much"}, r"least is 'much'\. Allowed: None or a number"),
        ({"measure": "beauty"}, r"measure is 'beauty'\. Allowed: 'position', 'first_token'\."),
    ],
)
def test_what_is_not_allowed_is_refused(view, changes, message):
    before = view.state
    with pytest.raises(ValueError, match=message):
        view.state = changes
    assert view.state == before


def test_measures_are_the_head_scores(view):
    view.state = {"measure": "first_token"}
    assert view.state["measure"] == "first_token"


def test_nothing_may_be_pinned(view):
    view.state = {"token": None}
    assert view.state["token"] is None


def test_another_kind_brings_positions_back_inside(three_kinds):
    view = attention_view(three_kinds)
    part = {kind: three_kinds.of(kind) for kind in three_kinds.kinds}
    last = len(part["encoder"].tokens) - 1
    view.state = {"kind": "encoder", "token": last, "cell": [last, last], "zoom": [0, last + 1, 0, 2]}
    view.state = {"kind": "decoder"}
    assert view.state["token"] == len(part["decoder"].tokens) - 1
    assert view.state["cell"] is view.state["zoom"] is None
    with pytest.raises(ValueError, match="token is 30"):
        view.state = {"kind": "encoder", "token": 30}


def test_the_keys_of_cross_attention_are_the_sources(three_kinds):
    view = attention_view(three_kinds)
    last = len(three_kinds.of("encoder").tokens) - 1
    view.state = {"kind": "cross", "reading": "column", "token": last, "cell": [0, last]}
    assert view.state["token"] == last > len(three_kinds.tokens)
    view.state = {"reading": "row"}
    assert view.state["token"] == len(three_kinds.tokens) - 1


def test_a_difference_needs_the_same_tokens():
    same = attention_view(FakeAttention(WORDS), compare=FakeAttention(WORDS, num_layers=2))
    same.state = {"layer": 3}
    same.state = {"of": "difference"}
    assert same.state["layer"] == 1, "the other has two layers"
    other = attention_view(FakeAttention(WORDS), compare=FakeAttention(WORDS[:2]))
    with pytest.raises(ValueError, match=r"of is 'difference'\. Allowed: 0 or 1\."):
        other.state = {"of": "difference"}
    other.state = {"of": 1}
    assert other.state["token"] == 1


def test_a_payload_of_three_kinds_names_two_texts(three_kinds):
    (attention,) = attention_view(three_kinds).payload()["attentions"]
    assert attention["kinds"] == ["encoder", "decoder", "cross"]
    cross, encoder, decoder = (attention["parts"][kind] for kind in ("cross", "encoder", "decoder"))
    assert cross["tokens"] == decoder["tokens"] and cross["key_tokens"] == encoder["tokens"]
    assert cross["key_prose"] == encoder["prose"] and decoder["key_tokens"] is None
    assert cross["key_groups"] == encoder["groups"] and encoder["key_groups"] is None
    assert (decoder["causal"], encoder["causal"], cross["causal"]) == (True, False, False)


def test_a_payload_says_what_layers_are(tokenizer):
    part = attention_view(captured("lfm2", tokenizer)).payload()["attentions"][0]["parts"]["decoder"]
    assert part["layer_numbers"] == [1] and part["other_layers"] == {"0": "conv", "2": "conv"}
    windows = attention_view(captured("gemma3", tokenizer)).payload()["attentions"][0]["parts"]["decoder"]["sees"]
    assert windows == [{"window": 4}, {"window": None}]
    sinks = attention_view(captured("gpt_oss", tokenizer)).payload()["attentions"][0]["parts"]["decoder"]
    assert sinks["sinks"] and sinks["key_tokens"] == [*sinks["tokens"], "<sink>"] and sinks["key_prose"][-1] == "<sink>"
