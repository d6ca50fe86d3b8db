"""An edited text is read again from the token it touches."""

import pytest
from branch_steps import PROMPT, steps_of_one_pass

from aigc_toolkit.generation import generate


def changed(story, start, end, text):
    """The whole text with `text` in place of the characters `start` to `end` of the generated part."""
    return story.prompt + story.text[:start] + text + story.text[end:]


def test_an_edit_reads_the_text_again_from_the_token_it_touches(endless, story):
    text = changed(story, 3, 5, "lantern")
    edit = story.edit(text, max_new_tokens=4)
    assert (edit.prompt + edit.text).startswith(text) and edit.prompt == story.prompt
    num_kept = sum(1 for one, other in zip(edit.tokens, story.tokens, strict=False) if one == other)
    assert num_kept > 0 and story.tree.node(edit).position == len(story.prompt_ids) + num_kept
    first = len(edit.prompt_ids)
    assert [step.logprob for step in edit.tokens] == pytest.approx(steps_of_one_pass(endless, edit.ids, first), abs=1e-4)


def test_an_edit_in_the_prompt_makes_the_whole_text_the_prompt(endless, story, positions):
    text = "Tom" + (story.prompt + story.text)[3:]
    edit = story.edit(text, max_new_tokens=4)
    assert edit.prompt == text and edit.prompt_ids == tuple(endless.texts.encode(text)) and len(edit.tokens) == 4
    assert story.tree.node(edit).position == 0
    ending = "Mia lost it"
    positions.clear()
    other = story.edit(ending, max_new_tokens=1)
    shared = story.tree.node(other).position
    assert shared > 0 and positions == [len(other.prompt_ids) - shared]


def test_words_added_at_the_end_are_read_and_gone_on_from(endless):
    whole = generate(endless, PROMPT, max_new_tokens=6, temperature=0)  # no loose bytes yet
    edit = whole.edit(whole.prompt + whole.text + " and Tom", max_new_tokens=2)
    assert edit.text.startswith(whole.text + " and Tom") and edit.tokens[:5] == whole.tokens[:5]


def test_an_edit_that_changes_nothing(story):
    with pytest.raises(ValueError, match="The text is not changed; an edit changes something. Use branch"):
        story.edit(story.prompt + story.text)
