"""The page's own addresses: the payload of a kept view and what it asks for, by its unguessable name.

Comes in: a `ResultStore`. Goes out: routes for Gradio's app. They lie under /gradio_api/ (proxies forward that), answer only to
those who are logged in where the page has a login, and say nothing of who made a result.
"""

from __future__ import annotations

import inspect
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .store import KeptView, ResultStore

PREFIX = "/gradio_api/aigc/view"
_GONE = "This result is no longer kept. Press the button it came from again."
_WORDS = ("kind",)
_PAIRS = ("rows", "columns")
_KEPT = {"Cache-Control": "private, max-age=3600"}


def view_routes(store: ResultStore) -> list[Route]:
    """Routes that serve a kept view: its payload (JSON), and at /rows, /region, /tiles, /cell, /scores, /snapshot what it asks for.

    Answers 400 for arguments that are not allowed, 401 without the page's login and 404 for a result that is not kept.
    """

    async def payload(request: Request) -> Response:
        view, refusal = await _view(store, request)
        return refusal if view is None else JSONResponse(await run_in_threadpool(view.payload))

    async def asked(request: Request) -> Response:
        view, refusal = await _view(store, request)
        if view is None:
            return refusal
        try:
            arguments = _arguments(request.query_params)
            data = await run_in_threadpool(view.request, request.path_params["request"], **arguments)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        if isinstance(data, dict):
            return JSONResponse(data, headers=_KEPT)
        return Response(data, media_type="application/octet-stream", headers=_KEPT)

    return [Route(f"{PREFIX}/{{name}}", payload), Route(f"{PREFIX}/{{name}}/{{request}}", asked)]


def _arguments(query: QueryParams) -> dict[str, Any]:
    """What stands after the question mark, as the numbers, pairs and words that a view's request takes."""
    arguments: dict[str, Any] = {}
    for name, text in query.multi_items():
        if not name.isidentifier() or name in ("self", "name") or name in arguments:
            raise ValueError(f"{name[:40]!r} was asked. Arguments are names like layer, once each. Leave it out.")
        if name in _PAIRS:
            arguments[name] = [_number(part) for part in text.split(",")]
        else:
            arguments[name] = text if name in _WORDS else _number(text)
    return arguments


def _number(text: str) -> int | str:
    """A whole number, or the text as it is: the view says what is allowed."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else text


async def _view(store: ResultStore, request: Request) -> tuple[KeptView | None, Response]:
    """The view a request asks for, or None and the refusal to answer with."""
    if not await logged_in(request):
        return None, JSONResponse({"error": "Log in first."}, status_code=401)
    return store.get(request.path_params["name"]), JSONResponse({"error": _GONE}, status_code=404)


async def logged_in(request: Request) -> bool:
    """Whether the page has no login, or the request comes from one: by the same rule as Gradio's own addresses."""
    app = request.app
    if app.auth_dependency is not None:
        user = app.auth_dependency(request)
        return (await user if inspect.isawaitable(user) else user) is not None
    if app.auth is None:
        return True
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(request.cookies.get(name) in app.tokens for name in names)
