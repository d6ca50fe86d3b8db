"""A corpus of random tokens and a model of its size, for tests of training."""

from dataclasses import dataclass

import numpy as np
import torch

from aigc_toolkit.gpt import GPT, GPTConfig
from aigc_toolkit.training import TrainConfig

SIZES = dict(vocabulary_size=50, context=16, num_layers=2, num_heads=2, width=16)
CONFIG = TrainConfig(num_steps=4, batch_size=4, context=8, device="cpu")


@dataclass(frozen=True)
class FakeCorpus:
    """Random tokens below 50; the validation split is another stretch of them."""

    tokenizer: object = None
    num_tokens: int = 400

    def token_ids(self, split: str) -> np.ndarray:
        seed = {"train": 0, "validation": 1}[split]
        return np.random.default_rng(seed).integers(50, size=self.num_tokens).astype(np.int32)


def make_gpt(preset=GPTConfig.modern, **changes) -> GPT:
    return GPT(preset(**{**SIZES, **changes}))


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
