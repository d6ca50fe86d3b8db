"""What is wrong with a visitor's text or settings, said in both languages.

Comes in: the text and the error the toolkit raised. Goes out: a message for the page's status line. It decides nothing: what is
allowed is the toolkit's to say.
"""

from __future__ import annotations

from aigc_toolkit import LanguageModel, Scheduler

from .texts import message

REFUSALS = (TypeError, ValueError, ConnectionError, Scheduler.Full)  # what a visitor can mend, or wait for


def explain(lm: LanguageModel, text: str, problem: Exception, *, too_long: str, otherwise: str = "bad_setting") -> dict[str, str]:
    """What is wrong with a text or setting, in both languages; `too_long` is the message for a text beyond the context."""
    if isinstance(problem, Scheduler.Full):
        return message("busy")
    if isinstance(problem, ConnectionError):
        return message("server", reason=str(problem))
    lone = next((position for position, character in enumerate(text) if "\ud800" <= character <= "\udfff"), None)
    if lone is not None:
        return message("surrogate", position=lone)
    if lm.context_length is not None and (num_tokens := len(lm.texts.encode(text))) >= lm.context_length:
        return message(too_long, tokens=num_tokens, limit=lm.context_length)
    return message(otherwise, reason=str(problem))
