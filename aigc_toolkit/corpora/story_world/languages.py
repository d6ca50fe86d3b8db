"""English and Chinese: how each puts lexicon keys into words, and the patterns each tells stories with.

Comes in: lexicon keys. Goes out: noun phrases, places, pronouns. It does not know what happens in a story.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import chinese_questions, chinese_sentences, english_questions, english_sentences, words

Patterns = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Language:
    """The patterns of one language, by kind of event, question or plot."""

    code: str
    sentences: Patterns
    clauses: dict[tuple[str, str], tuple[str, ...]]
    questions: Patterns
    answers: Patterns
    summaries: Patterns
    summary_requests: tuple[str, ...]
    not_said: str
    statements: Patterns
    recital_requests: tuple[str, ...]
    repeat_requests: tuple[str, ...]
    sentence_join: str  # between sentences

    def word(self, role: str, key: str) -> str:
        return getattr(words.WORDS_OF_ROLE[role][key], self.code)


class English(Language):
    def indefinite(self, thing: str, colour: str | None) -> str:
        return with_article(self._noun(thing, colour))

    def definite(self, thing: str, colour: str | None = None) -> str:
        return f"the {self._noun(thing, colour)}"

    def _noun(self, thing: str, colour: str | None) -> str:
        noun = words.THINGS[thing].en
        return f"{self.word('colour', colour)} {noun}" if colour else noun

    def place_slots(self, prefix: str, place: str) -> dict[str, str]:
        row = words.PLACES[place]
        the = f"the {row.en}"
        base = {f"{prefix}at": f"{row.en_preposition} {the}", f"{prefix}to": f"to {the}"}
        return base | {"second_place" if prefix else "place": the}

    def animal_slots(self, animal: str) -> dict[str, str]:
        noun = words.ANIMALS[animal].en
        return {"an_animal": with_article(noun), "animal": f"the {noun}"}

    def pronoun_slots(self, prefix: str, gender: str) -> dict[str, str]:
        forms = ("she", "her", "her") if gender == "f" else ("he", "him", "his")
        return {f"{prefix}{slot}": form for slot, form in zip(("he", "him", "his"), forms, strict=True)}

    def word_slots(self, role: str, key: str) -> dict[str, str]:
        text = self.word(role, key)
        if role == "trait":
            return {"trait": text, "a_trait": with_article(text)}
        if role == "time":
            return {"time": text, "Time": text[0].upper() + text[1:]}
        return {role: text}

    def child(self, gender: str) -> str:
        return "girl" if gender == "f" else "boy"


class Chinese(Language):
    def indefinite(self, thing: str, colour: str | None) -> str:
        return f"一{words.THINGS[thing].measure}{self.definite(thing, colour)}"

    def definite(self, thing: str, colour: str | None = None) -> str:
        noun = words.THINGS[thing].zh
        return f"{self.word('colour', colour)}的{noun}" if colour else noun

    def place_slots(self, prefix: str, place: str) -> dict[str, str]:
        row = words.PLACES[place]
        base = {f"{prefix}at": row.zh + row.zh_suffix, f"{prefix}to": row.zh}
        return base | {"second_place" if prefix else "place": row.zh}

    def animal_slots(self, animal: str) -> dict[str, str]:
        row = words.ANIMALS[animal]
        return {"an_animal": f"一{row.measure}{row.zh}", "animal": row.zh}

    def pronoun_slots(self, prefix: str, gender: str) -> dict[str, str]:
        he = "她" if gender == "f" else "他"
        return {f"{prefix}he": he, f"{prefix}him": he, f"{prefix}his": f"{he}的"}

    def word_slots(self, role: str, key: str) -> dict[str, str]:
        return {role: self.word(role, key)}

    def child(self, gender: str) -> str:
        return "女孩" if gender == "f" else "男孩"


def with_article(noun: str) -> str:
    """`noun` with a or an, by its sound as far as its first letters tell."""
    silent = noun.startswith(("hour", "honest", "heir"))
    consonant_u = noun.startswith(("uni", "uku", "use"))
    vowel = noun[0] in "aeiou" and not consonant_u
    return f"{'an' if vowel or silent else 'a'} {noun}"


LANGUAGES: dict[str, English | Chinese] = {
    "en": English(
        "en",
        english_sentences.SENTENCES,
        english_sentences.CLAUSES,
        english_questions.QUESTIONS,
        english_questions.ANSWERS,
        english_questions.SUMMARIES,
        english_questions.SUMMARY_REQUESTS,
        english_questions.NOT_SAID,
        english_questions.STATEMENTS,
        english_questions.RECITAL_REQUESTS,
        english_questions.REPEAT_REQUESTS,
        sentence_join=" ",
    ),
    "zh": Chinese(
        "zh",
        chinese_sentences.SENTENCES,
        chinese_sentences.CLAUSES,
        chinese_questions.QUESTIONS,
        chinese_questions.ANSWERS,
        chinese_questions.SUMMARIES,
        chinese_questions.SUMMARY_REQUESTS,
        chinese_questions.NOT_SAID,
        chinese_questions.STATEMENTS,
        chinese_questions.RECITAL_REQUESTS,
        chinese_questions.REPEAT_REQUESTS,
        sentence_join="",
    ),
}
