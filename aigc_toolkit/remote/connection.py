"""Requests to one server: its key, time-outs, tries, and answers that come as server-sent events.

In: paths and JSON bodies. Out: JSON answers, or an iterator of events that can be left at any moment. The key is read from the
environment at every request and is nowhere stored, logged or shown. Does not know what the JSON means.
"""

import email.utils
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from .errors import RemoteError

KEY_VARIABLES = ("AIGC_API_KEY", "OPENAI_API_KEY")
TRIED_AGAIN = (408, 429, 500, 502, 503, 504)
SHOWN_CHARACTERS = 300  # of what a server says when it refuses


@dataclass(frozen=True)
class Limits:
    """How patient a connection is."""

    connect_seconds: float = 5.0
    silence_seconds: float = 60.0  # longest wait for the next byte
    num_tries: int = 4
    first_delay_seconds: float = 0.5  # before the second try; doubled with each, plus up to a quarter by chance
    longest_delay_seconds: float = 30.0  # also of what a server asks for (Retry-After)


class Connection:
    """Asks one server. Any thread may use it."""

    def __init__(self, address: str, limits: Limits):
        self.address, self._limits = address, limits
        timeout = httpx.Timeout(limits.silence_seconds, connect=limits.connect_seconds)
        self._client = httpx.Client(timeout=timeout, follow_redirects=False)  # a redirect would carry the key elsewhere

    def ask(self, path: str, body: dict | None = None, *, num_tries: int | None = None) -> Any:
        """The JSON answer to a GET, or to a POST of `body`. Raises `RemoteError`."""
        response = self.open(path, body, threading.Event(), num_tries=num_tries)
        try:
            return json.loads(response.read())
        except (ValueError, httpx.HTTPError) as error:
            raise RemoteError(f"{self.address}{path} gave no whole JSON ({type(error).__name__}). Check the address.") from error
        finally:
            response.close()

    def open(self, path: str, body: dict | None, stop: threading.Event, *, num_tries: int | None = None) -> httpx.Response:
        """A response whose body is still to be read, tried again after passing faults. Raises `RemoteError`."""
        num_tries = num_tries or self._limits.num_tries
        for number in range(1, num_tries + 1):
            delay = None
            try:
                response = self._client.send(self._request(path, body), stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.RemoteProtocolError, httpx.ReadError) as error:
                failure = self._unreachable(error)
            except httpx.HTTPError as error:
                raise self._unreachable(error) from error
            else:
                if response.is_success:
                    return response
                failure, delay = self._refused(path, response), _asked_delay(response)
                if response.status_code not in TRIED_AGAIN:
                    raise failure
            if number == num_tries or stop.wait(self._delay(number, delay)):
                raise failure
        raise AssertionError("num_tries is at least 1")

    def events(self, path: str, body: dict, stop: threading.Event) -> Iterator[dict]:
        """The events of a streaming answer. Lines that are no JSON object are passed over; raises `RemoteError`."""
        response = self.open(path, body, stop)
        leave = threading.Event()
        watch = threading.Thread(target=_close_when, args=(response, stop, leave), daemon=True)
        watch.start()
        try:
            yield from self._parsed(path, response)
        except httpx.TimeoutException as error:
            raise RemoteError(
                f"{self.address} said nothing for {self._limits.silence_seconds:g} seconds in the middle of an answer. "
                "Ask again, or give it more time (Limits)."
            ) from error
        except (httpx.HTTPError, OSError) as error:
            if not stop.is_set():
                raise RemoteError(f"{self.address} was lost in the middle of an answer ({error}). Ask again.") from error
        finally:
            leave.set()
            response.close()

    def _parsed(self, path: str, response: httpx.Response) -> Iterator[dict]:
        if "text/event-stream" not in response.headers.get("content-type", ""):
            raise RemoteError(f"{self.address}{path} does not stream: it gave {response.headers.get('content-type')!r}.")
        for line in response.iter_lines():
            field, _, data = line.partition(":")
            if field != "data":
                continue  # comments that keep a connection awake, and fields this protocol does not use
            if data.strip() == "[DONE]":
                return
            try:
                event = json.loads(data)
            except ValueError:
                continue
            if isinstance(event, dict) and event.get("error"):
                raise RemoteError(f"{self.address} failed in the middle of an answer: {self._shown(_message(event))}.")
            if isinstance(event, dict):
                yield event

    def _request(self, path: str, body: dict | None) -> httpx.Request:
        key = _key()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self._client.build_request("GET" if body is None else "POST", self.address + path, json=body, headers=headers)

    def _delay(self, number: int, asked: float | None) -> float:
        delay = self._limits.first_delay_seconds * 2 ** (number - 1) * random.uniform(1, 1.25) if asked is None else asked
        return min(delay, self._limits.longest_delay_seconds)

    def _unreachable(self, error: Exception) -> RemoteError:
        return RemoteError(
            f"{self.address} cannot be reached ({type(error).__name__}: {error}); a running server is needed. "
            "Check the address, and that the server runs."
        )

    def _refused(self, path: str, response: httpx.Response) -> RemoteError:
        try:
            said = _message(json.loads(response.read()))
        except (ValueError, httpx.HTTPError):
            said = response.reason_phrase
        finally:
            response.close()
        hint = f" Set the key in the environment variable {KEY_VARIABLES[0]}." if response.status_code in (401, 403) else ""
        return RemoteError(
            f"{self.address}{path} answered {response.status_code}: {self._shown(said)}.{hint}", status=response.status_code
        )

    def _shown(self, said: str) -> str:
        """What a server said, short and without the key."""
        key = _key()
        return (said.replace(key, "…") if key else said).strip().rstrip(".")[:SHOWN_CHARACTERS]


def _key() -> str | None:
    for name in KEY_VARIABLES:
        key = os.environ.get(name, "").strip()
        if key and not (key.isascii() and key.isprintable()):
            raise ValueError(f"The key in {name} holds signs that a header cannot; printable ASCII is allowed. Set it again.")
        if key:
            return key
    return None


def _message(answer: Any) -> str:
    """The message in a server's JSON, whichever of the usual forms it has."""
    for name in ("error", "message", "detail"):
        if isinstance(answer, dict) and answer.get(name):
            answer = answer[name]
    return answer if isinstance(answer, str) else json.dumps(answer)


def _asked_delay(response: httpx.Response) -> float | None:
    """Seconds a server asks to wait: a number or a date (RFC 9110, section 10.2.3)."""
    asked = response.headers.get("retry-after", "")
    try:
        return max(float(asked), 0.0)
    except ValueError:
        pass
    try:
        return max(email.utils.parsedate_to_datetime(asked).timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def _close_when(response: httpx.Response, stop: threading.Event, leave: threading.Event) -> None:
    """Break off a response when `stop` is set, also while its reader waits for a byte."""
    while not leave.wait(0.05):
        if stop.is_set():
            socket = response.extensions["network_stream"].get_extra_info("socket")
            socket.shutdown(2)  # both ways: the reader wakes, the server sees that nobody listens
            return
