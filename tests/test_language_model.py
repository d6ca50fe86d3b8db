import json
import shutil

import httpx
import huggingface_hub
import pytest
import torch
from huggingface_hub.errors import RepositoryNotFoundError
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM, BertModel, T5Config, T5ForConditionalGeneration

from aigc_toolkit import GPT, GPTConfig, language_model, story_corpus
from aigc_toolkit.language_model import LanguageModel, load_model, save_model


@pytest.fixture(scope="module")
def folder(lm, tmp_path_factory):
    return lm.save(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


@pytest.fixture
def builtin(folder, tmp_path, monkeypatch):
    shutil.copytree(folder, tmp_path / "story")
    monkeypatch.setattr("aigc_toolkit.model_folder.BUILTIN_FOLDER", tmp_path)


def test_saved_and_loaded_models_have_equal_logits(lm, folder):
    loaded = load_model(folder, device="cpu")
    ids = torch.tensor([lm.texts.encode("Mia 很高兴")])
    with torch.inference_mode():
        assert torch.equal(loaded.model(ids).logits, lm.model(ids).logits)
    assert not loaded.model.training
    assert loaded.texts.encode("Mia 很高兴") == ids[0].tolist()


def test_a_builtin_name_is_loaded_from_the_package(builtin):
    lm = load_model("story", device="cpu")
    assert (lm.name, lm.device, lm.context_length) == ("story", torch.device("cpu"), 128)


def test_the_repr_is_one_line_of_facts(lm):
    assert repr(lm) == "LanguageModel('tiny', Qwen3ForCausalLM, 37.6 k parameters, float32 on cpu)"


def test_dtypes(copy):
    half = load_model(copy, device="cpu", dtype="bfloat16")
    assert half.model.dtype == torch.bfloat16
    shutil.rmtree(copy)
    half.save(copy)
    assert load_model(copy, device="cpu").model.dtype == torch.float32
    assert load_model(copy, device="cpu", dtype="checkpoint").model.dtype == torch.bfloat16
    assert load_model(copy, device="cpu", dtype=torch.float16).model.dtype == torch.float16


SMALL = {
    "vocab_size": 400,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}


@pytest.mark.parametrize(
    "model",
    [
        BertForMaskedLM(BertConfig(**SMALL)),
        BertModel(BertConfig(**SMALL)),
        T5ForConditionalGeneration(T5Config(vocab_size=400, d_model=16, d_ff=16, num_layers=1, num_heads=2, d_kv=8)),
    ],
    ids=lambda model: type(model).__name__,
)
def test_encoders_and_encoder_decoders_load_as_what_they_are(model, tokenizer, tmp_path):
    folder = LanguageModel(model, tokenizer, "other").save(tmp_path / "model")
    assert type(load_model(folder, device="cpu").model) is type(model)


def test_an_unknown_name_lists_the_builtin_models_and_the_closest(builtin):
    with pytest.raises(FileNotFoundError, match=r"No model 'stori'.*offline.*built-in model \(story\).*mean 'story'"):
        load_model("stori")


def test_without_a_network_a_hub_id_says_so():
    with pytest.raises(FileNotFoundError, match=r"'someone/model' was found: .*\(offline\).*allowed are.*Check the sp"):
        load_model("someone/model")


def test_a_name_that_cannot_be_a_hub_id():
    with pytest.raises(FileNotFoundError, match="no valid Hugging Face id either; allowed are"):
        load_model("not a name!")


def test_what_the_hub_answers_is_passed_on(monkeypatch):
    def missing(*args, **kwargs):
        response = httpx.Response(404, request=httpx.Request("GET", "https://example.org"))
        raise RepositoryNotFoundError("404 repository not found\nlong", response=response)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", missing)
    with pytest.raises(FileNotFoundError, match="Hugging Face answered: 404 repository not found; allowed are"):
        load_model("someone/model")


def test_code_is_downloaded_only_when_asked_by_name(folder, monkeypatch):
    seen = []

    def download(name, *, revision, allow_patterns, ignore_patterns):
        seen.append((revision, "*.py" in allow_patterns, "*.bin" in allow_patterns))
        return folder

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    load_model("someone/model", revision="v1", device="cpu")
    load_model("someone/model", device="cpu", trust_remote_code=True)
    assert seen == [("v1", False, False), (None, True, False)]


def test_beside_an_address_only_a_model_is_named():
    with pytest.raises(ValueError, match="'http://localhost:8000/v1' is a server, .*only model is allowed. Leave the others out"):
        load_model("http://localhost:8000/v1", device="cpu")
    with pytest.raises(ValueError, match="model is 'qwen', .*and 'story' is no address; .* Write load_model"):
        load_model("story", model="qwen")


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all"])
def test_a_folder_that_does_not_exist(name):
    with pytest.raises(FileNotFoundError, match=f"There is no folder '{name}'; allowed are.*Check the path"):
        load_model(name)


@pytest.mark.parametrize(
    ("removed", "message"),
    [
        (["config.json"], "has no config.json, so it is no model; a model folder holds.*Save the model"),
        (["model.safetensors"], "has no weights; a model folder holds"),
        (["tokenizer.json", "tokenizer_config.json"], "has no tokenizer; a model folder holds"),
    ],
)
def test_a_folder_without_a_whole_model(copy, removed, message):
    for name in removed:
        (copy / name).unlink()
    with pytest.raises(FileNotFoundError, match=message):
        load_model(copy)


def test_weights_that_can_run_code_are_refused(copy):
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    (copy / "adapter.safetensors").touch()
    with pytest.raises(FileNotFoundError, match=r"only weights that can run code when read \(.bin, .pt\); a model folder"):
        load_model(copy)


def test_code_in_a_checkpoint_does_not_run_unasked(copy, tmp_path):
    (copy / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    config = json.loads((copy / "config.json").read_text())
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="trust_remote_code=True"):
        load_model(copy, device="cpu")
    assert not (tmp_path / "ran").exists()


def test_missing_tensors_are_never_filled_with_random_numbers(copy):
    tensors = load_file(copy / "model.safetensors")
    del tensors["model.layers.1.self_attn.q_proj.weight"]
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match="lack 1 tensors of Qwen3ForCausalLM, the first 'model.layers.1.self_attn.q_pr"):
        load_model(copy, device="cpu")


@pytest.mark.parametrize("device", ["gpu", "xpu"])
def test_a_device_this_computer_has_not(folder, device):
    with pytest.raises(ValueError, match=f"device is '{device}'; this computer has .*cpu. Use one of these or 'auto'"):
        load_model(folder, device=device)


@pytest.mark.parametrize("dtype", ["float31", torch.int8])
def test_a_dtype_that_is_no_dtype_of_weights(folder, dtype):
    with pytest.raises(ValueError, match="dtype is .*; allowed are auto, checkpoint, float32.*Use one of these"):
        load_model(folder, device="cpu", dtype=dtype)


def test_saving_never_overwrites_what_is_no_model(lm, tmp_path):
    (tmp_path / "diary.txt").write_text("dear diary")
    for target in (tmp_path, tmp_path / "diary.txt"):
        with pytest.raises(ValueError, match="exists and is no model; a new, an empty or a model folder is allowed. Ch"):
            save_model(lm, target)
    assert (tmp_path / "diary.txt").read_text() == "dear diary"


def test_saving_replaces_an_earlier_model(lm, copy):
    assert lm.save(copy) == copy


def test_a_model_without_a_stated_limit_has_no_context_length(tokenizer):
    model = T5ForConditionalGeneration(T5Config(vocab_size=400, d_model=16, d_ff=16, num_layers=1, num_heads=2, d_kv=8))
    assert LanguageModel(model, tokenizer, "t5").context_length is None


def test_a_trained_gpt_ends_at_the_end_of_text_and_of_a_turn():
    corpus = story_corpus(20, vocabulary_size=400)
    sizes = dict(context=32, num_layers=1, num_heads=2, width=16)
    lm = LanguageModel.from_gpt(GPT(GPTConfig.modern(vocabulary_size=400, **sizes)), corpus.tokenizer)
    ends = corpus.tokenizer.convert_tokens_to_ids(["<|endoftext|>", "<|end|>"])
    assert lm.model.generation_config.eos_token_id == ends and not lm.model.training


def test_a_gpt_without_a_chat_template_ends_at_the_end_of_text(tokenizer):
    sizes = dict(context=32, num_layers=1, num_heads=2, width=16)
    lm = LanguageModel.from_gpt(GPT(GPTConfig.modern(vocabulary_size=len(tokenizer), **sizes)), tokenizer)
    assert lm.model.generation_config.eos_token_id == [tokenizer.eos_token_id]


def test_small_weights_have_no_progress_bar_and_large_ones_have(lm, folder, tmp_path, capfd, monkeypatch):
    load_model(folder, device="cpu")
    lm.save(tmp_path / "again")
    assert capfd.readouterr().err == ""
    monkeypatch.setattr(language_model, "SMALL_FILES", 0)
    load_model(folder, device="cpu")
    lm.save(tmp_path / "again")
    shown = capfd.readouterr().err
    assert "Loading weights" in shown and "Writing model shards" in shown
