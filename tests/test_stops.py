"""Where a text ends: at its end, at a stop text, when its time is over, when it is told to, where the context ends."""

import copy
import threading
import time

import pytest
from written_references import reference_ids, with_end_of_text

from aigc_toolkit.generation import generate, stream
from aigc_toolkit.language_model import LanguageModel

PROMPT = "Mia 找到了 a 😀"


def test_end_of_text_stops_and_is_the_last_token_as_in_transformers(lm):
    free = generate(with_end_of_text(lm), PROMPT, max_new_tokens=20, temperature=0)
    stopping = with_end_of_text(lm, free.tokens[7].id, 399)
    generation = generate(stopping, PROMPT, max_new_tokens=20, temperature=0)
    assert generation.stop_reason == "end_of_text"
    assert len(generation.tokens) <= 8 and generation.tokens[-1].id == free.tokens[7].id
    assert generation.ids == reference_ids(stopping, generation.prompt_ids, 20)


@pytest.mark.parametrize("num_beams", [1, 2])
def test_a_stop_event_ends_the_stream_between_two_tokens(lm, num_beams):
    stop = threading.Event()
    steps = stream(lm, PROMPT, max_new_tokens=50, temperature=0, stop_event=stop)
    next(steps)
    stop.set()
    assert list(steps) == [] and steps.stop_reason == "cancelled"
    assert generate(lm, PROMPT, temperature=0, num_beams=num_beams, stop_event=stop).tokens == ()


def test_nothing_is_computed_after_the_stream_was_cancelled(lm):
    calls = []
    counted = LanguageModel(copy.deepcopy(lm.model), lm.tokenizer, "counted")
    counted.model.register_forward_pre_hook(lambda *given: calls.append(1))
    steps = stream(counted, PROMPT, max_new_tokens=50, temperature=0, stop_event=(stop := threading.Event()))
    next(steps)
    stop.set()
    before = len(calls)
    assert list(steps) == [] and len(calls) == before


def test_a_text_ends_when_its_time_is_over(lm, monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    generation = generate(with_end_of_text(lm), PROMPT, max_new_tokens=100, temperature=0, max_time=5)
    assert generation.stop_reason == "max_time" and 0 < len(generation.tokens) <= 6


def test_a_stop_text_ends_the_text_and_stays_in_it(lm):
    free = generate(with_end_of_text(lm), PROMPT, max_new_tokens=30, temperature=0)
    stop = free.text[5:8]  # parts of several tokens
    stopped = generate(with_end_of_text(lm), PROMPT, max_new_tokens=30, temperature=0, stop=["never comes", stop])
    assert stopped.stop_reason == "stop_text" and stop in stopped.text
    assert free.text.startswith(stopped.text) and stop not in "".join(step.text for step in stopped.tokens[:-1])


def test_the_text_ends_where_the_context_ends(lm):
    generation = generate(with_end_of_text(lm), PROMPT, max_new_tokens=128, temperature=0, num_alternatives=0)
    assert generation.stop_reason == "context_full"
    assert len(generation.ids) == lm.context_length and generation.tokens[0].alternatives == ()
