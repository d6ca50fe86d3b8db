"""The lexicon by key: what each name, thing, place and word is called in English and Chinese.

Comes in: the rows of `lexicon`. Goes out: dictionaries by key and the lists a story draws from. It knows no sentences.
"""

from __future__ import annotations

from . import lexicon

GENDERS: dict[str, dict[str, str]] = {language: dict(names) for language, names in lexicon.NAMES.items()}
THINGS = {thing.key: thing for thing in lexicon.THINGS}
FOODS = [thing.key for thing in lexicon.THINGS if thing.kind == "food"]
NON_FOODS = [thing.key for thing in lexicon.THINGS if thing.kind != "food"]
PLACES = {place.key: place for place in lexicon.PLACES}
AREAS = [place.key for place in lexicon.PLACES if place.kind == "area"]
SPOTS = [place.key for place in lexicon.PLACES if place.kind == "spot"]
SHOPS = ("market", "bakery", "bookshop", "toy_shop", "post_office", "museum", "zoo")
HIGH_OR_DEEP = (
    "oak_tree",
    "tree_house",
    "well",
    "castle",
    "lighthouse",
    "mill",
    "bamboo_grove",
    "bridge",
    "barn",
    "fountain",
)
UNDER_A_ROOF = (
    *(
        "library",
        "barn",
        "bakery",
        "bookshop",
        "museum",
        "stable",
        "hut",
        "mill",
        "castle",
        "workshop",
        "tree_house",
        "cave",
    ),
    *("train_station", "garage", "theatre", "tent", "school", "lighthouse"),
)
ANIMALS = {animal.key: animal for animal in lexicon.ANIMALS}


def _by_key(rows: tuple[lexicon.Word, ...]) -> dict[str, lexicon.Word]:
    return {word.key: word for word in rows}


COLOURS = _by_key(lexicon.COLOURS)
TRAITS = _by_key(lexicon.TRAITS)
FEELINGS = _by_key(lexicon.FEELINGS)
TIMES = _by_key(lexicon.TIMES)
WEATHERS = _by_key(lexicon.WEATHERS)
SKILLS = _by_key(lexicon.SKILLS)
CONTESTS = _by_key(lexicon.CONTESTS)
OCCASIONS = _by_key(lexicon.OCCASIONS)
RELATIONS = _by_key(lexicon.RELATIONS)
WORDS_OF_ROLE = {
    "feeling": FEELINGS,
    "trait": TRAITS,
    "time": TIMES,
    "weather": WEATHERS,
    "skill": SKILLS,
    "contest": CONTESTS,
    "occasion": OCCASIONS,
    "relation": RELATIONS,
    "colour": COLOURS,
}
