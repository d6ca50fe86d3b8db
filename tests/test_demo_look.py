"""The tab Look without a browser: what it says of texts and models it cannot show, and that it shows no model of before."""

from types import SimpleNamespace

import pytest

from aigc_toolkit import LanguageModel, generate
from aigc_toolkit.demo import Operator, build_demo, look_tab

REQUEST = SimpleNamespace(session_hash="a")


@pytest.fixture
def demo(lm):
    demo = build_demo(lm, Operator(max_characters=2000, training=False))
    yield demo
    demo.models.close()


def handled(demo, name, *given):
    """What the page's handler `name` gives, by the elements' names."""
    (handler,) = {each.fn for each in demo.blocks.fns.values() if each.name == name}
    return {block.elem_id: value for block, value in handler(*given, REQUEST).items()}


def said(demo, *given):
    shown = handled(demo, "look_at", *given)
    assert shown.keys() == {"look-status"}
    return shown["look-status"]["en"]


def test_a_text_or_two_are_looked_at(demo):
    shown = handled(demo, "look_at", "Mia lost her lantern.", "Tom")
    assert shown["look-status"] is None and shown["look-view"]["other"] == "Tom"


def test_what_cannot_be_looked_at_is_told(demo, monkeypatch):
    assert "no text yet" in said(demo, " ", "")
    assert "the model reads at most 128" in said(demo, "Mia", "word " * 300)
    assert "2,001 characters" in said(demo, "x" * 2001, "")
    assert "half of a character at position 1" in said(demo, "a\ud83d", "")

    def fails(lm, text):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(look_tab, "capture_attention", fails)
    assert said(demo, "Mia", "") == "The model failed at this text: out of memory"


def test_a_model_that_is_gone_is_named(demo, lm):
    demo.models.add_own("a", LanguageModel(lm.model, lm.tokenizer, "tales"))
    demo.models._loaded.clear()
    assert "This model cannot be used: '★ tales' is no longer kept" in said(demo, "Mia", "")


def test_what_another_model_saw_is_not_shown_after_a_switch(demo, lm, monkeypatch):
    capture, story = look_tab.capture_attention, generate(lm, "Mia", max_new_tokens=3)

    def slow(model, read):
        demo.models.add_own("a", LanguageModel(lm.model, lm.tokenizer, "tales"))
        return capture(model, read)

    monkeypatch.setattr(look_tab, "capture_attention", slow)
    for name, given in (("look_at", ("Mia", "")), ("look_inside", (story,))):
        demo.models.drop_session("a")
        shown = handled(demo, name, *given)
        assert shown.keys() == {"look-status"} and shown["look-status"]["__type__"] == "update"
    assert handled(demo, "look_at", "Mia", "").keys() == {"look-status", "look-view"}
