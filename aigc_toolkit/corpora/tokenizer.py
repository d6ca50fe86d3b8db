"""A tokenizer of one's own: a byte-level BPE trained on given texts, as a transformers tokenizer with the chat template.

Comes in: texts. Goes out: a `PreTrainedTokenizerFast` that encodes any Unicode text without loss (bytes are its alphabet). A
Chinese character and a digit are always words of their own, so that names and numbers are cut the same way everywhere.
Source: Sennrich et al. 2016 (BPE), Radford et al. 2019, section 2.2 (bytes), through the `tokenizers` library.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from typing import Literal

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from .character_tokenizer import character_tokenizer
from .chat_format import CHAT_TEMPLATE, END_OF_TEXT, SPECIAL_TOKENS

TokenizerChoice = PreTrainedTokenizerFast | Literal["bpe", "characters"]
_SMALLEST_VOCABULARY = 256 + len(SPECIAL_TOKENS)
_DOCUMENTS_TO_LEARN_FROM = 100_000  # at most: the merges of a BPE hardly change with more


def make_tokenizer(
    choice: TokenizerChoice, train: Iterable[str], validation: Iterable[str], *, vocabulary_size: int
) -> PreTrainedTokenizerFast:
    """The tokenizer that is chosen: one that is there, or one made for these documents, of at most `vocabulary_size` tokens.

    A BPE learns from the first 100,000 training documents. The characters are those of both splits: an alphabet is known before
    anything is learnt, and a character without a token would be lost. Raises ValueError for another word.

    >>> len(make_tokenizer("characters", ["to be"], ["or not"], vocabulary_size=100))
    9
    """
    if isinstance(choice, PreTrainedTokenizerFast):
        return choice
    if choice == "bpe":
        return train_tokenizer(islice(train, _DOCUMENTS_TO_LEARN_FROM), vocabulary_size=vocabulary_size)
    if choice == "characters":
        return character_tokenizer(chain(train, validation), vocabulary_size=vocabulary_size)
    raise ValueError(f"tokenizer={choice!r} is unknown: 'bpe', 'characters' or a fast transformers tokenizer is allowed. Pass one.")


def train_tokenizer(texts: Iterable[str], *, vocabulary_size: int, context: int = 512) -> PreTrainedTokenizerFast:
    """A tokenizer with at most `vocabulary_size` tokens; `context` is the length in tokens it warns beyond.

    Raises ValueError for a vocabulary below the 256 bytes and the special tokens.
    """
    if vocabulary_size < _SMALLEST_VOCABULARY:
        raise ValueError(
            f"vocabulary_size={vocabulary_size} is too small: a byte-level tokenizer needs at least "
            f"{_SMALLEST_VOCABULARY} tokens (256 bytes and the special tokens). Ask for more."
        )
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\p{Han}|\p{N}"), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END_OF_TEXT,
        pad_token=END_OF_TEXT,
        bos_token=END_OF_TEXT,
        chat_template=CHAT_TEMPLATE,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )
