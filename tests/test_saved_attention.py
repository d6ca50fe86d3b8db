import json

import numpy as np
import pytest
import torch
from constructed import captured
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from small_models import small_model

from aigc_toolkit.attention import capture_attention, load_attention
from aigc_toolkit.attention.saved import FORMAT
from aigc_toolkit.language_model import LanguageModel

SOURCES = {"bart": "Tom gave it back.", "t5": "Tom gave it back."}
FAMILIES = ("qwen3", "gpt2", "mistral", "gemma2", "gpt_oss", "bert", "bloom", "lfm2", "bart", "t5")


@pytest.fixture(scope="module")
def attention(tokenizer):
    return captured("qwen3", tokenizer)


@pytest.fixture
def path(attention, tmp_path):
    return attention.save(tmp_path / "mia.safetensors")


def metadata(facts="[]", **changes):
    return {"format": FORMAT, "version": "1", "facts": facts} | changes


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_opened_equals_what_was_saved(family, tokenizer, tmp_path):
    attention = captured(family, tokenizer, source=SOURCES.get(family))
    opened = load_attention(attention.save(tmp_path / "a.safetensors"))
    assert repr(opened) == repr(attention) and opened.kinds == attention.kinds and opened.verify() == attention.verify()
    for kind in attention.kinds:
        before, after = attention.of(kind), opened.of(kind)
        for name in ("tokens", "token_ids", "pieces", "key_tokens", "kind", "model_name", "layer_names", "other_layers"):
            assert getattr(after, name) == getattr(before, name), name
        for layer in range(before.num_layers):
            for head in range(before.num_heads):
                np.testing.assert_array_equal(after.weights(layer, head), before.weights(layer, head))


def test_it_opens_without_the_model(tokenizer, tmp_path):
    model = small_model("gpt2")
    attention = capture_attention(LanguageModel(model, tokenizer, "gpt2"), "Mia found the lantern.")
    opened = load_attention(attention.save(tmp_path / "a.safetensors"))
    for parameter in model.parameters():
        parameter.data.zero_()
    np.testing.assert_array_equal(opened.value_weighted(1, 2), attention.value_weighted(1, 2))
    np.testing.assert_array_equal(opened.tile(0, 1, size=5), attention.tile(0, 1, size=5))
    assert opened.head_scores().equals(attention.head_scores())


def test_half_precision_stays_half(tokenizer, tmp_path):
    model = small_model("qwen3").bfloat16()
    attention = capture_attention(LanguageModel(model, tokenizer, "half"), "Mia found the lantern.")
    opened = load_attention(attention.save(tmp_path / "a.safetensors"))
    assert opened.sites[0].query.dtype == torch.bfloat16 and opened.verify().passed


def test_masks_that_layers_share_are_written_once(tokenizer, tmp_path):
    path = captured("bert", tokenizer).save(tmp_path / "a.safetensors")
    assert not [name for name in load_file(path) if name.endswith("mask")]
    path = captured("mistral", tokenizer).save(tmp_path / "b.safetensors")
    assert [name for name in load_file(path) if name.endswith("mask")] == ["decoder.0.mask"]


def test_an_earlier_file_is_replaced_and_nothing_else_is_left(attention, path, tmp_path):
    path.write_bytes(b"something earlier")
    assert attention.save(str(path)) == path and list(tmp_path.iterdir()) == [path]
    assert load_attention(path).tokens == attention.tokens


def test_a_failed_write_leaves_the_earlier_file(attention, path, tmp_path, monkeypatch):
    before = path.read_bytes()

    def fail(tensors, file, metadata):
        file.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("aigc_toolkit.attention.saved.save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        attention.save(path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written(attention, tmp_path):
    with pytest.raises(ValueError, match="is a folder; a file name is needed. Pass for example"):
        attention.save(tmp_path)
    with pytest.raises(FileNotFoundError, match="There is no folder .*none'; a file needs one that exists. Make it first"):
        attention.save(tmp_path / "none" / "a.safetensors")


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*; a saved attention is needed. Check the path"):
        load_attention(tmp_path / "a.safetensors")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_torn_file(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="cannot be read .*; a whole file written by Attention.save is needed. Get it again"):
        load_attention(path)


def test_a_foreign_file(path):
    path.write_text("not tensors")
    with pytest.raises(ValueError, match="cannot be read"):
        load_attention(path)
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(
        ValueError, match="is a safetensors file of something else; a file written by Attention.save is needed. Check"
    ):
        load_attention(path)


def test_a_later_version(path):
    save_file(load_file(path), path, metadata=metadata(version="2"))
    with pytest.raises(ValueError, match="has version 2 of the format; version 1 can be read. Update aigc_toolkit"):
        load_attention(path)


@pytest.mark.parametrize("facts", ["[]", "[{", "{}", '[{"sites": []}]', "null", '[{"sites": [{"class": "os.system"}]}]'])
def test_facts_that_are_not_whole(path, facts):
    save_file(load_file(path), path, metadata=metadata(facts))
    with pytest.raises(ValueError, match="cannot be read .*; a whole file"):
        load_attention(path)


def kept_metadata(path):
    with safe_open(path, framework="pt") as file:
        return file.metadata()


def changed_facts(path, change):
    facts = json.loads(kept_metadata(path)["facts"])
    change(facts[0])
    save_file(load_file(path), path, metadata=metadata(json.dumps(facts)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda facts: facts["tokens"].pop(), "tokens, ids and pieces differ in number"),
        (lambda facts: facts["token_ids"].pop(), "tokens, ids and pieces differ in number"),
        (lambda facts: facts["key_tokens"].pop(), "is of another text"),
        (lambda facts: facts["sites"][0].update(query={"tensor": "gone"}), "gone"),
        (lambda facts: facts.pop("kind"), "kind"),
    ],
)
def test_facts_that_do_not_fit(path, change, reason):
    changed_facts(path, change)
    with pytest.raises(ValueError, match=f"cannot be read .*{reason}"):
        load_attention(path)


def test_numbers_that_were_changed(path):
    tensors, kept = load_file(path), kept_metadata(path)
    tensors["decoder.1.key"][0, 0] += 1
    save_file(tensors, path, metadata=kept)
    with pytest.raises(ValueError, match="does not give the output that was recorded with it; a whole file .* or capture again"):
        load_attention(path)
