"""What a saved page computes from what it carries, in a real browser, against the attention it was saved from."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from constructed import TEXT
from playwright.sync_api import Browser, Page
from small_models import small_model

from aigc_toolkit.attention import Attention, capture_attention
from aigc_toolkit.language_model import LanguageModel
from aigc_toolkit.views import attention_view
from aigc_toolkit.views.bundle import STATIC, bundle
from aigc_toolkit.views.requests import region, small_picture
from browser.fake_records import FakeAttention

SOURCE = "Tom gave the red lantern back to her in the forest."
FAMILIES = ("gpt2", "qwen3", "gemma2", "mistral", "gpt_oss", "t5", "bart", "bert", "modernbert", "falcon-rw", "bloom", "vit")
WEIGHTS_ONLY = ("bloom",)
OPEN = """async ([module]) => {
    const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
    const { openSource } = (await import(url)).default;
    const payload = JSON.parse(document.getElementById("aigc-payload").textContent);
    window.source = openSource({ get: () => payload, on() {}, off() {}, send() {} }, payload);
    window.ask = async (name, given) => {
        const answer = await window.source[name](given);
        const numbers = answer.weights ?? answer.bytes ?? (ArrayBuffer.isView(answer) ? answer : null);
        return numbers ? Array.from(numbers) : answer;
    };
}"""

Ask = Callable[..., object]


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A module that hands out `openSource` and nothing that draws."""
    folder = tmp_path_factory.mktemp("static")
    for path in STATIC.glob("*.js"):
        (folder / path.name).symlink_to(path)
    (folder / "probe.js").write_text('import { openSource } from "./source.js";\nexport default { openSource };\n')
    return bundle("probe.js", folder=folder)


@pytest.fixture
def opened(chromium: Browser, probe: str, tmp_path: Path) -> Iterator[Callable[..., Ask]]:
    """`opened(view, heads=…, layers=…)`: a function that asks the page's source, `ask("rows", of=0, …)`."""
    pages: list[Page] = []

    def open_view(view, **carried) -> Ask:
        page = chromium.new_page()
        pages.append(page)
        text = view.save(tmp_path / "page.html", **carried).read_text("utf-8")
        text = re.sub(r"<meta http-equiv[^>]*>", "", re.sub(r'<script type="module">.*?</script>', "", text, flags=re.S))
        page.set_content(text)
        page.evaluate(OPEN, [probe])
        return lambda name, **given: page.evaluate("([name, given]) => window.ask(name, given)", [name, given])

    yield open_view
    for page in pages:
        page.close()


def captured(family: str, tokenizer) -> Attention:
    lm = LanguageModel(small_model(family), None if family == "vit" else tokenizer, family)
    if family == "vit":
        return capture_attention(lm, torch.rand(3, 24, 24, generator=torch.Generator().manual_seed(0)))
    return capture_attention(lm, TEXT, **({"source": SOURCE} if family in ("t5", "bart") else {}))


def saved_parts(view, tmp_path: Path) -> dict:
    import json

    found = re.search(r'id="aigc-payload">(.*?)</script>', view.save(tmp_path / "facts.html").read_text("utf-8"), re.S)
    return json.loads(found[1])["attentions"][0]["parts"]


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_of_the_page_are_the_models(family: str, tokenizer, opened, tmp_path: Path) -> None:
    attention = captured(family, tokenizer)
    view = attention_view(attention)
    ask, facts = opened(view), saved_parts(view, tmp_path)
    for kind in attention.kinds:
        part, saved = attention.of(kind), facts[kind]["saved"]
        assert saved["form"] == ("weights" if family in WEIGHTS_ONLY else "queries and keys")
        near = saved["max_difference"] * 1.5 + 1e-6  # it was measured over sampled rows
        assert near < (8e-3 if family in WEIGHTS_ONLY else 4e-3)
        for layer, head in ((0, 1), (1, 3)):
            expected = part.weights(layer, head)  # (Q, K)
            place = {"of": 0, "kind": kind, "layer": layer, "head": head}
            rows = ask("rows", **place, first=2, end=len(part.tokens))
            np.testing.assert_allclose(np.reshape(rows, (-1, expected.shape[1])), expected[2:], atol=near)
            corner = {"rows": [1, len(part.tokens)], "columns": [2, expected.shape[1]]}
            for size in (3, 1000):
                cells = ask("region", **place, **corner, size=size)
                np.testing.assert_allclose(cells, region([part], layer, head, **corner, size=size).ravel(), atol=near)


@pytest.mark.parametrize("family", ["gpt2", "qwen3", "gemma2", "mistral", "gpt_oss", "t5", "modernbert"])
def test_the_arithmetic_of_the_page_is_pythons(family: str, tokenizer, opened) -> None:
    attention = captured(family, tokenizer)
    view = attention_view(attention)
    ask = opened(view)
    for kind in attention.kinds:
        for query, key in ((9, 3), (8, 7), (3, 9)):
            place = {"of": 0, "kind": kind, "layer": 1, "head": 3, "query": query, "key": key}
            page, python = ask("cell", **place), view.request("cell", **place)
            assert page.keys() == python.keys()
            for name, number in python.items():
                if isinstance(number, (float, list)):
                    assert page[name] == pytest.approx(number, rel=2e-3, abs=1e-2), name
                else:
                    assert page[name] == number, name
            if python["mask"] == "seen":
                assert page["weight"] == pytest.approx(np.exp(page["score"] - page["log_sum_exp"]), abs=1e-9)


def test_small_pictures_and_scores_stand_in_the_page(lm, opened) -> None:
    attention = capture_attention(lm, TEXT)
    view = attention_view(attention)
    ask = opened(view)
    tiles = ask("tiles", of=0, kind="decoder", layer=1)
    assert tiles == list(view.request("tiles", of=0, kind="decoder", layer=1))
    assert tiles == [int(level) for head in range(4) for level in small_picture([attention], 1, head).ravel()]
    assert ask("scores", of=0, kind="decoder") == view.request("scores", of=0, kind="decoder")


@pytest.mark.parametrize("causal", [True, False])
def test_eight_bits_of_a_weight(causal: bool, opened) -> None:
    attention = FakeAttention(list("abcdefghijk"), causal=causal)
    ask = opened(attention_view(attention))
    place = {"of": 0, "kind": attention.kind, "layer": 2, "head": 1}
    np.testing.assert_allclose(
        np.reshape(ask("rows", **place, first=0, end=11), (11, 11)), attention.weights(2, 1), atol=0.5 / 127 + 1e-6
    )
    assert "not the queries and keys" in ask("cell", **place, query=3, key=1)["unknown"]


def test_the_difference_of_two_is_computed_in_the_page(opened) -> None:
    words = [str(number) for number in range(40)]
    parts = [FakeAttention(words), FakeAttention(words, shift=3, model_name="other")]
    view = attention_view(parts[0], compare=parts[1])
    ask = opened(view)
    place = {"of": "difference", "kind": "decoder", "layer": 1, "head": 2}
    rows = np.reshape(ask("rows", **place, first=0, end=40), (40, 40))
    np.testing.assert_allclose(rows, parts[0].weights(1, 2) - parts[1].weights(1, 2), atol=8e-3)
    cells = ask("region", **place, rows=[0, 40], columns=[0, 40], size=7)
    np.testing.assert_allclose(cells, region(parts, 1, 2, (0, 40), (0, 40), 7).ravel(), atol=8e-3)
    assert min(cells) < -0.1 and max(cells) > 0.1
    assert ask("tiles", of="difference", kind="decoder", layer=1) == list(
        view.request("tiles", of="difference", kind="decoder", layer=1)
    )
    assert ask("scores", of="difference", kind="decoder")["values"] == [
        pytest.approx(list(values)) for values in view.request("scores", of="difference", kind="decoder")["values"]
    ]


def test_a_head_that_is_not_carried_says_so(lm, opened) -> None:
    ask = opened(attention_view(capture_attention(lm, TEXT)), heads=[(1, 2)])
    place = {"of": 0, "kind": "decoder", "first": 0, "end": 1}
    assert ask("rows", **place, layer=1, head=2)[0] == 1
    for layer, head in ((1, 3), (0, 2)):
        with pytest.raises(Exception, match="does not carry this head"):
            ask("rows", **place, layer=layer, head=head)
    tiles = ask("tiles", of=0, kind="decoder", layer=1)
    side = int((len(tiles) / 4) ** 0.5)
    assert any(tiles[2 * side * side : 3 * side * side]) and not any(tiles[: 2 * side * side])
