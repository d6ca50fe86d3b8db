"""The story corpus: short stories, dialogues about them and summaries, written from a world that is known exactly.

Comes in: how many documents, a seed and languages. Goes out: a `Corpus` that can also show the facts behind each document. The
validation split tells only of combinations of name, object and place that training never shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from transformers import PreTrainedTokenizerFast

from .corpus import Corpus
from .story_world import FORMS, USUAL_FORMS, StoryDocument, make_document
from .tokenizer import train_tokenizer

LANGUAGES = ("en", "zh")
_TOKENIZER_SAMPLE = 20_000  # documents a tokenizer of its own is trained on at most


@dataclass(frozen=True, repr=False)
class StoryCorpus(Corpus):
    """A `Corpus` whose documents can be asked for what is true in them."""

    seed: int = 0
    languages: tuple[str, ...] = LANGUAGES
    forms: Mapping[str, float] = field(default_factory=lambda: USUAL_FORMS)

    def document(self, split: str, number: int, *, form: str | None = None) -> StoryDocument:
        """The document behind a text, with its story, facts, questions and accepted answers; `form` asks for another form of it."""
        if form not in (None, *FORMS):
            raise ValueError(f"form={form!r} is not a form of document. Allowed: {', '.join(FORMS)}. Choose one of them.")
        return make_document(self.seed, split, number, languages=self.languages, form=form, forms=self.forms)


def story_corpus(
    num_documents: int = 20_000,
    *,
    seed: int = 0,
    languages: tuple[str, ...] = LANGUAGES,
    forms: Mapping[str, float] = USUAL_FORMS,
    tokenizer: PreTrainedTokenizerFast | None = None,
    vocabulary_size: int = 3_072,
) -> StoryCorpus:
    """A story corpus of `num_documents` training documents and a tenth as many for validation (at most 2,000).

    The same arguments give the same corpus. `forms` are the shares of "story", "dialogue" (a story and four to eight questions),
    "summary", "lesson" (seven to eleven questions, more of them without an answer, and a summary), "gathering" (up to five people
    and seven things without a plot, and eight to twelve questions), "recital" (who has what, and all of it said again in any
    order) and "opening" (the first few events of a story, and two to five questions). Without a `tokenizer` a byte-level BPE of
    `vocabulary_size` tokens is trained on the training split. Raises ValueError for a number below
    1, an unknown language or form, and shares that are no shares.

    >>> story_corpus(100, languages=("en",)).document("train", 0).language
    'en'
    """
    if num_documents < 1:
        raise ValueError(f"num_documents={num_documents} asks for no text: it must be 1 or more. Ask for at least one.")
    unknown = [language for language in languages if language not in LANGUAGES]
    if unknown or not languages:
        raise ValueError(f"languages={languages!r} cannot be told: allowed are 'en' and 'zh'. Name one or both.")
    _check_forms(forms)
    train = _texts(seed, "train", num_documents, languages, forms)
    validation = _texts(seed, "validation", min(2_000, max(1, num_documents // 10)), languages, forms)
    if tokenizer is None:
        tokenizer = train_tokenizer(train[:_TOKENIZER_SAMPLE], vocabulary_size=vocabulary_size)
    return StoryCorpus("story", train, validation, tokenizer, seed=seed, languages=tuple(languages), forms=dict(forms))


def _texts(seed: int, split: str, count: int, languages: tuple[str, ...], forms: Mapping[str, float]) -> list[str]:
    return [make_document(seed, split, number, languages=languages, forms=forms).text for number in range(count)]


def _check_forms(forms: Mapping[str, float]) -> None:
    if not set(forms) <= set(FORMS) or min(forms.values(), default=0) < 0 or not sum(forms.values()) > 0:
        raise ValueError(
            f"forms={dict(forms)!r} cannot be drawn: shares of {', '.join(FORMS)} are allowed, none below 0 and one above. "
            f"Give for instance {USUAL_FORMS}."
        )
