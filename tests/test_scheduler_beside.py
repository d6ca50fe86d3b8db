"""What no batch holds, beams and long texts and those of a server: written beside it, and served and counted like all others."""

import pytest
from shared_texts import GREEDY, together, written

from aigc_toolkit import Scheduler, generate


def test_what_no_batch_holds_is_written_beside_it(lm, scheduler, monkeypatch):
    beams = GREEDY | {"num_beams": 3}
    texts = together([lambda: written(scheduler.stream("Once", **beams)), lambda: written(scheduler.stream("Once", **GREEDY))])
    assert texts == [generate(lm, "Once", **beams).text, generate(lm, "Once", **GREEDY).text]
    monkeypatch.setattr("aigc_toolkit.generation.scheduler.LONGEST", 8)
    with Scheduler(lm) as small:
        assert written(small.stream("Once upon a time", **GREEDY)) == generate(lm, "Once upon a time", **GREEDY).text


def test_a_failure_beside_the_batch_is_told(scheduler, monkeypatch):
    def failing(stream):
        raise ValueError("no beam")

    monkeypatch.setattr("aigc_toolkit.generation.decoding.TokenStream.__next__", failing)
    with pytest.raises(ValueError, match="no beam"):
        list(scheduler.stream("Once", **GREEDY, num_beams=3))
