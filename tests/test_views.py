"""The views without a browser: payloads, bytes, pages, messages, and every refusal."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from browser.fake_records import HOSTILE, FakeAttention, fake_generation

from aigc_toolkit.views import append_message, attention_view, generation_view, gradio_host
from aigc_toolkit.views.bundle import STATIC, bundle
from aigc_toolkit.views.text_safety import script_json, without_surrogates

WORDS = ["The", " cat", " sat", "."]


def page_payload(path: Path) -> dict:
    found = re.search(r'<script type="application/json" id="aigc-payload">(.*?)</script>', path.read_text("utf-8"), re.S)
    return json.loads(found[1])


def test_importing_the_views_imports_neither_torch_nor_anywidget() -> None:
    code = "import sys, aigc_toolkit.views; print([m for m in ('torch', 'anywidget', 'gradio') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def decoder(payload: dict) -> dict:
    return payload["attentions"][0]["parts"]["decoder"]


def test_payload_holds_tokens_shape_and_proof() -> None:
    payload = attention_view(FakeAttention(WORDS), language="zh").payload()
    assert (payload["kind"], payload["language"], payload["same_tokens"]) == ("attention", "zh", False)
    (attention,) = payload["attentions"]
    assert attention["verify"] == {"max_error": 3.1e-7, "layer": 2, "tolerance": 1e-4, "passed": True}
    assert (attention["model_name"], attention["kinds"]) == ("story", ["decoder"])
    part = decoder(payload)
    assert part["tokens"] == part["prose"] == WORDS and part["key_tokens"] is part["key_prose"] is None
    assert (part["num_layers"], part["num_heads"], part["num_key_value_heads"]) == (4, 4, 2)
    assert (part["layer_numbers"], part["other_layers"], part["heads_of_layers"]) == ([0, 1, 2, 3], {}, None)
    assert (part["causal"], part["sinks"], part["sees"]) == (True, False, [{"window": None}] * 4)
    assert part["groups"] == {by: [0, 1, 2, 3, 4] for by in ("words", "sentences", "turns")} and part["key_groups"] is None
    assert part["carried"] is part["picture"] is None
    json.dumps(payload, allow_nan=False)


def test_payload_without_a_verification_has_none() -> None:
    assert attention_view(FakeAttention(WORDS, proof=None)).payload()["attentions"][0]["verify"] is None


def test_prose_has_the_spaces_of_the_text() -> None:
    class WordPieces(FakeAttention):
        pieces = ["", "the", " kit", "e", "", "飘"]

    part = decoder(attention_view(WordPieces(["[CLS]", "the", "kit", "##e", "<0xE9><0xA3>", "<0x98>"])).payload())
    assert part["prose"] == ["[CLS]", "the", " kit", "e", "<0xE9><0xA3>", "<0x98>"]
    assert part["tokens"][3] == "##e"


def test_payload_stays_small_with_many_heads_and_tokens() -> None:
    payload = attention_view(FakeAttention(["a"] * 96, num_layers=24, num_heads=16)).payload()
    assert len(json.dumps(payload)) < 6_000


def test_two_attentions_are_compared() -> None:
    view = attention_view(FakeAttention(WORDS), compare=FakeAttention(WORDS, model_name="other"))
    assert view.payload()["same_tokens"] and len(view.payload()["attentions"]) == 2
    assert repr(view) == "AttentionView(4 tokens, 4 layers x 4 heads of story, compared with other)"
    assert not attention_view(FakeAttention(WORDS), compare=FakeAttention(WORDS[:3])).payload()["same_tokens"]


def test_other_kinds_of_attention_are_not_compared() -> None:
    with pytest.raises(
        ValueError, match="'a' has decoder attention, 'b' has encoder. Only attentions of the same kinds.*Show them"
    ):
        attention_view(FakeAttention(WORDS, model_name="a"), compare=FakeAttention(WORDS, model_name="b", causal=False))


def test_messages_are_answered_with_buffers_base64_json_or_an_error() -> None:
    view = attention_view(FakeAttention(WORDS))
    place = {"of": 0, "kind": "decoder", "layer": 0, "head": 1, "first": 0, "end": 4}
    ask = {"id": "a-1", "type": "rows", "base64": False, **place}
    data = view.request("rows", **place)
    assert view.answer(ask) == ({"id": "a-1", "type": "rows"}, [data])
    reply, buffers = view.answer({**ask, "base64": True})
    assert (base64.b64decode(reply["data"]), buffers) == (data, [])
    assert view.answer({"id": 1, "type": "payload"}) == ({"id": 1, "type": "payload", "value": view.payload()}, [])
    reply, buffers = view.answer({**ask, "layer": 9})
    assert (reply["id"], reply["type"], buffers) == ("a-1", "error", [])
    assert reply["message"].startswith("layer is 9. Allowed: 0 to 3.")
    assert view.answer({"id": 2, "type": "steal"})[0]["message"].startswith("The request is 'steal'. Allowed: rows, region")
    assert view.answer({"type": "alternative", "position": 3}) is None


@pytest.mark.parametrize("view", [attention_view, generation_view])
def test_unknown_language_is_refused(view: object) -> None:
    record = FakeAttention(WORDS) if view is attention_view else fake_generation("a", WORDS)
    with pytest.raises(ValueError, match=r"language is 'fr'\. Allowed: 'en', 'zh', or None.*Leave it out"):
        view(record, language="fr")


def test_saved_page_allows_nothing_but_its_own_script(tmp_path: Path) -> None:
    text = generation_view(fake_generation("a", WORDS)).save(tmp_path / "g.html").read_text("utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    allowed = ("http://www.w3.org/2000/svg", "https://bottosson.github.io")  # a name and a source: neither is fetched
    assert not re.search("https?://", re.sub("|".join(map(re.escape, allowed)), "", text))


def test_hostile_text_survives_a_saved_page(tmp_path: Path) -> None:
    path = generation_view(fake_generation("</script><b>", HOSTILE)).save(tmp_path / "g.html")
    payload = page_payload(path)
    assert payload["prompt"] == "</script><b>"
    assert [step["text"] for step in payload["steps"]] == [without_surrogates(text) for text in HOSTILE]
    assert "<img" not in path.read_text("utf-8")


def test_hostile_model_name_is_escaped_in_the_title(tmp_path: Path) -> None:
    attention = FakeAttention(WORDS, model_name="</title><script>x</script>\ud800")
    text = attention_view(attention).save(tmp_path / "a.html").read_text("utf-8")
    assert "<title>Attention · &lt;/title&gt;&lt;script&gt;x&lt;/script&gt;\\ud800</title>" in text


def test_script_json_can_stand_in_a_script_element() -> None:
    hostile = {"a": "</script><!--\u2028\u2029", "b": "中文 🦊"}
    text = script_json(hostile)
    assert json.loads(text) == hostile
    assert not set(text) & {"<", "\u2028", "\u2029"}


def test_lone_surrogates_become_visible() -> None:
    assert without_surrogates("a\ud800\udfffb") == "a\\ud800\\udfffb"
    assert without_surrogates("🦊") == "🦊"


def test_generation_payload_and_append_message_agree() -> None:
    generation = fake_generation("Once", [" upon", "", "", "🦊"], stop_reason=None)
    payload = generation_view(generation).payload()
    message = append_message(generation.tokens[1:], start=1)
    assert message == {"type": "append", "start": 1, "steps": payload["steps"][1:], "stop_reason": None}
    assert payload["steps"][0]["alternatives"][0].keys() == {"id", "text", "logprob"}


def test_impossible_alternatives_stay_numbers() -> None:
    generation = fake_generation("a", ["b"])
    object.__setattr__(generation.tokens[0].alternatives[7], "logprob", float("-inf"))
    assert generation_view(generation).payload()["steps"][0]["alternatives"][7]["logprob"] == -1e4


def test_gradio_host_imports_the_module_and_refuses_unknown_entries() -> None:
    text = gradio_host("generation_view.js")
    assert "URL.createObjectURL" in text
    with pytest.raises(FileNotFoundError, match=r"no module 'charts.js'.*Available: .*attention_view\.js.*Check the name"):
        gradio_host("charts.js")


@pytest.mark.parametrize("entry", ["attention_view.js", "generation_view.js"])
@pytest.mark.parametrize("host", [None, "saved_host.js", "gradio_host.js"])
def test_bundle_is_one_module_without_imports(entry: str, host: str | None) -> None:
    text = bundle(entry, host=host)
    assert not re.search(r"^\s*import\b", text, re.M)
    assert len(re.findall(r"^export ", text, re.M)) == 1
    assert "</script" not in text.lower()


def test_bundle_puts_what_is_imported_first_and_once(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { b, c as d } from "./b.js";\nimport e from "./e.js";\nexport default { b, d, e };\n')
    (tmp_path / "b.js").write_text('import e from "./e.js";\nexport const b = e;\nexport function c() {}\n')
    (tmp_path / "e.js").write_text("export default 1;\n")
    text = bundle("a.js", folder=tmp_path)
    assert re.findall(r"^const (module_\w+)", text, re.M) == ["module_e", "module_b", "module_a"]
    assert "const { b, c: d } = module_b;" in text and "const { default: e } = module_e;" in text
    assert "return { b, c };" in text


def test_bundle_refuses_circles_and_unknown_forms(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')
    with pytest.raises(ValueError, match=r"import each other: a\.js -> b\.js -> a\.js.*move what both need"):
        bundle("a.js", folder=tmp_path)
    (tmp_path / "star.js").write_text('export * from "./b.js";\n')
    with pytest.raises(ValueError, match=r"star\.js has 'export \* from .*cannot be bundled\. Allowed: .*Write it"):
        bundle("star.js", folder=tmp_path)


def test_both_languages_have_the_same_words() -> None:
    for path in STATIC.glob("texts_*.js"):
        english, chinese = (re.findall(r"^  (\w+):", part, re.M) for part in path.read_text("utf-8").split("const CHINESE"))
        assert english and english == chinese, path.name


def test_modules_stay_short_and_parse_no_markup() -> None:
    for path in STATIC.glob("*.js"):
        text = path.read_text("utf-8")
        assert text.count("\n") <= 250, path.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), path.name
