"""The main states of the views as saved pages: what reference pictures are kept of, and what axe-core looks at.

In come the name of a state and a folder, out goes a page. Everything is set from Python through `view.state`; the records are the
built-in model's and small random ones, the same at every run. Knows nothing of how a state is reached by hand.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from small_models import small_model
from transformers import PreTrainedTokenizerFast

from aigc_toolkit import TrainStep, attention_view, capture_attention, generate, generation_view, load_model
from aigc_toolkit.attention import Attention
from aigc_toolkit.language_model import LanguageModel
from aigc_toolkit.views import training_view
from browser.fake_records import FakeAttention

STORY = "Once upon a time, Mia had a red kite. She put the kite in the drawer.\nTom had a blue cup. He put the cup under the bench."
CHINESE = "从前，有一个善良的男孩，名叫小明。小明有一只红色的风筝。他把风筝放在抽屉里。"
SOURCE = "Tom found the lantern under an old oak tree and gave it back to her."
ON_THE_KITE = {"layer": 4, "head": 4, "token": 21}

# name: (what is looked at, state)
ATTENTION: dict[str, tuple[str, dict[str, Any]]] = {
    "map": ("story", ON_THE_KITE),
    "map_zoomed": ("story", {"layer": 2, "head": 1, "zoom": [8, 20, 4, 16], "cell": [15, 9]}),
    "lines": ("story", {**ON_THE_KITE, "panel": "lines"}),
    "columns": ("story", {**ON_THE_KITE, "panel": "lines", "lines": "columns", "grouping": "words"}),
    "cell": ("story", {**ON_THE_KITE, "panel": "cell", "cell": [21, 10]}),
    "sorted": ("story", {**ON_THE_KITE, "measure": "previous_token"}),
    "chinese": ("chinese", {"layer": 3, "head": 2, "token": 9}),
    "difference": ("compared", {**ON_THE_KITE, "of": "difference"}),
    "side_by_side": ("two texts", {"layer": 3, "head": 2, "map": "side by side"}),
    "cross": ("translation", {"kind": "cross", "layer": 1, "head": 2, "token": 4}),
    "patches": ("picture", {"layer": 1, "head": 1, "token": 5}),
    "long": ("long", {"layer": 2, "head": 1, "token": 500}),
}
STATES = (*ATTENTION, "generation", "training")


def page_of(state: str, folder: Path, tokenizer: PreTrainedTokenizerFast, *, language: str | None = None) -> Path:
    """The saved page that opens in this state; `tokenizer` is for the models that are made on the spot."""
    path = folder / f"{state}_{language}.html"
    if state == "generation":
        return generation_view(_written(), language=language).save(path)
    if state == "training":
        return training_view(
            _trained(), rulers={"uniform": 8.03, "unigram": 5.61, "bigram": 3.17, "5-gram": 2.51, "gzip": 2.44}, language=language
        ).save(path)
    what, changes = ATTENTION[state]
    first, *others = _attentions(what, tokenizer)
    view = attention_view(first, compare=others[0] if others else None, language=language)
    view.state = changes
    return view.save(path)


@cache
def _attentions(what: str, tokenizer: PreTrainedTokenizerFast) -> tuple[Attention, ...]:
    lm = load_model("story")
    if what == "story":
        return (capture_attention(lm, STORY),)
    if what == "chinese":
        return (capture_attention(lm, CHINESE),)
    if what == "two texts":
        return _attentions("story", tokenizer) + _attentions("chinese", tokenizer)
    if what == "compared":
        return (*_attentions("story", tokenizer), capture_attention(_halved_queries(), STORY))
    if what == "long":
        return (FakeAttention(STORY.replace(" ", "| ").split("|") * 40),)
    if what == "translation":
        return (
            capture_attention(
                LanguageModel(small_model("t5"), tokenizer, "small T5"), "汤姆在老橡树下找到了灯笼，还给了她。", source=SOURCE
            ),
        )
    picture = torch.from_numpy(_landscape()).permute(2, 0, 1)  # (3, 24, 24)
    return (capture_attention(LanguageModel(small_model("vit"), None, "small ViT"), picture),)


def _halved_queries() -> LanguageModel:
    lm = load_model("story")
    with torch.no_grad():
        for name, weight in lm.model.named_parameters():
            if "q_norm" in name:  # of each head, after the projection
                weight.mul_(0.5)
    return LanguageModel(lm.model, lm.tokenizer, "story, queries halved")


def _landscape() -> np.ndarray:
    """A small picture of sky, sun and hills, (24, 24, 3), 0 to 1."""
    row, column = np.mgrid[0:24, 0:24] / 24  # (24, 24) each
    hills = row > 0.62 + 0.12 * np.sin(7 * column)  # (24, 24)
    sun = (row - 0.25) ** 2 + (column - 0.7) ** 2 < 0.02  # (24, 24)
    sky = np.stack([0.45 + 0.3 * row, 0.65 + 0.2 * row, 0.95 - 0.1 * row], axis=2)  # (24, 24, 3)
    return np.where(hills[..., None], [0.25, 0.5, 0.25], np.where(sun[..., None], [1.0, 0.9, 0.4], sky)).astype(np.float32)


def _written():
    prompt = "Once upon a time, there was a kind girl named Mia. Mia had a red kite."
    return generate(load_model("story"), prompt, max_new_tokens=60, temperature=0)


def _trained() -> list[TrainStep]:
    """A run that looks like one: loss falling from 8 to 2.2 nats, checked every 50 steps, one sample every 100."""
    noise = np.random.default_rng(0).normal(size=(400, 3))  # (steps, 3)
    return [
        TrainStep(
            step=i + 1,
            loss=2.2 + 5.8 * math.exp(-i / 60) + 0.08 * noise[i, 0],
            validation_loss=2.3 + 5.8 * math.exp(-i / 60) if i % 50 == 49 else None,
            learning_rate=3e-3 * min(1, (i + 1) / 40) * (1 - 0.9 * i / 400),
            tokens_per_second=21_000 + 900 * noise[i, 1],
            gradient_norm=0.6 + 2 * math.exp(-i / 30) + 0.05 * abs(noise[i, 2]),
            sample=f"Once upon a time, after {i + 1} steps, Mia found a key." if i % 100 == 99 else None,
        )
        for i in range(400)
    ]
