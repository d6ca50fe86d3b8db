"""What is wrong with a visitor's text or settings, said in both languages.

Comes in: the text and the error the toolkit raised. Goes out: a message for the page's status line. It decides nothing: what is
allowed is the toolkit's to say.
"""

from __future__ import annotations

from aigc_toolkit import LanguageModel, Scheduler

from .texts import message

REFUSALS = (TypeError, ValueError, ConnectionError, Scheduler.Full, RuntimeError)  # what a visitor is told of
NO_MODEL = (OSError, ValueError)  # what `Models` and `load_model` raise where there is no such model


class Refusal(ValueError):
    """What a visitor wants cannot be done; `text` says so in both languages."""

    def __init__(self, text: dict[str, str]):
        self.text = text
        super().__init__(text["en"])


class TooManyCharacters(ValueError):
    """A text is longer than the operator allows."""

    def __init__(self, given: int, allowed: int):
        super().__init__(f"The text has {given:,} characters; {allowed:,} are allowed on this page. Shorten it.")
        self.given, self.allowed = given, allowed


def checked_length(text: str, allowed: int) -> str:
    """The text itself. Raises `TooManyCharacters`."""
    if len(text) > allowed:
        raise TooManyCharacters(len(text), allowed)
    return text


def explain(lm: LanguageModel, text: str, problem: Exception, *, too_long: str, otherwise: str = "bad_setting") -> dict[str, str]:
    """What is wrong, in both languages: the messages are `too_long` for a text beyond the context, `otherwise` for what is left."""
    if isinstance(problem, TooManyCharacters):
        return message("too_many_characters", given=problem.given, allowed=problem.allowed)
    if isinstance(problem, Scheduler.Full):
        return message("busy")
    if isinstance(problem, ConnectionError):
        return message("server", reason=str(problem))
    if isinstance(problem, RuntimeError):  # torch's, out of memory among them, and that of a scheduler that was closed
        return message("failed", reason=str(problem))
    lone = next((position for position, character in enumerate(text) if "\ud800" <= character <= "\udfff"), None)
    if lone is not None:
        return message("surrogate", position=lone)
    if lm.context_length is not None and (num_tokens := len(lm.texts.encode(text))) >= lm.context_length:
        return message(too_long, tokens=num_tokens, limit=lm.context_length)
    return message(otherwise, reason=str(problem))
