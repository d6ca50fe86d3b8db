"""What the operator of a page decides: where it is served, who may come in, how much a visitor may ask for.

Comes in: environment variables. Goes out: an `Operator`, whose defaults suit a public Space and one's own computer alike. Gradio's
own variables (GRADIO_SERVER_NAME, GRADIO_SERVER_PORT, GRADIO_ROOT_PATH, …) go on working: what is not set here is left to them.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

PREFIX = "AIGC_"
NOT_OURS = ("AIGC_API_KEY",)  # the key of a model on a server: `load_model` reads it
SWITCH = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}


def _text(given: str) -> str:
    if not given.strip():
        raise ValueError("a text")
    return given.strip()


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(given: str) -> int:
        if not given.strip().isdecimal() or not low <= int(given) <= high:
            raise ValueError(f"a whole number from {low:,} to {high:,}")
        return int(given)

    return read


def _gigabytes(given: str) -> float:
    try:
        number = float(given)
    except ValueError:
        number = -1.0
    if not 0.1 <= number <= 10_000:
        raise ValueError("a number from 0.1 to 10,000")
    return number


def _switch(given: str) -> bool:
    if given.strip().lower() not in SWITCH:
        raise ValueError("on or off")
    return SWITCH[given.strip().lower()]


def _login(given: str) -> tuple[str, str]:
    user, colon, password = given.partition(":")
    if not (user and colon and password):
        raise ValueError("user:password, neither of them empty")
    return user, password


def _list(given: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in given.split(",") if part.strip())


def _folders(given: str) -> tuple[Path, ...]:
    folders = tuple(Path(part).expanduser() for part in given.split(os.pathsep) if part)
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"folders that exist, with {os.pathsep!r} between them, and {str(folder)!r} is none")
    return folders


def _setting(default: object, read: Callable[[str], object], meaning: str):
    return field(default=default, metadata={"read": read, "meaning": meaning})


@dataclass(frozen=True)
class Operator:
    """The operator's settings; each can be set by the environment variable AIGC_ and its name in capitals.

    >>> Operator.from_environment({"AIGC_MAX_NEW_TOKENS": "100", "AIGC_TRAINING": "off"}).training
    False
    """

    model: str = _setting("story", _text, "the model the page opens with, as `load_model` takes it")
    models: tuple[str, ...] = _setting((), _list, 'Hugging Face ids visitors may load, as ids or patterns, or "any"')
    model_folders: tuple[Path, ...] = _setting((), _folders, "folders whose model folders visitors may load")
    model_gigabytes: float = _setting(4.0, _gigabytes, "memory for models beside the first one, GB")
    training: bool = _setting(True, _switch, "whether visitors may train models of their own")
    training_minutes: int = _setting(5, _whole(1, 24 * 60), "minutes a training may take at most; one runs at a time")
    training_megabytes: int = _setting(2, _whole(1, 1000), "MB of a text that a visitor may train on")
    training_waiting: int = _setting(8, _whole(1, 1000), "trainings that may wait in line")
    max_new_tokens: int = _setting(400, _whole(1, 100_000), "tokens a visitor may ask for at once")
    max_characters: int = _setting(200_000, _whole(100, 100_000_000), "characters of a text a visitor may send")
    max_waiting: int = _setting(128, _whole(1, 100_000), "requests that may wait; more are answered that the page is full")
    max_threads: int = _setting(128, _whole(4, 10_000), "threads that answer requests; a text being written holds one")
    host: str | None = _setting(
        None, _text, "address to listen on, e.g. 0.0.0.0; not set: this computer alone, or Gradio's variable"
    )
    port: int | None = _setting(None, _whole(1, 65_535), "port; not set: 7860 or the next free one, or Gradio's variable")
    login: tuple[str, str] | None = _setting(None, _login, "user:password that visitors must give; not set: none")

    def most_tokens(self, context_length: int | None) -> int:
        """New tokens a visitor may ask for of a model that reads so many; None: it states no limit."""
        return self.max_new_tokens if context_length is None else min(self.max_new_tokens, context_length)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Operator:
        """The settings in the environment; a variable that is empty counts as not set.

        Raises ValueError, naming the variable, for a value that is not allowed and for an AIGC_ variable that is none of these.
        """
        known = {PREFIX + setting.name.upper(): setting for setting in fields(cls)}
        chosen = {}
        for variable, given in environment.items():
            if not variable.startswith(PREFIX) or variable in NOT_OURS or not given:
                continue
            if variable not in known:
                close = difflib.get_close_matches(variable, known, n=1)
                raise ValueError(
                    f"{variable} is no setting of the page; allowed are {', '.join(known)}. "
                    f"{f'Did you mean {close[0]}?' if close else 'Check its spelling, or unset it.'}"
                )
            setting = known[variable]
            try:
                chosen[setting.name] = setting.metadata["read"](given)
            except ValueError as allowed:
                shown = "a value that is not shown" if setting.name == "login" else repr(given)
                raise ValueError(f"{variable} is {shown}; allowed: {allowed}. Change it, or unset it.") from None
        return cls(**chosen)

    def serving(self) -> dict[str, object]:
        """What Gradio's `launch` is given; left out is what Gradio's own variables may decide."""
        given = {"server_name": self.host, "server_port": self.port, "auth": self.login}
        return {name: value for name, value in given.items() if value is not None} | {"max_threads": self.max_threads}


USUAL_LIMITS = Operator()


def operator_table() -> str:
    """The settings as the README shows them: a Markdown table of variable, default and meaning."""
    rows = ["| variable | not set | what it says |", "|---|---|---|"]
    for setting in fields(Operator):
        default = {True: "on", False: "off", None: "", (): ""}.get(setting.default, setting.default)
        shown = f"{default:,}" if isinstance(default, int) else f"{default:g}" if isinstance(default, float) else default
        rows.append(f"| `{PREFIX}{setting.name.upper()}` | {shown} | {setting.metadata['meaning']} |")
    return "\n".join(rows)
