"""Fixtures for every test: no network, one small random model with a real tokenizer, made once."""

import copy
import math
import os
from collections.abc import Iterator

os.environ["HF_HUB_OFFLINE"] = "1"  # before huggingface_hub is imported

import pytest
import torch
from branch_steps import PROMPT
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from aigc_toolkit import GPT
from aigc_toolkit.generation import Generation, Scheduler, generate
from aigc_toolkit.generation.prefix_cache import kept_caches
from aigc_toolkit.language_model import LanguageModel, load_model
from aigc_toolkit.timelapse import TimeLapse

for name in ("AIGC_API_KEY", "OPENAI_API_KEY"):
    os.environ.pop(name, None)  # what a server asks for is no test's to give

SENTENCES = [
    "Once upon a time a girl named Mia lost her red lantern in the forest.",
    "Tom found the lantern under an old oak tree and gave it back to her.",
    "从前有一个小女孩，她把红灯笼丢在了森林里。",
    "汤姆在老橡树下找到了灯笼，还给了她。她很高兴。",
]
END_OF_TEXT = "<|endoftext|>"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-pictures", action="store_true", help="keep what the browser shows now as reference pictures")


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level BPE with 400 tokens: lossless on any Unicode text."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(
        SENTENCES,
        trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=[END_OF_TEXT],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=END_OF_TEXT)


@pytest.fixture(scope="session")
def lm(tokenizer: PreTrainedTokenizerFast) -> LanguageModel:
    """A 2-layer random Qwen3 (grouped queries, context 128), wide enough in its weights that heads differ."""
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=128,
        initializer_range=0.3,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        pad_token_id=None,
    )
    return LanguageModel(Qwen3ForCausalLM(config).eval(), tokenizer, "tiny")


@pytest.fixture(scope="session")
def endless(lm: LanguageModel) -> LanguageModel:
    """The small random model without an end of text."""
    model = copy.deepcopy(lm.model)
    model.generation_config.eos_token_id = None
    return LanguageModel(model, lm.tokenizer, "endless")


@pytest.fixture(scope="session")
def story_lm() -> LanguageModel:
    """The built-in model."""
    return load_model("story", device="cpu")


@pytest.fixture(scope="session")
def scheduler(lm: LanguageModel) -> Iterator[Scheduler]:
    """Writes texts of the small model together, as the page does."""
    with Scheduler(lm) as scheduler:
        yield scheduler


@pytest.fixture
def story(endless: LanguageModel) -> Generation:
    """A text of twelve tokens, written while nothing is kept of others."""
    kept_caches(endless).clear()
    return generate(endless, PROMPT, max_new_tokens=12, temperature=0)


@pytest.fixture
def positions(endless: LanguageModel) -> Iterator[list[int]]:
    """How many positions each forward pass of the model read."""
    read = []
    hook = endless.model.model.embed_tokens.register_forward_pre_hook(lambda module, given: read.append(given[0].shape[1]))
    yield read
    hook.remove()


@pytest.fixture(scope="session")
def trained(tokenizer: PreTrainedTokenizerFast) -> tuple[GPT, TimeLapse]:
    """A GPT of a moment and the time-lapse of its training."""
    from small_timelapses import new_gpt, recorded  # which needs the sentences above

    gpt = new_gpt(tokenizer)
    return gpt, recorded(tokenizer, gpt, at=[0, 2, 5], rulers={"uniform": math.log(len(tokenizer))}, marks={3: "half"}).run()
