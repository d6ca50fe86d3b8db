"""Runs of a moment: a small model, a corpus of random tokens, and what of a run is compared."""

import numpy as np
import torch

from aigc_toolkit import GPT, GPTConfig, TrainConfig

CONFIG = TrainConfig(num_steps=6, batch_size=2, context=8, device="cpu")


class Letters:
    """A corpus whose validation split has nothing to do with what is learnt."""

    tokenizer = None

    def token_ids(self, split: str) -> np.ndarray:
        return np.random.default_rng(["train", "validation"].index(split)).integers(11, size=60).astype(np.int32)


def new_gpt() -> GPT:
    return GPT(GPTConfig.modern(vocabulary_size=11, num_layers=1, num_heads=2, width=16, context=8))


def copies(model: torch.nn.Module) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in model.parameters()]


def same(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def losses(steps) -> list[tuple]:
    return [(step.step, step.loss, step.validation_loss, step.gradient_norm) for step in steps]
