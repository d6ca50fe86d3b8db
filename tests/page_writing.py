"""Writing on the page, for tests: short texts, one visitor, every update at once."""

from aigc_toolkit.demo.stops import Stops
from aigc_toolkit.demo.writing import written

SHORT = {"temperature": 0, "max_new_tokens": 12, "seed": 0, "top_k": 0, "top_p": 1}


def updates(scheduler, text, **changes):
    return list(written(scheduler, Stops(), "a", text, SHORT | changes))
