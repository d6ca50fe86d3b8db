"""Another model is loaded while the page says so: ready only when it is, and what went wrong otherwise."""

from types import SimpleNamespace

import pytest

from aigc_toolkit.demo.drawer import chosen_model


class Panic(BaseException):
    """What a tokenizer's Rust raises."""


def said(choose, **more):
    shell = SimpleNamespace(models=SimpleNamespace(choose=choose))
    return list(chosen_model(shell, "a", "kept/a", **more))


def test_a_model_is_ready_once_it_is_chosen():
    chosen = []
    ((words, name),) = said(lambda *given: chosen.append(given))
    assert chosen == [("a", "kept/a")] and name == "kept/a" and "kept/a is ready" in words["en"]


@pytest.mark.parametrize("failure", [OSError, ValueError, RuntimeError, AttributeError, Panic])
def test_whatever_goes_wrong_is_said(failure):
    def choose(session, name):
        raise failure("out of luck")

    ((words, name),) = said(choose)
    assert name is None and words["kind"] == "error" and words["en"] == "This model cannot be used: out of luck"
    ((words, name),) = said(choose, failed="link_model")
    assert name is None and "The model of this link cannot be used here" in words["en"]
