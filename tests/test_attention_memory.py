"""Memory: estimated before the model runs, watched while it runs, refused with the estimate and the limit."""

import pytest
import torch
from small_models import small_model
from transformers import LlamaConfig, PreTrainedConfig

from aigc_toolkit.attention import capture_attention
from aigc_toolkit.attention.memory import config_number, in_words, recording_bytes, weights_bytes
from aigc_toolkit.attention.recorder import Recording, recording
from aigc_toolkit.language_model import LanguageModel

IDS = list(range(40, 70))


def language_model(family, tokenizer):
    """The model and a list that grows by one with each of its forward passes."""
    lm = LanguageModel(small_model(family), tokenizer, family)
    runs = []
    lm.model.register_forward_pre_hook(lambda module, inputs: runs.append(1))
    return lm, runs


def kept_bytes(attention):
    return sum(site.num_bytes for site in attention.sites)


@pytest.mark.parametrize("family", ["gpt2", "llama", "qwen3", "mistral", "gemma2", "gpt_oss", "bert", "phi"])
def test_the_estimate_is_what_is_kept(family, tokenizer):
    lm, _ = language_model(family, tokenizer)
    attention = capture_attention(lm, IDS)
    assert recording_bytes(lm.model.config, len(IDS), lm.model.dtype) == kept_bytes(attention)


@pytest.mark.parametrize("family", ["gpt_neox", "gpt2", "phi", "falcon", "opt"])
def test_nothing_larger_is_kept_alive(family, tokenizer):
    """Parts of a fused projection are copied out, unless all parts are kept anyway."""
    attention = capture_attention(language_model(family, tokenizer)[0], IDS)
    tensors = [getattr(site, name).untyped_storage() for site in attention.sites for name in ("query", "key", "value")]
    assert sum({storage.data_ptr(): storage.nbytes() for storage in tensors}.values()) <= kept_bytes(attention)


def test_the_estimate_of_weights_is_what_is_kept(tokenizer):
    lm, _ = language_model("bloom", tokenizer)
    assert weights_bytes(lm.model.config, len(IDS)) == kept_bytes(capture_attention(lm, IDS))


def test_keys_are_kept_unrepeated_and_in_the_dtype_of_the_model(tokenizer):
    lm, _ = language_model("llama", tokenizer)
    lm.model.bfloat16()
    site = capture_attention(lm, IDS).sites[0]
    assert site.key.shape == (2, 30, 8) and site.query.dtype == site.key.dtype == torch.bfloat16


def test_what_would_not_fit_is_refused_before_the_model_runs(tokenizer):
    lm, runs = language_model("llama", tokenizer)
    needed = recording_bytes(lm.model.config, len(IDS), lm.model.dtype)
    message = (
        r"\(queries, keys and values\) would take about 15.4 kB; the limit is 15.4 kB. Shorten the text, or raise memory_limit"
    )
    with pytest.raises(ValueError, match=message):
        capture_attention(lm, IDS, memory_limit_bytes=needed - 1)
    assert not runs
    assert capture_attention(lm, IDS, memory_limit_bytes=needed).num_layers == 2


def test_weights_that_would_not_fit_are_refused_before_they_are_made(tokenizer):
    lm, runs = language_model("bloom", tokenizer)
    needed = weights_bytes(lm.model.config, len(IDS))
    with pytest.raises(
        ValueError, match=r"\(every weight, since this family shows nothing else\) would take about 28.8 kB; the lim"
    ):
        capture_attention(lm, IDS, memory_limit_bytes=needed - 1)
    assert len(runs) == 1  # the pass that looked for queries and keys


def test_what_the_estimate_did_not_foresee_ends_the_pass(tokenizer):
    lm, _ = language_model("llama", tokenizer)
    one_layer = recording_bytes(lm.model.config, len(IDS), lm.model.dtype) // 2
    inputs = torch.tensor([IDS])
    with recording(lm.model, memory_limit_bytes=2 * one_layer, num_calls=2) as record:
        lm.model(inputs, use_cache=False)
    assert len(record.sites) == 2
    with (
        pytest.raises(ValueError, match=r"\(queries, keys, values and masks\) would take about 15.4 kB; the limit is 15.4 kB"),
        recording(lm.model, memory_limit_bytes=2 * one_layer - 1, num_calls=2) as record,
    ):
        lm.model(inputs, use_cache=False)
    assert len(record.sites) == 1
    assert capture_attention(lm, IDS).num_layers == 2


def test_masks_are_counted_once(tokenizer):
    lm, _ = language_model("mistral", tokenizer)
    needed = recording_bytes(lm.model.config, len(IDS), lm.model.dtype)
    with pytest.raises(ValueError, match="queries, keys, values and masks"):
        capture_attention(lm, IDS, memory_limit_bytes=needed)
    assert capture_attention(lm, IDS, memory_limit_bytes=needed + len(IDS) ** 2).num_layers == 2  # one bool each


def test_what_is_kept_can_be_moved_off_the_device(tokenizer):
    lm, _ = language_model("gpt_oss", tokenizer)
    record = Recording(lm.model, keep="meta")  # stands for another device
    here = capture_attention(lm, IDS).sites[0]
    masked = {"attention_mask": here.mask[None], "scaling": 0.5, "is_causal": None, "softcap": None, "position_bias": None}
    arguments = masked | {"query": here.query[None], "key": here.key[None], "value": here.value[None], "s_aux": here.sinks}
    for name in ("first", "second"):
        record.record(name, "eager", arguments | {"module": lm.model}, here.query.transpose(0, 1)[None])
    first, second = record.sites
    assert {first.query.device.type, first.mask.device.type, first.sinks.device.type, first.sampled_output.device.type} == {"meta"}
    assert second.mask is first.mask


def test_a_place_that_does_not_exist(lm):
    with pytest.raises(ValueError, match="keep_on is 'disk'; allowed are 'device' .* and 'cpu'. Use one of these"):
        capture_attention(lm, IDS, keep_on="disk")
    assert capture_attention(lm, IDS, keep_on="cpu").sites[0].device.type == "cpu"


def test_sizes_of_a_configuration():
    config = LlamaConfig(num_attention_heads=4, hidden_size=32, num_hidden_layers=3)
    assert config_number(config, "num_attention_heads") == 4 and config_number(config, "no_such_size") == 0
    config.widths = [8, 16, None]
    assert config_number(config, "widths") == 16
    config.per_layer_config = {1: {"head_dim": 24}}
    assert config.is_heterogeneous and config_number(config, "head_dim") == 24
    assert recording_bytes(PreTrainedConfig(), 10, torch.float32) == 0  # states no sizes


def test_bytes_in_words():
    assert [in_words(number) for number in (12, 3_400, 5_600_000, 7_800_000_000)] == ["12 bytes", "3.4 kB", "5.6 MB", "7.8 GB"]
