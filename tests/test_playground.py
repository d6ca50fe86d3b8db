"""The playground without a browser: its widgets are pressed and slid, and what they show is read."""

import threading

import pytest

import aigc_toolkit
from aigc_toolkit import playground
from aigc_toolkit.notebook_playground import LONGEST_PROMPT


@pytest.fixture
def cell(lm):
    made = playground(lm, prompt="Mia found")
    made.max_new_tokens.value, made.temperature.value = 6, 0
    yield made
    made.stop()
    made.wait(60)


def write(cell) -> None:
    cell.write_button.click()
    cell.wait(60)


def test_write_shows_the_text_and_then_its_attention(cell, lm):
    write(cell)
    expected = aigc_toolkit.generate(lm, "Mia found", max_new_tokens=6, temperature=0)
    assert cell.generation == expected
    (view,) = cell.written.children
    assert [step["id"] for step in view.value["steps"]] == [step.id for step in expected.tokens]
    assert view.value["stop_reason"] == expected.stop_reason
    (attention,) = cell.attention.children
    assert attention.value["ask"] is True and attention.state["token"] == len(expected.ids) - 1
    assert (cell.status.value, cell.write_button.disabled, cell.stop_button.disabled) == ("", False, True)


def test_the_sliders_are_the_settings(cell, lm):
    cell.temperature.value, cell.top_k.value, cell.top_p.value, cell.seed.value = 1.5, 20, 0.9, 3
    write(cell)
    expected = aigc_toolkit.generate(lm, "Mia found", max_new_tokens=6, temperature=1.5, top_k=20, top_p=0.9, seed=3)
    assert cell.generation == expected


def test_the_same_view_goes_on_with_the_next_text(cell):
    write(cell)
    (first,) = cell.written.children
    cell.prompt.value = "Tom"
    write(cell)
    assert cell.written.children == (first,) and first.value["prompt"] == "Tom"


def test_stop_ends_the_writing_after_a_token(cell, monkeypatch):
    at_work, go_on = threading.Event(), threading.Event()
    stream = aigc_toolkit.stream

    def slow_stream(*arguments, **settings):
        steps = stream(*arguments, **settings)
        advance = type(steps).__next__

        class Slow(type(steps)):
            def __next__(self):
                at_work.set()
                assert go_on.wait(60)
                return advance(self)

        steps.__class__ = Slow
        return steps

    monkeypatch.setattr(aigc_toolkit, "stream", slow_stream)
    cell.max_new_tokens.value = 100
    cell.write_button.click()
    assert at_work.wait(60) and not cell.stop_button.disabled and cell.write_button.disabled
    cell.stop_button.click()
    go_on.set()
    cell.wait(60)
    assert cell.generation.stop_reason == "cancelled" and len(cell.generation.tokens) < 100


@pytest.mark.parametrize(
    ("prompt", "message"), [("x" * (LONGEST_PROMPT + 1), "up to 20000 are read in a cell. Shorten"), ("Mia " * 200, "Shorten")]
)
def test_what_cannot_be_written_is_said(cell, prompt, message):
    cell.prompt.value = prompt
    write(cell)
    assert message in cell.status.value
    assert cell.generation is None and not cell.write_button.disabled


def test_it_shows_itself(cell):
    assert repr(cell) == "Playground(tiny)"
    data = cell._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in (data[0] if isinstance(data, tuple) else data)


def test_the_labels_are_in_the_language_asked_for(lm):
    assert playground(lm, language="zh").write_button.description == "续写"
    assert playground(lm).write_button.description == "Write"
    with pytest.raises(ValueError, match="language is 'fr'; 'en', 'zh' or None is allowed"):
        playground(lm, language="fr")
