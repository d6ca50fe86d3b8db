"""Views in a notebook without a browser: what is stored, what is shown without a kernel, who answers."""

import base64
import io
import re
import threading
import zlib

import numpy as np
import pytest
from browser.fake_records import FakeAttention, fake_generation

from aigc_toolkit import capture_attention
from aigc_toolkit.views import attention_view, generation_view
from aigc_toolkit.views.bundle import bundle, packed_bundle
from aigc_toolkit.views.notebook import SLOW, _answering

WORDS = ["The", " cat", " sat", "."]


@pytest.mark.parametrize(
    ("view", "summary"),
    [
        (attention_view(FakeAttention(WORDS, model_name="<b>")), "AttentionView(4 tokens, 4 layers x 4 heads of <b>)"),
        (generation_view(fake_generation("<b>", WORDS)), "GenerationView(4 tokens by story)"),
    ],
)
def test_notebook_gets_a_widget_and_a_short_fallback(view: object, summary: str) -> None:
    data, _metadata = view._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert data["text/plain"] == summary
    assert len(data["text/html"]) < 3000 and "<b><" not in data["text/html"] and "&lt;b&gt;" in data["text/html"]
    assert "Run this cell to see the interactive view." in data["text/html"]


def test_a_stored_notebook_has_the_text_that_was_written() -> None:
    written = generation_view(fake_generation("Once\nupon", WORDS))._repr_mimebundle_()[0]["text/html"]
    assert "<p>Once<br>upon<b>The cat sat.</b></p>" in written


@pytest.mark.parametrize("of", [0, "difference"])
def test_a_stored_notebook_shows_the_map_that_was_on_the_screen(of: int | str) -> None:
    rng = np.random.default_rng(0)
    weights = rng.random((2, 1, 2, 500, 500)).astype(np.float32)  # noise deflates worst

    class Noise(FakeAttention):
        def weights(self, layer: int, head: int, rows: object = None, columns: object = None) -> np.ndarray:
            return weights[self.shift, layer, head][rows or slice(None)][:, columns or slice(None)]

    parts = [Noise(["a"] * 500, num_layers=1, num_heads=2, causal=False, shift=shift) for shift in (0, 1)]
    view = attention_view(parts[0], compare=parts[1])
    view.state = {"of": of, "head": 1}
    text = view._repr_mimebundle_()[0]["text/html"]
    png = base64.b64decode(re.search(r'src="data:image/png;base64,([^"]+)"', text)[1])
    assert png.startswith(b"\x89PNG") and 10_000 < len(png) < 30_000
    what = "difference of the weights" if of else "weights"
    assert f'alt="encoder attention, layer 0, head 1: {what}, query down, key across, of story"' in text


def test_the_stored_map_has_the_colours_of_the_weights() -> None:
    from PIL import Image

    attention = FakeAttention(WORDS)
    view = attention_view(attention)
    view.state = {"layer": 2, "head": 1, "zoom": [1, 4, 0, 3]}
    text = view._repr_mimebundle_()[0]["text/html"]
    png = base64.b64decode(re.search(r"base64,([^\"]+)", text)[1])
    image = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))  # 80 pixels a cell
    cells = image[40::80, 40::80].astype(int).sum(-1)  # more weight, darker
    weights = attention.weights(2, 1)[1:4, :3]
    order = np.argsort(weights.ravel())
    assert image.shape == (240, 240, 3) and (np.diff(cells.ravel()[order]) <= 0).all()


def test_what_a_notebook_stores_of_the_view_is_small() -> None:
    view = attention_view(FakeAttention(["word"] * 300), language="en")
    view._repr_mimebundle_()
    state = view._widget.get_state()
    assert state["value"] == {"ask": True, "language": "en"} and state["state"] == view.state


def test_state_goes_to_the_widget_and_comes_back_checked() -> None:
    view = attention_view(FakeAttention(WORDS))
    view._repr_mimebundle_()
    view.state = {"layer": 1}
    assert view._widget.state["layer"] == 1
    view._widget.state = {**view.state, "head": 2}
    assert view.state["head"] == 2
    view._widget.state = {**view.state, "head": 200}
    assert view.state["head"] == 2, "a forged state changes nothing"


def test_slow_answers_do_not_keep_quick_ones_waiting() -> None:
    sent: list[dict] = []
    may_end = threading.Event()

    class Widget:
        def send(self, content: dict, buffers: list) -> None:
            sent.append(content)

    def answer(content: dict) -> tuple[dict, list]:
        if content["type"] in SLOW:
            assert may_end.wait(20)
        return content, []

    on_message = _answering(Widget(), answer)
    for message in ({"type": "tiles", "id": 1}, {"type": "rows", "id": 2}, {"type": "tiles", "id": 3}):
        on_message(None, message, [])
    assert [content["id"] for content in sent] == [2]
    may_end.set()
    for _ in range(2000):
        if len(sent) == 3:
            break
        threading.Event().wait(0.01)
    assert [content["id"] for content in sent] == [2, 1, 3]


def test_what_gets_shorter_is_sent_deflated(lm):
    view = attention_view(capture_attention(lm, "Mia found her lantern. " * 12))
    num_tokens = len(view.payload()["attentions"][0]["parts"]["decoder"]["tokens"])
    whole = {"layer": 0, "head": 0, "rows": [0, num_tokens], "columns": [0, num_tokens], "size": num_tokens}
    message = {"id": "a", "type": "region", "of": 0, "kind": "decoder", **whole}
    content, (packed,) = view.answer(message)
    assert content["deflated"] and len(packed) < len(view.request("region", of=0, kind="decoder", **whole))
    assert zlib.decompress(packed) == view.request("region", of=0, kind="decoder", **whole)


def test_a_notebook_gets_the_module_of_the_view_deflated():
    packed = packed_bundle("attention_view.js")
    data = re.search(r'atob\("([^"]+)"\)', packed)[1]
    assert zlib.decompress(base64.b64decode(data)).decode() == bundle("attention_view.js")
    assert len(packed) < len(bundle("attention_view.js")) / 2
