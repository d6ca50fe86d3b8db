"""BertViz's views: exact weights, all tokens as text, and every refusal."""

import json
import re

import numpy as np
import pytest
from browser.fake_records import HOSTILE, FakeAttention

from aigc_toolkit.views import bertviz_head_view, bertviz_model_view


class Part(FakeAttention):
    """A FakeAttention that has kinds, as an `Attention` has."""

    @property
    def key_tokens(self) -> list[str]:
        return self.tokens

    @property
    def kinds(self) -> tuple[str, ...]:
        return ("decoder",)

    def of(self, kind: str) -> "Part":
        return self


class WithSink(Part):
    @property
    def key_tokens(self) -> list[str]:
        return [*self.tokens, "<sink>"]

    def weights(self, layer: int, head: int) -> np.ndarray:
        return np.pad(0.75 * super().weights(layer, head), ((0, 0), (0, 1)), constant_values=0.25)


class EncoderDecoder(Part):
    kinds = ("encoder", "decoder", "cross")
    counts = {"encoder": 4, "decoder": 4, "cross": 4}

    def of(self, kind: str) -> Part:
        class Cross(Part):
            key_tokens = ["le", " chat", " dort"]

            def weights(self, layer: int, head: int) -> np.ndarray:
                return np.full((len(self.tokens), 3), 1 / 3, dtype=np.float32)

        parts = {"encoder": Part(["le", " chat", " dort"]), "decoder": Part(self.tokens), "cross": Cross(self.tokens)}
        part = parts[kind]
        part.num_layers = self.counts[kind]
        return part


def params(page) -> dict:
    found = re.search(r"const params = (\{.*\});? *// HACK|const params = (\{.*?\});?\s*\n", page.data)
    return json.loads(next(group for group in found.groups() if group))


@pytest.mark.parametrize("view", [bertviz_head_view, bertviz_model_view])
def test_bertviz_gets_the_weights_and_the_tokens(view):
    attention = Part(["The", " cat", " sat"])
    (data,) = params(view(attention, html_action="return"))["attention"]
    expected = [[attention.weights(layer, head) for head in range(4)] for layer in range(4)]
    assert np.array_equal(np.array(data["attn"], dtype=np.float32), np.array(expected))
    assert data["left_text"] == data["right_text"] == attention.tokens


def test_chosen_layers_are_those_layers():
    attention = Part(["The", " cat", " sat"])
    found = params(bertviz_model_view(attention, layers=[1, 3], html_action="return"))
    assert found["include_layers"] == [1, 3]
    assert np.allclose(found["attention"][0]["attn"][1][2], attention.weights(3, 2))


def test_a_sink_is_a_column_of_its_own():
    attention = WithSink(["The", " cat"])
    (data,) = params(bertviz_head_view(attention, html_action="return"))["attention"]
    assert (data["left_text"], data["right_text"]) == (["The", " cat"], ["The", " cat", "<sink>"])
    assert np.allclose(data["attn"][0][0], attention.weights(0, 0))


def test_an_encoder_decoder_has_three_kinds():
    attention = EncoderDecoder(["the", " cat", " sleeps", "."])
    found = params(bertviz_head_view(attention, html_action="return"))["attention"]
    assert [data["name"] for data in found] == ["Encoder", "Decoder", "Cross"]
    assert (found[2]["left_text"], found[2]["right_text"]) == (attention.tokens, ["le", " chat", " dort"])
    assert np.allclose(found[0]["attn"][2][1], Part(["le", " chat", " dort"]).weights(2, 1))


@pytest.mark.parametrize("view", [bertviz_head_view, bertviz_model_view])
def test_hostile_tokens_end_no_script(view):
    tokens = [*HOSTILE, "\ue000", "\\ue001", "<!--<script>"]
    page = view(Part(tokens, num_layers=1, num_heads=1), html_action="return")
    assert page.data.count("</script>") == 2, "BertViz's own two"
    shown = params(page)["attention"][0]["left_text"]
    assert shown[:5] == HOSTILE[:5] and shown[-3:] == tokens[-3:]
    assert shown[5:8] == ["\\u202egnirts", "\\u2066x\\u2069", "\\ud800"]


def test_without_return_it_shows_itself(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *objects: shown.extend(objects))
    assert bertviz_head_view(Part(["The", " cat"])) is None
    frame, script = shown
    assert "<div id=" in frame.data and "requirejs(" in script.data and "<" + "/script>" not in script.data


def test_refusals():
    with pytest.raises(
        ValueError, match=r"200 tokens in 144 heads are 5\.8 million weights; BertViz draws up to 2\.4 million, 129 t"
    ):
        bertviz_head_view(Part(["a"] * 200, num_layers=12, num_heads=12))
    with pytest.raises(ValueError, match=r"use attention_view\(attention\), which has no such limit"):
        bertviz_model_view(Part(["a"] * 200, num_layers=12, num_heads=12))
    with pytest.raises(ValueError, match=r"html_action is 'save'\. Allowed: 'view', 'return'\. Use 'return' outside a notebook"):
        bertviz_model_view(Part(["a"]), html_action="save")
    for layers in ([], [4], [True]):
        with pytest.raises(ValueError, match=r"layers is \[.*\]\. Allowed: some of 0 to 3\. Leave it out for all of them"):
            bertviz_head_view(Part(["a"]), layers=layers)
    with pytest.raises(ValueError, match=r"layer is 3\. Allowed: 0, 1\. Choose one of the layers shown"):
        bertviz_head_view(Part(["a"]), layer=3, layers=[0, 1])
    uneven = EncoderDecoder(["a"])
    uneven.counts = {"encoder": 4, "decoder": 2, "cross": 2}
    with pytest.raises(ValueError, match=r"The kinds of attention have 2 and 4 layers.*Give layers=range\(2\)"):
        bertviz_head_view(uneven)
