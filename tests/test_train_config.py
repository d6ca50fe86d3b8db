"""Settings of a run: plain, and refused by name where they contradict each other."""

import json
from dataclasses import asdict

import pytest
from small_runs import CONFIG

from aigc_toolkit import TrainConfig


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(batch_size=8, gradient_accumulation=3), "batch_size=8 with gradient_accumulation=3"),
        (dict(warmup_fraction=0.5, cooldown_fraction=0.6), "warmup_fraction=0.5 with cooldown_fraction=0.6"),
        (dict(sample_every=10), "sample_every=10 with sample_prompt=''"),
        (dict(num_steps=0), "num_steps=0: at least 1 is allowed"),
        (dict(learning_rate=-1.0), "learning_rate=-1.0: 0 or more is allowed"),
        (dict(warmup_fraction=2.0), "warmup_fraction=2.0: a fraction of num_steps"),
        (dict(momentum=1.0), r"momentum=1.0: \[0, 1\) is allowed"),
        (dict(mixed_precision="float16"), 'mixed_precision=\'float16\': "no" and "bfloat16" are available'),
        (dict(keep_best=True, validate_every=2), "keep_best=True with folder=None: the best.* Set folder, or keep_best=False"),
        (dict(keep_best=True, folder="x"), "keep_best=True with validate_every=0"),
        (dict(patience=2), "patience=2 with validate_every=0: an early end.* Set validate_every, or patience=0"),
        (dict(max_rewinds=1), "max_rewinds=1 with checkpoint_every=0: a run goes back to a checkpoint"),
        (dict(tracker="tensorboard"), "tracker='tensorboard' with folder=None"),
        (dict(tracker="wandb"), 'tracker=\'wandb\': "none", "tensorboard" and "trackio" are available'),
        (dict(average_decay=1.0), r"average_decay=1.0: \[0, 1\) is allowed"),
    ],
)
def test_contradictions_are_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**changes)


def test_settings_are_plain():
    assert json.loads(json.dumps(asdict(CONFIG))) == asdict(CONFIG)
