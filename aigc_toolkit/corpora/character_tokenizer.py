"""A tokenizer whose tokens are characters, as a transformers tokenizer.

Comes in: texts. Goes out: a `PreTrainedTokenizerFast` with one token for each character in them. A character that is not in them
is read as the unknown token: it, and it alone, is lost. It knows no words and no conversations.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from .chat_format import END_OF_TEXT

UNKNOWN = "<|unknown|>"


def character_tokenizer(texts: Iterable[str], *, vocabulary_size: int, context: int = 512) -> PreTrainedTokenizerFast:
    """A tokenizer with the end-of-text token, the unknown token and every character of `texts`, in the order of code points.

    `context` is the length in tokens it warns beyond. Raises ValueError where that makes more than `vocabulary_size` tokens.

    >>> character_tokenizer(["to be"], vocabulary_size=100).encode("bet")
    [3, 4, 6]
    """
    characters: set[str] = set()
    for text in texts:
        characters.update(text)
    tokens = [END_OF_TEXT, UNKNOWN, *sorted(characters)]
    if len(tokens) > vocabulary_size:
        raise ValueError(
            f"vocabulary_size={vocabulary_size} with {len(characters):,} different characters: each is a token, and two more are "
            f"needed. Ask for {len(tokens)} or more, or take tokenizer='bpe', which needs fewer."
        )
    tokenizer = Tokenizer(models.WordLevel({token: number for number, token in enumerate(tokens)}, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END_OF_TEXT,
        pad_token=END_OF_TEXT,
        bos_token=END_OF_TEXT,
        unk_token=UNKNOWN,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )
