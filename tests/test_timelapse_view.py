"""The view of a time-lapse from Python: its payload, what it answers, its page; the drawing is tested in a browser."""

import json

import numpy as np
import pytest
from small_timelapses import PROMPTS
from starlette.applications import Starlette
from starlette.testclient import TestClient

from aigc_toolkit.demo.routes import PREFIX, view_routes
from aigc_toolkit.demo.store import ResultStore
from aigc_toolkit.timelapse import TimeLapse
from aigc_toolkit.views import gradio_host, timelapse_view


@pytest.fixture
def timelapse(trained) -> TimeLapse:
    return trained[1]


def test_the_payload_is_json_without_queries_and_keys(timelapse: TimeLapse) -> None:
    payload = timelapse_view(timelapse, language="zh").payload()
    assert len(json.dumps(payload, allow_nan=False)) < 60_000
    assert (payload["kind"], payload["language"], payload["steps"]) == ("timelapse", "zh", [0, 2, 5])
    assert payload["training"]["steps"] == [1, 2, 3, 4, 5]
    assert payload["training"]["rulers"] == [{"name": "uniform", "loss": pytest.approx(5.99, abs=0.01)}]
    assert payload["training"]["marks"] == [{"step": 3, "text": "half"}]
    assert "".join(payload["prompts"][0]["part"]["prose"]) == payload["prompts"][0]["text"] == PROMPTS[0]
    prompt = payload["prompts"][1]
    assert prompt["samples"] == list(timelapse.samples(prompt=1).values())
    assert prompt["next_ids"][2][-1] == timelapse.next_tokens(5, prompt=1).id.tolist()
    assert prompt["next_probabilities"][2][-1] == pytest.approx(timelapse.next_tokens(5, prompt=1).probability.tolist(), rel=5e-3)
    named = {int(number) for number in payload["token_texts"]}
    assert named >= {one for prompt in payload["prompts"] for at in prompt["next_ids"] for several in at for one in several}


def test_a_snapshot_is_its_queries_and_keys(timelapse: TimeLapse) -> None:
    numbers = np.frombuffer(timelapse_view(timelapse).request("snapshot", prompt=1, at=2), "<f2")
    kept = timelapse.snapshots[2].prompts[1]
    assert np.array_equal(numbers, np.concatenate([kept.query.ravel(), kept.key.ravel()]))
    assert timelapse_view(timelapse).num_bytes >= 3 * numbers.nbytes


def test_messages_are_answered(timelapse: TimeLapse) -> None:
    view = timelapse_view(timelapse)
    content, buffers = view.answer({"id": "a", "type": "snapshot", "prompt": 0, "at": 1, "base64": False})
    assert (content["type"], len(buffers)) == ("snapshot", 1)
    assert view.answer({"id": "b", "type": "payload", "base64": False})[0]["value"]["kind"] == "timelapse"
    assert view.answer({"type": "alternative", "position": 1}) is None
    content, _ = view.answer({"id": "c", "type": "snapshot", "prompt": 0, "at": 9, "base64": False})
    assert content == {"id": "c", "type": "error", "message": "at is 9. Allowed: 0 to 2. Choose one of these, or leave it out."}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "rows", "at": 0}, "The request is rows with at. Allowed: snapshot with prompt and at"),
        ({"name": "snapshot"}, "The request is snapshot with nothing. Allowed: snapshot with prompt and at"),
        ({"name": "snapshot", "prompt": 2, "at": 0}, "prompt is 2. Allowed: 0 to 1"),
        ({"name": "snapshot", "prompt": True, "at": 0}, "prompt is True. Allowed: 0 to 1"),
        ({"name": "snapshot", "prompt": 0, "at": -1}, "at is -1. Allowed: 0 to 2"),
        ({"name": "snapshot", "prompt": 0, "at": "x"}, "at is 'x'. Allowed: 0 to 2"),
    ],
)
def test_forged_requests_are_refused(timelapse: TimeLapse, arguments: dict, message: str) -> None:
    name = arguments.pop("name")
    with pytest.raises(ValueError, match=message):
        timelapse_view(timelapse).request(name, **arguments)


def test_what_is_shown_first(timelapse: TimeLapse) -> None:
    first = timelapse_view(timelapse, step=2, head=(1, 0), score="induction", prompt=1).payload()["first"]
    assert first == {"at": 1, "prompt": 1, "layer": 1, "head": 0, "score": "induction", "repeated": True}
    first = timelapse_view(timelapse).payload()["first"]
    most = timelapse.snapshots[-1].repeated.values.max()
    table = timelapse.head_scores().query("step == 5 and text == 'repeated random tokens'").set_index(["layer", "head"])
    assert table.loc[(first["layer"], first["head"]), first["score"]] == most


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"step": 3}, "step is 3. Allowed: 0, 2, 5. Choose one of these"),
        ({"prompt": 5}, "prompt is 5. Allowed: 0 to 1"),
        ({"score": "beauty"}, "score is 'beauty'. Allowed: 'previous_token', 'induction'"),
        ({"head": (2, 0)}, "head's layer is 2. Allowed: 0 to 1"),
        ({"head": (0, 2)}, "head is 2. Allowed: 0 to 1"),
        ({"language": "fr"}, "language is 'fr'. Allowed: 'en', 'zh'"),
    ],
)
def test_what_does_not_exist_is_refused(timelapse: TimeLapse, settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        timelapse_view(timelapse, **settings)


def test_without_a_snapshot_there_is_no_view() -> None:
    with pytest.raises(ValueError, match="The time-lapse has no snapshot; at least one is needed"):
        timelapse_view(TimeLapse())


def test_a_time_lapse_shows_itself_in_a_notebook(timelapse: TimeLapse) -> None:
    data, _metadata = timelapse._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == "TimeLapseView(3 snapshots of gpt, step 0 to 5)"


def test_the_page_serves_it_as_it_serves_attention(timelapse: TimeLapse) -> None:
    store, view = ResultStore(), timelapse_view(timelapse)
    address = f"{PREFIX}/{store.put(view, session='a', num_bytes=view.num_bytes)}"
    app = Starlette(routes=view_routes(store))
    app.auth_dependency = app.auth = None  # a page without a login
    client = TestClient(app)
    assert client.get(address).json() == json.loads(json.dumps(view.payload()))
    assert client.get(f"{address}/snapshot?prompt=1&at=2").content == view.request("snapshot", prompt=1, at=2)
    refused = client.get(f"{address}/snapshot?prompt=1&at=9")
    assert (refused.status_code, refused.json()["error"][:8]) == (400, "at is 9.")
    assert "module_timelapse_view" in gradio_host("timelapse_view.js")
