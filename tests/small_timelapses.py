"""A time-lapse of a moment: a small model, a corpus of four sentences, and how the training of both is recorded."""

import numpy as np
from conftest import SENTENCES
from transformers import PreTrainedTokenizerFast

from aigc_toolkit import (
    GPT,
    GPTConfig,
    TrainConfig,
    record_timelapse,
    train,
)
from aigc_toolkit.timelapse import TimeLapse

PROMPTS = ["Mia lost her red lantern.", "汤姆找到了灯笼。"]
CONFIG = TrainConfig(num_steps=5, batch_size=2, context=16, learning_rate=0.02, adam_learning_rate=0.02, device="cpu")


class Sentences:
    """A corpus of a moment in the tokenizer of the tests."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast):
        self.tokenizer = tokenizer

    def token_ids(self, split: str) -> np.ndarray:
        return np.array(self.tokenizer("\n".join(SENTENCES))["input_ids"], dtype=np.int32)


def new_gpt(tokenizer: PreTrainedTokenizerFast) -> GPT:
    config = GPTConfig.modern(vocabulary_size=len(tokenizer), num_layers=2, num_heads=2, width=16, context=64)
    return GPT(config, seed=0)


def recorded(
    tokenizer: PreTrainedTokenizerFast, gpt: GPT, *, config: TrainConfig = CONFIG, resume: bool = False, **settings
) -> TimeLapse:
    settings = {"prompts": PROMPTS, "sample_tokens": 4, **settings}
    return record_timelapse(train(gpt, Sentences(tokenizer), config, resume=resume), gpt, tokenizer=tokenizer, **settings)
