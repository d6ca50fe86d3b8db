"""Text to token ids and back, one token at a time.

In: a tokenizer and ids. Out: one display string per id, and the pieces of text that ids add one after the other.
Byte-level tokenizers split Chinese characters and emoji over several tokens: a piece is "" until its character is
whole, a display string shows the loose bytes as `<0xE4>`. Knows nothing of models, generation or attention.
"""

import re
from collections.abc import Iterable, Sequence

from transformers import PreTrainedTokenizerFast
from transformers.convert_slow_tokenizer import bytes_to_unicode

REPLACEMENT = "\ufffd"  # what a decoder writes for bytes that are no character
MAX_LOOSE_BYTES = 3  # a UTF-8 character has at most four bytes, so at most three can wait for the last one
ANCHOR = "\u241f"  # a sign that merges with no text: a text encoded after it is encoded as one that goes on
CONTEXT_TOKENS = 8  # enough of the prompt for decoders that look at the token before (spaces, "##")


class TokenTexts:
    """The texts of a tokenizer's tokens: for display (`display`) and as increments (`pieces`, `start`).

    >>> texts = TokenTexts(tokenizer)
    >>> texts.displays(texts.encode("a 中"))  # a tokenizer that keeps the three bytes of 中 apart
    ['a', ' ', '<0xE4>', '<0xB8>', '<0xAD>']
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast):
        self.tokenizer = tokenizer
        self._display_cache: dict[int, str] = {}
        self._alone_cache: dict[int, str] = {}
        self._added_ids = frozenset(tokenizer.added_tokens_decoder)  # special tokens are among them
        byte_level = "ByteLevel" in repr(tokenizer.backend_tokenizer.decoder)
        self._byte_of = {char: byte for byte, char in bytes_to_unicode().items()} if byte_level else None

    def encode(self, text: str) -> list[int]:
        """The model's own tokenization of `text`, special tokens included.

        Raises ValueError for half of a surrogate pair, which no tokenizer can read.
        """
        check_text(text)
        return list(self.tokenizer(text, verbose=False)["input_ids"])

    def encode_more(self, text: str) -> list[int]:
        """Ids of a text that follows another one: no special token added, and no space before it where a tokenizer adds one."""
        check_text(text)
        ids, anchor = self._plain(text), self._plain(ANCHOR)
        if self.decode([*anchor, *ids]) == ANCHOR + text:
            return ids
        joined = self._plain(ANCHOR + text)
        return joined[len(anchor) :] if joined[: len(anchor)] == anchor else ids

    def decode(self, ids: Sequence[int]) -> str:
        """The text of `ids` without special tokens; incomplete characters become U+FFFD."""
        if len(ids) != 1:
            return self._decode(ids)
        cached = self._alone_cache.get(ids[0])
        if cached is None:
            cached = self._alone_cache[ids[0]] = self._decode(ids)
        return cached

    def display(self, token_id: int) -> str:
        """One token as a reader should see it: never empty, never U+FFFD for a loose byte (`<0xE4>` instead)."""
        cached = self._display_cache.get(token_id)
        if cached is None:
            cached = self._display_cache[token_id] = self._display(token_id)
        return cached

    def displays(self, ids: Iterable[int]) -> list[str]:
        """`display` of each id, in order."""
        return [self.display(token_id) for token_id in ids]

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """What each id adds to the text: joined they equal `decode(ids)`; "" while a character is incomplete."""
        stream = self.start()
        pieces = [stream.add(token_id) for token_id in ids]
        if pieces:
            pieces[-1] += stream.finish()
        return pieces

    def start(self, prompt_ids: Sequence[int] = ()) -> "TextStream":
        """A `TextStream` that continues after `prompt_ids`."""
        return TextStream(self, prompt_ids)

    def _decode(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)

    def _plain(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def _display(self, token_id: int) -> str:
        token = self.tokenizer.convert_ids_to_tokens(token_id)
        if token is None:  # models may have more output rows than the tokenizer has tokens
            return f"<unused {token_id}>"
        if self._byte_of is None:
            return token.replace("\u2581", " ")  # SentencePiece writes a space as U+2581
        if token_id in self._added_ids:
            return token  # stored as plain text
        text = bytes(self._byte_of[char] for char in token).decode("utf-8", errors="surrogateescape")
        return re.sub("[\udc80-\udcff]", lambda match: f"<0x{ord(match[0]) - 0xDC00:02X}>", text)


class TextStream:
    """Turns ids that come one by one into text that never shows half a character.

    Decodes a short window of ids again for each id and returns what became certain. The pieces joined, with
    `finish()`, equal the decoded whole for byte-level tokenizers on any bytes.

    >>> stream = texts.start()
    >>> [stream.add(token_id) for token_id in texts.encode("中")]
    ['', '', '中']
    """

    def __init__(self, texts: TokenTexts, prompt_ids: Sequence[int] = ()):
        self._texts = texts
        self._window = list(prompt_ids[-CONTEXT_TOKENS:])
        self._num_settled = len(self._window)  # ids of the window whose text is wholly given out
        self._given = texts.decode(self._window)

    def add(self, token_id: int) -> str:
        """The text that became certain with this token."""
        self._window.append(token_id)
        text = self._texts.decode(self._window)
        num_held = min(len(text) - len(text.rstrip(REPLACEMENT)), MAX_LOOSE_BYTES)
        piece = self._give(text[: len(text) - num_held])
        if num_held == 0 and piece:
            self._window = self._window[self._num_settled :]
            self._num_settled = len(self._window)
            self._given = self._texts.decode(self._window)
        return piece

    def finish(self) -> str:
        """What is still held back, with U+FFFD for a character that never became whole."""
        return self._give(self._texts.decode(self._window))

    def _give(self, text: str) -> str:
        piece = text[len(self._given) :]
        if piece:
            self._given = text
        return piece


def check_text(text: str) -> None:
    """Raise TypeError for anything but a string, ValueError for a lone surrogate, naming its position."""
    if not isinstance(text, str):
        raise TypeError(f"The text is a {type(text).__name__}; a string is needed. Pass the text itself, as str.")
    lone = re.search("[\ud800-\udfff]", text)
    if lone:
        raise ValueError(
            f"The text has half of a surrogate pair (U+{ord(lone[0]):04X}) at position {lone.start()}; whole Unicode "
            "characters are allowed. Remove it, or decode the source again with errors='replace'."
        )
