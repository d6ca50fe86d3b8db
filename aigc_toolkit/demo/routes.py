"""The page's own addresses: the first picture and the weights of a kept attention, by its unguessable name.

Comes in: a `ResultStore`. Goes out: routes for Gradio's app. They lie under /gradio_api/ (proxies forward that), answer only to
those who are logged in where the page has a login, and say nothing of who made a result.
"""

from __future__ import annotations

import inspect

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aigc_toolkit.views import AttentionView

from .store import ResultStore

PREFIX = "/gradio_api/aigc/attention"
_GONE = "This result is no longer kept. Press Look again."


def attention_routes(store: ResultStore) -> list[Route]:
    """Routes that serve a kept view's payload (JSON) and heads (float16, little endian, row-major)."""

    async def payload(request: Request) -> Response:
        view, refusal = await _view(store, request)
        if view is None:
            return refusal
        name = request.path_params["name"]
        return JSONResponse(await run_in_threadpool(view.payload, head_url=f"{PREFIX}/{name}/{{layer}}/{{head}}"))

    async def head(request: Request) -> Response:
        view, refusal = await _view(store, request)
        if view is None:
            return refusal
        try:
            data = await run_in_threadpool(view.head_bytes, request.path_params["layer"], request.path_params["head"])
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=404)
        return Response(data, media_type="application/octet-stream", headers={"Cache-Control": "private, max-age=3600"})

    return [Route(f"{PREFIX}/{{name}}", payload), Route(f"{PREFIX}/{{name}}/{{layer:int}}/{{head:int}}", head)]


async def _view(store: ResultStore, request: Request) -> tuple[AttentionView | None, Response]:
    """The view a request asks for, or None and the refusal to answer with."""
    if not await _logged_in(request):
        return None, JSONResponse({"error": "Log in first."}, status_code=401)
    return store.get(request.path_params["name"]), JSONResponse({"error": _GONE}, status_code=404)


async def _logged_in(request: Request) -> bool:
    """Whether the page has no login, or the request comes from one: by the same rule as Gradio's own addresses."""
    app = request.app
    if app.auth_dependency is not None:
        user = app.auth_dependency(request)
        return (await user if inspect.isawaitable(user) else user) is not None
    if app.auth is None:
        return True
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(request.cookies.get(name) in app.tokens for name in names)
