"""Which heads of the built-in model point from an answer to the fact it came from, in stories it has never seen.

    python benchmarks/fact_heads.py --documents 100

The world of the stories is known: for each question the answer's word is known, and where the story says it. Counted are words that
the text holds once before the answer. Two readings: the token before the word, which predicted it ("writes"), and the word itself
("reads"). All heads are ranked by their weight on the fact's tokens, against the null of shuffled tokens; "elsewhere" is the same
heads' weight above the null on the facts of the document's other questions, which should stay near 0.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aigc_toolkit import Attention, LanguageModel, capture_attention, load_model
from aigc_toolkit.corpora.story_world import StoryDocument, make_document, words
from aigc_toolkit.corpora.story_world.documents import AskedQuestion

SEED = 1  # the training corpus has seed 0
FAR = 5  # standard deviations of the null
READINGS = {"writes": 1, "reads": 0}  # query positions before the answer's word


@dataclass(frozen=True)
class Fact:
    """Where an answer's word and its fact are: positions of the first token of the one and of all tokens of the other."""

    answer: int
    fact: tuple[int, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="story", help="a built-in name or a folder")
    parser.add_argument("--documents", type=int, default=100, help="documents of each language")
    parser.add_argument("--show", type=int, default=5, help="how many heads to print")
    arguments = parser.parse_args()
    lm = load_model(arguments.model)
    print(lm)
    for language in ("en", "zh"):
        tables = rank(lm, language, arguments.documents)
        for reading, table in tables.items():
            num_beyond = (table["z"] > FAR).sum()
            print(
                f"\n{language}, {reading}: {table['num_rows'].max():,} answers, {num_beyond} of {len(table)} heads with z > {FAR}"
            )
            print(table.head(arguments.show).to_string(index=False, float_format=lambda number: f"{number:.3f}"))


def rank(lm: LanguageModel, language: str, num_documents: int) -> dict[str, pd.DataFrame]:
    """For each reading all heads, best first, over all documents that fit the model's context."""
    found: dict[str, list[pd.DataFrame]] = {reading: [] for reading in READINGS}
    elsewhere: dict[str, list[pd.DataFrame]] = {reading: [] for reading in READINGS}
    for number in range(num_documents):
        document = make_document(SEED, "validation", number, languages=(language,), form="dialogue")
        if lm.context_length is not None and len(lm.texts.encode(document.text)) > lm.context_length:
            continue
        attention = capture_attention(lm, document.text)
        facts = list(known_facts(attention, document))
        for reading, before in READINGS.items():
            pairs = [(fact.answer - before, key) for fact in facts for key in fact.fact]
            others = [(a.answer - before, key) for a in facts for b in facts if b.fact != a.fact for key in b.fact]
            for pattern, tables in ((pairs, found), (others, elsewhere)):
                if pattern:
                    tables[reading].append(attention.find_heads(pattern))
    return {reading: _joined(found[reading], elsewhere[reading]) for reading in READINGS}


def known_facts(attention: Attention, document: StoryDocument) -> Iterator[Fact]:
    """The answers of a dialogue whose word stands once in the text before them."""
    plain = "".join(message.content for message in document.messages)
    characters = attention.groups("characters")
    assert plain == "".join(attention.pieces), "offsets are those of the text without special tokens"
    begin = len(document.messages[0].content)
    for turn, asked in enumerate(document.asked):
        word = answer_word(document, asked)
        place = asked.said.find(word) if word else -1
        if place >= 0 and plain[: begin + place].count(word) == 1:
            first = plain.index(word)
            fact = tuple(_tokens(characters, first, first + len(word)))
            yield Fact(_tokens(characters, begin + place, begin + place + 1)[0], fact)
        begin += sum(len(message.content) for message in document.messages[2 * turn + 1 : 2 * turn + 3])


def answer_word(document: StoryDocument, asked: AskedQuestion) -> str | None:
    """The word the question asks for, in the document's language; None where the story does not say, or says it in a clause."""
    question = asked.question
    role, language = question.answer_role, document.language
    if question.answer is None or role == "cause":
        return None
    key = document.story.cast.colours[question.asked.thing] if role == "colour" else question.answer.roles[role]
    lexicon = {"place": words.PLACES, "thing": words.THINGS, "animal": words.ANIMALS} | words.WORDS_OF_ROLE
    return getattr(lexicon[role][key], language) if role in lexicon else key  # names are their own keys


def _tokens(characters: list, start: int, stop: int) -> list[int]:
    """Tokens that hold the characters from `start` to `stop`."""
    return [index for group in characters if group.start < stop and group.stop > start for index in range(group.first, group.end)]


def _joined(tables: list[pd.DataFrame], elsewhere: list[pd.DataFrame]) -> pd.DataFrame:
    """Means over all rows of all documents; rows are independent under the null, so variances add up."""
    joined = _weighted(tables)
    joined["elsewhere"] = _weighted(elsewhere)["above_null"]
    return joined.reset_index().sort_values("above_null", ascending=False, ignore_index=True)


def _weighted(tables: list[pd.DataFrame]) -> pd.DataFrame:
    parts = pd.concat(tables)
    rows = parts["num_rows"]
    sums = pd.DataFrame(
        {
            "layer": parts["layer"],
            "head": parts["head"],
            "num_rows": rows,
            "score": parts["score"] * rows,
            "null": parts["null"] * rows,
            "variance": (parts["spread"] * rows) ** 2,
        }
    )
    total = sums.groupby(["layer", "head"]).sum()
    count = total["num_rows"]
    joined = pd.DataFrame({"score": total["score"] / count, "null": total["null"] / count, "num_rows": count})
    joined["above_null"] = joined["score"] - joined["null"]
    joined["z"] = joined["above_null"] / (np.sqrt(total["variance"]) / count)
    return joined


if __name__ == "__main__":
    main()
