"""The reply to a notebook view's message.

In: a message {id, type, base64, …arguments} and functions that have the payload and answer requests. Out: the content of the reply
and its buffers: numbers are deflated where that makes them smaller, and base64 text where the home of a view loses buffers.
"""

import base64
import zlib
from collections.abc import Callable, Mapping
from typing import Any


def answer_message(
    message: Mapping[str, Any],
    payload: Callable[[], dict[str, Any]],
    request: Callable[..., bytes | dict[str, Any]],
) -> tuple[dict[str, Any], list[bytes]] | None:
    """The reply to one message; None if it asks nothing. What fails is in the reply."""
    arguments = {name: value for name, value in message.items() if name not in ("id", "type", "base64")}
    name, about = message.get("type"), {"id": message.get("id")}
    if about["id"] is None:
        return None
    try:
        data = payload() if name == "payload" else request(name, **arguments)
    except Exception as error:  # the view shows it and offers a retry; raised here, it would be lost in a log
        return {**about, "type": "error", "message": f"{error}"}, []
    if isinstance(data, dict):
        return {**about, "type": name, "value": data}, []
    if message.get("base64"):
        return {**about, "type": name, "data": base64.b64encode(data).decode()}, []
    packed = zlib.compress(data, 1)
    if len(packed) < 0.9 * len(data):
        return {**about, "type": name, "deflated": True}, [packed]
    return {**about, "type": name}, [data]
