"""What the page keeps for its visitors: results by unguessable names, and the event that stops each one's text."""

import pytest

from aigc_toolkit import attention_view, capture_attention
from aigc_toolkit.demo.stops import Stops
from aigc_toolkit.demo.store import ResultStore


@pytest.fixture(scope="module")
def view(lm):
    return attention_view(capture_attention(lm, "Mia lost her lantern."))


def test_the_store_gives_back_what_it_keeps_until_its_budget_is_full(view):
    store = ResultStore(budget_bytes=100)
    first = store.put(view, session="a", num_bytes=60)
    assert store.get(first) is view and store.get("guessed") is None
    second = store.put(view, session="a", num_bytes=60)
    assert store.get(first) is None and store.get(second) is view
    assert len(first) >= 30 and first != second


def test_the_result_used_last_stays_longest(view):
    store = ResultStore(budget_bytes=100)
    first, second = (store.put(view, session="a", num_bytes=40) for _ in range(2))
    store.get(first)
    store.put(view, session="a", num_bytes=40)
    assert store.get(first) is view and store.get(second) is None


def test_a_session_takes_its_results_along(view):
    store = ResultStore()
    mine, other = store.put(view, session="a", num_bytes=1), store.put(view, session="b", num_bytes=1)
    store.drop_session("a")
    assert store.get(mine) is None and store.get(other) is view


def test_stopping_ends_the_text_of_that_session_alone():
    stops = Stops()
    mine, other = stops.start("a", "write"), stops.start("b", "write")
    stops.stop("a")
    assert mine.is_set() and not other.is_set()
    stops.stop("nobody")
    newer = stops.start("b", "write")
    assert other.is_replaced and not newer.is_replaced and not mine.is_replaced
    stops.end(other)
    assert other.is_set() and not newer.is_set() and stops.is_running("b", "write")
    stops.end(newer)
    assert not stops.is_running("b", "write") and stops.is_running("a", "write")  # it is told to stop and may say its last


def test_a_text_of_another_tab_stops_one_and_a_switch_replaces_all():
    stops = Stops()
    story = stops.start("a", "write")
    answer = stops.start("a", "chat")
    assert story.is_set() and not story.is_replaced and not answer.is_set()
    stops.replace("a")
    assert all(text.is_set() and text.is_replaced for text in (story, answer))
    assert not stops.is_running("a", "write") and not stops.is_running("a", "chat")
