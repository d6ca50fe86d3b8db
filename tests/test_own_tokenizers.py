"""Tokenizers of one's own: a token for each character, and the choice between kinds."""

import pytest
from transformers import AutoTokenizer

from aigc_toolkit import GPT, GPTConfig, LanguageModel, generate, load_model
from aigc_toolkit.corpora import character_tokenizer, text_corpus
from aigc_toolkit.corpora.character_tokenizer import UNKNOWN
from aigc_toolkit.tokens import TokenTexts

TEXTS = ["To be, or not\n\tto be:  that is\r\n", "小明 👩‍👩‍👧 ▁ Ġ"]


@pytest.fixture(scope="module")
def tokenizer():
    return character_tokenizer(TEXTS, vocabulary_size=100)


@pytest.mark.parametrize("text", [*TEXTS, "", "  ", "\n\n", "teobr 明小"])
def test_a_character_is_a_token_and_nothing_is_lost(tokenizer, text):
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert len(ids) == len(text) and tokenizer.decode(ids) == text


def test_it_is_saved_and_loaded_whole(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert again.get_vocab() == tokenizer.get_vocab() and again.eos_token_id == tokenizer.eos_token_id
    assert again.decode(again.encode(TEXTS[0], add_special_tokens=False)) == TEXTS[0]


def test_a_model_of_characters_is_saved_and_writes_characters(tokenizer, tmp_path):
    gpt = GPT(GPTConfig.gpt2(vocabulary_size=len(tokenizer), context=32, num_layers=1, num_heads=2, width=16))
    LanguageModel.from_gpt(gpt, tokenizer).save(tmp_path)
    text = generate(load_model(tmp_path), "To be", max_new_tokens=8, temperature=1.0, seed=0).text
    assert text and set(text.replace(UNKNOWN, "").replace("<|endoftext|>", "")) <= set("".join(TEXTS))


def test_an_unknown_character_is_read_as_unknown_and_no_other_is_lost(tokenizer):
    assert tokenizer.decode(tokenizer.encode("to ü be", add_special_tokens=False)) == f"to {UNKNOWN} be"


def test_tokens_are_shown_as_their_characters(tokenizer):
    assert "".join(TokenTexts(tokenizer).pieces(tokenizer.encode(TEXTS[0]))) == TEXTS[0]


def test_a_corpus_of_characters_knows_those_of_both_splits():
    corpus = text_corpus(["abc", "abd"], validation_fraction=0.5, tokenizer="characters")
    assert len(corpus.tokenizer) == 6 and corpus.tokenizer.unk_token_id not in corpus.token_ids("validation")
    assert corpus.tokenizer.decode(corpus.token_ids("validation")[:-1]) == "abd"


def test_a_tokenizer_that_is_there_is_used_as_it_is(tokenizer):
    assert text_corpus(TEXTS, tokenizer=tokenizer).tokenizer is tokenizer


def test_bad_input_says_what_to_do():
    with pytest.raises(
        ValueError, match="vocabulary_size=4 with 3 different characters.*Ask for 5 or more, or take tokenizer='bpe'"
    ):
        character_tokenizer(["abc"], vocabulary_size=4)
    with pytest.raises(ValueError, match="tokenizer='words' is unknown: 'bpe', 'characters' or a fast"):
        text_corpus(TEXTS, tokenizer="words")
