"""The story corpus: short stories, dialogues about them and summaries, written from a world that is known exactly.

Comes in: how many documents, a seed and languages. Goes out: a `Corpus` that can also show the facts behind each document. The
validation split tells only of combinations of name, object and place that training never shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from .corpus import Corpus
from .story_world import FORMS, StoryDocument, make_document
from .tokenizer import train_tokenizer

LANGUAGES = ("en", "zh")
_TOKENIZER_SAMPLE = 20_000  # documents a tokenizer of its own is trained on at most


@dataclass(frozen=True, repr=False)
class StoryCorpus(Corpus):
    """A `Corpus` whose documents can be asked for what is true in them."""

    seed: int = 0
    languages: tuple[str, ...] = LANGUAGES

    def document(self, split: str, number: int, *, form: str | None = None) -> StoryDocument:
        """The document behind a text, with its story, facts, questions and accepted answers; `form` asks for another form of it."""
        if form not in (None, *FORMS):
            raise ValueError(f"form={form!r} is not a form of document. Allowed: {', '.join(FORMS)}. Choose one of them.")
        return make_document(self.seed, split, number, languages=self.languages, form=form)


def story_corpus(
    num_documents: int = 20_000,
    *,
    seed: int = 0,
    languages: tuple[str, ...] = LANGUAGES,
    tokenizer: PreTrainedTokenizerFast | None = None,
    vocabulary_size: int = 3_072,
) -> StoryCorpus:
    """A story corpus of `num_documents` training documents and a tenth as many for validation (at most 2,000).

    The same arguments give the same corpus. Without a `tokenizer` a byte-level BPE of `vocabulary_size` tokens is trained on the
    training split. Raises ValueError for a number below 1 or an unknown language.

    >>> story_corpus(100, languages=("en",)).document("train", 0).language
    'en'
    """
    if num_documents < 1:
        raise ValueError(f"num_documents={num_documents} asks for no text: it must be 1 or more. Ask for at least one.")
    unknown = [language for language in languages if language not in LANGUAGES]
    if unknown or not languages:
        raise ValueError(f"languages={languages!r} cannot be told: allowed are 'en' and 'zh'. Name one or both.")
    train = _texts(seed, "train", num_documents, languages)
    validation = _texts(seed, "validation", min(2_000, max(1, num_documents // 10)), languages)
    if tokenizer is None:
        tokenizer = train_tokenizer(train[:_TOKENIZER_SAMPLE], vocabulary_size=vocabulary_size)
    return StoryCorpus("story", train, validation, tokenizer, seed=seed, languages=tuple(languages))


def _texts(seed: int, split: str, count: int, languages: tuple[str, ...]) -> list[str]:
    return [make_document(seed, split, number, languages=languages).text for number in range(count)]
