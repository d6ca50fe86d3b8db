"""Batches: crops that are a function of seed and step, or that begin where documents do."""

from dataclasses import replace

import numpy as np
import torch
from random_tokens import CONFIG, FakeCorpus, make_gpt

from aigc_toolkit.training import train
from aigc_toolkit.training.batches import document_starts, make_batch


def test_batches_are_crops_and_a_function_of_seed_and_step():
    ids = np.arange(1000, dtype=np.int32) * 3
    knobs = dict(batch_size=8, context=16)
    batch = make_batch(ids, **knobs, seed=5, step=7)
    assert batch.shape == (8, 17)
    assert batch.dtype == torch.int64
    assert (batch[:, 1:] - batch[:, :-1] == 3).all()
    assert torch.equal(batch, make_batch(ids, **knobs, seed=5, step=7))
    assert not torch.equal(batch, make_batch(ids, **knobs, seed=5, step=8))
    assert not torch.equal(batch, make_batch(ids, **knobs, seed=6, step=7))


def test_every_start_occurs_and_no_crop_runs_over_the_end():
    batch = make_batch(np.arange(12), batch_size=500, context=8, seed=0, step=1)
    assert set(batch[:, 0].tolist()) == {0, 1, 2, 3}
    assert batch.max() == 11


def test_batches_can_begin_where_documents_do():
    ids = np.array([5, 6, 7, 0, 8, 9, 0, 5, 5, 5, 0, 9, 9, 0])
    starts = document_starts(ids, 0, context=4)
    assert starts.tolist() == [0, 4, 7]  # 11 has no 5 tokens from there on
    batch = make_batch(ids, batch_size=100, context=4, seed=0, step=1, starts=starts)
    assert {tuple(crop) for crop in batch.tolist()} == {(5, 6, 7, 0, 8), (8, 9, 0, 5, 5), (5, 5, 5, 0, 9)}


def test_training_can_begin_where_documents_do(tokenizer):
    class TwoDocuments(FakeCorpus):
        def token_ids(self, split):
            return np.array([tokenizer.eos_token_id] + [7] * 9 + [tokenizer.eos_token_id] + [8] * 9, dtype=np.int32)

    seen = []
    gpt = make_gpt(vocabulary_size=len(tokenizer))
    gpt.register_forward_pre_hook(lambda _module, inputs: seen.extend(inputs[0][:, 0].tolist()))
    list(train(gpt, TwoDocuments(tokenizer), replace(CONFIG, num_steps=8, start_at_documents=True)))
    assert set(seen) == {tokenizer.eos_token_id, 7, 8}
