"""Saved pages of an attention without a browser: what they carry, how large they are, and every refusal."""

import base64
import json
import re
import zlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from browser.fake_records import FakeAttention

from aigc_toolkit.attention import capture_attention
from aigc_toolkit.views import attention_view

WORDS = ["The", " cat", " sat", "."]


def page_payload(path: Path) -> dict:
    found = re.search(r'<script type="application/json" id="aigc-payload">(.*?)</script>', path.read_text("utf-8"), re.S)
    return json.loads(found[1])


def saved_part(path: Path, kind: str = "decoder") -> dict:
    return page_payload(path)["attentions"][0]["parts"][kind]


def unpacked(path: Path, element: str) -> bytes:
    text = re.search(rf'<script type="text/plain" id="{element}">([^<]+)</script>', path.read_text("utf-8"))[1]
    return zlib.decompress(base64.b64decode(text))


def test_a_large_page_states_its_size_before_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_toolkit.views.saved_attention.LARGE_PAGE_BYTES", 90_000)
    path = tmp_path / "large.html"

    def on_warning(message: str, **_settings: int) -> None:
        assert not path.exists()
        assert re.search(r"large\.html will have 0 MB\. Pages of up to 0 MB open quickly\. Pass heads=", message)
        warned.append(message)

    warned: list[str] = []
    monkeypatch.setattr("aigc_toolkit.views.saved_attention.warnings.warn", on_warning)
    attention_view(FakeAttention(WORDS)).save(path)
    assert path.exists() and len(warned) == 1


def test_a_family_that_shows_weights_only_is_saved_in_eight_bits(tmp_path: Path) -> None:
    attention = FakeAttention(WORDS)
    path = attention_view(attention).save(tmp_path / "new" / "a.html")
    saved = saved_part(path)["saved"]
    assert (saved["form"], saved["precision"]) == ("weights", "8 bit")
    levels = np.frombuffer(unpacked(path, saved["layers"]["3"]["weights"]["2"]), np.uint8)  # (T * (T + 1) / 2,)
    errors = np.abs((levels / 255.0) ** 2 - attention.weights(3, 2)[np.tril_indices(4)])
    assert errors.max() <= saved["max_difference"] < 4.1e-3


def test_queries_and_keys_are_saved_in_half_precision_each_once(lm, tmp_path: Path) -> None:
    attention = capture_attention(lm, "Mia lost her red lantern in the forest.")
    path = attention_view(attention).save(tmp_path / "a.html")
    saved = saved_part(path)["saved"]
    assert (saved["form"], saved["precision"]) == ("queries and keys", "float16")
    assert 0 < saved["max_difference"] < 5e-3 and saved["num_rows_compared"] == 2 * 4 * 8
    layer, inputs = saved["layers"]["1"], attention.score_inputs(1)
    assert sorted(layer["key"]) == ["0", "1"] and layer["group"] == 2 and sorted(layer["query"]) == ["0", "1", "2", "3"]
    planes = np.frombuffer(unpacked(path, layer["key"]["1"]), np.uint8).reshape(2, -1)  # low bytes, high bytes
    keys = np.ascontiguousarray(planes.T).view("<f2").reshape(inputs.key[1].shape)
    np.testing.assert_array_equal(keys, inputs.key[1].astype(np.float16))


def test_numbers_too_large_for_half_precision_are_saved_whole(lm, tmp_path: Path) -> None:
    attention = capture_attention(lm, "Mia lost her red lantern.")
    attention.sites = tuple(
        replace(site, query=site.query * 1e6, scaling=site.scaling * 1e-6) for site in attention.sites
    )  # the same weights
    saved = saved_part(attention_view(attention).save(tmp_path / "a.html"))["saved"]
    assert saved["precision"] == "float32" and saved["max_difference"] < 1e-5


def test_of_long_texts_the_smaller_form_is_saved(lm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_toolkit.views.saved_part.SMALL_BYTES", 0)
    forms = [
        saved_part(attention_view(capture_attention(lm, text)).save(tmp_path / "a.html"))["saved"]["form"]
        for text in ("Mia", "a b c " * 20)
    ]
    assert forms == ["weights", "queries and keys"], "16 numbers of two bytes twice, against half a row of single bytes"


def test_only_the_heads_asked_for_are_carried(lm, tmp_path: Path) -> None:
    view = attention_view(capture_attention(lm, "Mia lost her red lantern."))
    part = saved_part(view.save(tmp_path / "a.html", heads=[(0, 2)], layers=[1]))
    assert part["carried"] == [[0, 2], [1, 0], [1, 1], [1, 2], [1, 3]]
    assert sorted(part["saved"]["layers"]["0"]["query"]) == ["2"] and sorted(part["saved"]["layers"]["0"]["key"]) == ["1"]
    view.state = {"layer": 1, "head": 3}
    payload = page_payload(view.save(tmp_path / "b.html", heads=[(0, 2)]))
    assert (payload["state"]["layer"], payload["state"]["head"]) == (0, 2), "the page opens at a head it carries"
    assert view.state["layer"] == 1


@pytest.mark.parametrize(
    ("carried", "message"),
    [
        ({"heads": [(0, 4)]}, r"heads hold \(0, 4\)\. Allowed: \(layer, head\) with layers 0 to 1 and heads 0 to 3\. Choose"),
        ({"heads": [3]}, r"heads hold 3\. Allowed"),
        ({"layers": [2]}, r"layers hold 2\. Allowed: 0 to 1\. Choose some"),
        ({"heads": []}, r"heads and layers are empty\. At least one head is needed\. Leave both out"),
    ],
)
def test_heads_that_do_not_exist_are_not_carried(lm, tmp_path: Path, carried: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        attention_view(capture_attention(lm, "Mia lost her lantern.")).save(tmp_path / "a.html", **carried)


def test_what_a_page_carries_of_twelve_by_twelve_heads_is_small(tmp_path: Path) -> None:
    attention = FakeAttention(["a"] * 64, num_layers=12, num_heads=12)
    text = attention_view(attention).save(tmp_path / "a.html").read_text("utf-8")
    carried = re.findall(r'<script type="text/plain" id="aigc-data-\d+">([^<]+)</script>', text)
    assert len(carried) == 144 + 12
    assert sum(map(len, carried)) < 144 * 64 * 65 / 2 * 4 / 3 + 12 * 12 * 32 * 32 * 4 / 3, "a byte a weight and a pixel, in base64"


def test_a_picture_is_allowed_only_where_there_is_one(tmp_path: Path) -> None:
    class Seen(FakeAttention):
        picture = SimpleNamespace(pixels=np.zeros((2, 3, 3), np.uint8), rows=1, columns=3, first=1)

    for attention, allowed in ((Seen(WORDS), True), (FakeAttention(WORDS), False)):
        path = attention_view(attention).save(tmp_path / "a.html")
        assert ("; img-src data:;" in path.read_text("utf-8")) == allowed
        assert bool(saved_part(path)["picture"]) == allowed
