import threading

import pytest
import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from aigc_toolkit.attention.recorder import Recording, recording

IDS = torch.tensor([[40, 41, 42, 43]])


@torch.inference_mode()
def run(lm):
    return lm.model(IDS, use_cache=False).logits


def test_sites_hold_unrepeated_keys_in_the_order_of_layers(lm):
    with recording(lm.model) as record:
        run(lm)
    assert [site.name for site in record.sites] == ["model.layers.0.self_attn", "model.layers.1.self_attn"]
    site = record.sites[0]
    assert site.query.shape == (4, 4, 16) and site.key.shape == (2, 4, 16) and site.value.shape == (2, 4, 16)
    assert site.causal and not site.sees_ahead and site.scaling == 16**-0.5
    assert record.refusals == []


def test_recording_changes_no_logit(lm):
    before = run(lm)
    with recording(lm.model):
        during = run(lm)
    assert torch.equal(before, during) and torch.equal(before, run(lm))


def test_nothing_stays_wrapped_afterwards(lm):
    original = AttentionInterface.get_interface
    with recording(lm.model) as record:
        assert AttentionInterface.get_interface is not original
    run(lm)
    assert AttentionInterface.get_interface is original and record.sites == []


def test_an_exception_in_the_block_ends_the_recording(lm):
    original = AttentionInterface.get_interface
    with pytest.raises(RuntimeError, match="mid-way"), recording(lm.model):
        raise RuntimeError("mid-way")
    assert AttentionInterface.get_interface is original
    with recording(lm.model) as record:
        run(lm)
    assert len(record.sites) == 2


def test_a_recording_inside_a_recording_is_refused(lm):
    with (
        recording(lm.model),
        pytest.raises(ValueError, match="already being recorded in this thread; one recording at a time is allowed. Let"),
        recording(lm.model),
    ):
        pass


def test_another_thread_is_not_recorded(lm):
    with recording(lm.model) as record:
        thread = threading.Thread(target=run, args=[lm])
        thread.start()
        thread.join()
    assert record.sites == []


def test_another_model_in_the_same_thread_is_not_recorded(lm):
    with recording(torch.nn.Linear(1, 1)) as record:
        run(lm)
    assert record.sites == []


@pytest.mark.parametrize(
    ("kernel", "mask", "num_batch", "message"),
    [
        ("flash_attention_2", None, 1, "layer runs with the kernel 'flash_attention_2'"),
        ("sdpa", torch.ones(2, 2), 1, "layer has an attention mask of an unknown form"),
        ("sdpa", None, 2, "layer attends in pieces, with queries of shape (2, 1, 2, 4)"),
    ],
)
def test_what_cannot_be_recorded_is_said(kernel, mask, num_batch, message):
    model = torch.nn.ModuleDict({"layer": torch.nn.Identity()})
    record = Recording(model)
    attend = record.wrap(sdpa_attention_forward, kernel)
    attend(model["layer"], *torch.rand(3, num_batch, 1, 2, 4), mask)
    assert record.refusals == [message]
