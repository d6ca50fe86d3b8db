"""Conversations on the page: answers as they come, turns asked again, taken back and changed, what cannot be answered."""

import pytest

from aigc_toolkit.demo.dialogue import Turn, answer_of, answered, asked, edited, to_answer, to_answer_again, undone
from aigc_toolkit.demo.stops import Stops
from tests.page_writing import SHORT

TALK = (Turn("user", "Once"), Turn("assistant", "a"), Turn("user", "upon"), Turn("assistant", "b"))


def conversation(scheduler, turns, system="", **changes):
    return list(answered(scheduler, Stops(), "a", turns, system=system, settings=SHORT | changes))


def test_an_answer_comes_in_updates_and_remembers_how_it_was_written(lm, scheduler):
    every = conversation(scheduler, asked(TALK, "a time"), system="Be brief.")
    assert every[0].running and every[0].turns == asked(TALK, "a time") and not every[-1].running
    answer = every[-1].turns[-1]
    assert answer.role == "assistant" and answer.text == answer.generation.text.strip()
    prompt = answer.generation.prompt
    assert prompt.index("Be brief.") < prompt.index("Once") < prompt.index("upon") < prompt.index("a time")
    assert answer_of(every[-1].turns, 5) is answer.generation
    assert answer_of(every[-1].turns, 0) is None
    assert [answer_of(every[-1].turns, index) for index in ("<b>", 99, -1, True)] == [None] * 4


def test_turns_are_asked_again_taken_back_and_changed():
    assert to_answer_again(TALK) == TALK[:3]
    assert undone(TALK) == (TALK[:2], "upon") and undone(()) == ((), "")
    assert edited(TALK, 0, "Twice") == (Turn("user", "Twice"),)
    assert asked(TALK[:3], "more") == (*TALK[:2], Turn("user", "more"))  # one that got no answer gives way


def test_what_there_is_to_answer():
    assert to_answer(TALK, "more") == asked(TALK, "more") and to_answer(TALK, " ") is None and to_answer((), "") is None
    assert to_answer(TALK[:3], " ") == TALK[:3]  # a question that got no answer is asked again


def test_an_answer_that_gave_way_to_another_says_no_more(scheduler):
    stops = Stops()
    first = answered(scheduler, stops, "a", asked((), "Once"), system="", settings=SHORT | {"max_new_tokens": 100})
    next(first)
    stops.start("a", "chat")
    assert list(first) == [] and stops.is_running("a", "chat")


@pytest.mark.parametrize(("index", "text"), [(1, "x"), (9, "x"), ("0", "x"), (True, "x"), (0, "  "), (0, ["x"])])
def test_only_questions_are_changed_and_only_to_texts(index, text):
    with pytest.raises(ValueError, match=r"turns \[0, 2\] are questions\. Choose one"):
        edited(TALK, index, text)


def test_what_cannot_be_answered_gets_a_message(scheduler):
    (_, last) = conversation(scheduler, asked((), "word " * 1000))
    assert not last.running and "needs room to answer" in last.problem["en"]
    (_, last) = conversation(scheduler, asked((), "Hello <|endoftext|>"))
    assert "cannot be answered" in last.problem["en"] and "special token" in last.problem["en"]
