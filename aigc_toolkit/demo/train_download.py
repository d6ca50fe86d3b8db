"""The address of a trained model's zip, by its unguessable name.

Comes in: the trainings. Goes out: a route for Gradio's app, which answers only to those who are logged in where the page has a
login.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from .routes import logged_in
from .texts import message
from .train_queue import TrainQueue

PREFIX = "/gradio_api/aigc/trained"


def training_routes(trainings: TrainQueue) -> list[Route]:
    """Answers with the zip, 401 without the page's login, 404 for a model that is not kept, 507 without room for a zip."""

    async def download(request: Request) -> Response:
        if not await logged_in(request):
            return PlainTextResponse("Log in first.", status_code=401)
        training = trainings.find(request.path_params["secret"])
        try:
            packed = await run_in_threadpool(training.archive) if training is not None and training.has_model else None
        except FileNotFoundError:  # given up while it was packed
            packed = None
        except OSError as problem:  # a full disk
            return PlainTextResponse(message("train_not_packed", reason=problem.strerror)["en"], status_code=507)
        if packed is None:
            return PlainTextResponse(message("train_gone")["en"], status_code=404)
        return FileResponse(packed, media_type="application/zip", filename=packed.name, headers={"Cache-Control": "no-store"})

    return [Route(f"{PREFIX}/{{secret}}", download)]
