import random

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from aigc_toolkit.tokens import TokenTexts, check_text

TEXTS = [
    "",
    "Mia found it.",
    "她很高兴。",
    "😀👩‍👩‍👧 é\n\ttext",
    "nul \x00 and \ufffd stay",
    "<img src=x onerror=alert(1)>",
]


@pytest.fixture(scope="module")
def texts(tokenizer):
    return TokenTexts(tokenizer)


@pytest.mark.parametrize("text", TEXTS)
def test_pieces_join_to_the_text(texts, text):
    ids = texts.encode(text)
    assert "".join(texts.pieces(ids)) == text == texts.decode(ids)


def test_pieces_of_random_bytes_join_to_the_decoded_whole(texts):
    generator = random.Random(0)
    for _ in range(300):
        ids = [generator.randrange(len(texts.tokenizer)) for _ in range(generator.randrange(1, 30))]
        assert "".join(texts.pieces(ids)) == texts.tokenizer.decode(ids, skip_special_tokens=True)


def test_a_piece_is_empty_until_its_character_is_whole(texts):
    ids = texts.encode("😀")
    assert texts.pieces(ids) == [""] * (len(ids) - 1) + ["😀"]
    assert texts.pieces(ids[:-1]) == [""] * (len(ids) - 2) + ["\ufffd"]


def test_bytes_that_are_no_character_do_not_hold_the_text_back_for_ever(texts):
    lone_byte = texts.encode("😀")[1]
    pieces = texts.pieces([lone_byte] * 6)
    assert pieces[3] == "\ufffd" and "".join(pieces) == "\ufffd" * 6


def test_a_stream_after_a_prompt_gives_only_what_is_new(texts):
    prompt, ids = texts.encode("Mia found"), texts.encode(" the 灯笼 😀.")
    stream = texts.start(prompt)
    assert "".join(stream.add(token_id) for token_id in ids) + stream.finish() == " the 灯笼 😀."


def test_loose_bytes_and_special_tokens_are_displayed(texts):
    assert texts.displays(texts.encode("😀")) == ["<0xF0>", "<0x9F>", "<0x98>", "<0x80>"]
    assert texts.displays([texts.tokenizer.eos_token_id, 5000]) == ["<|endoftext|>", "<unused 5000>"]
    assert "".join(texts.displays(texts.encode("Mia 很好 \\xe4\n"))).endswith("\\xe4\n")
    everything = texts.displays(range(len(texts.tokenizer)))
    assert all(everything) and not any("\ufffd" in text for text in everything)


def test_sentencepiece_spaces_survive_after_a_prompt():
    tokenizer = Tokenizer(models.WordLevel({"\u2581Mia": 0, "\u2581ran": 1, "<unk>": 2}, unk_token="<unk>"))
    tokenizer.decoder = decoders.Metaspace()
    texts = TokenTexts(PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>"))
    stream = texts.start([0])
    assert [stream.add(1), stream.add(1)] == [" ran", " ran"]
    assert texts.displays([1]) == [" ran"]


def test_lone_surrogates_are_refused_with_their_position(texts):
    with pytest.raises(ValueError, match=r"U\+D83D\) at position 3; whole Unicode.*Remove it"):
        texts.encode("Mia\ud83d")


def test_text_must_be_a_string():
    with pytest.raises(TypeError, match="The text is a bytes; a string is needed"):
        check_text(b"Mia")


def test_text_that_goes_on_has_no_space_put_before_it():
    pieces = ["<unk>", "\u2581", "\u2581blue", "blue", *"\u2581blue", "kite"]
    bare = Tokenizer(models.BPE(vocab={piece: i for i, piece in enumerate(dict.fromkeys(pieces))}, merges=[], unk_token="<unk>"))
    bare.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    bare.decoder = decoders.Metaspace(prepend_scheme="always")
    texts = TokenTexts(PreTrainedTokenizerFast(tokenizer_object=bare, unk_token="<unk>"))
    assert texts.displays(texts.encode("blue")) == [" ", "b", "l", "u", "e"]
    assert texts.displays(texts.encode_more("blue")) == ["b", "l", "u", "e"]
    assert texts.displays(texts.encode_more(" blue")) == [" ", "b", "l", "u", "e"]
