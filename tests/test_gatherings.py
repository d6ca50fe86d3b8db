"""Gatherings: many people and things without a plot; what they say is true, can be read back, and keeps what is held out."""

import random
from itertools import product

import pytest

from aigc_toolkit.corpora.story_world import FORMS, USUAL_FORMS, make_document, words
from aigc_toolkit.corpora.story_world.cast import is_held_out
from aigc_toolkit.corpora.story_world.gatherings import NUM_PEOPLE, NUM_THINGS, SCENES, draw_belongings, draw_gathering
from aigc_toolkit.corpora.story_world.languages import LANGUAGES
from aigc_toolkit.corpora.story_world.narrator import Narrator, roles_named
from aigc_toolkit.corpora.story_world.questions import answerable_questions
from aigc_toolkit.corpora.story_world.reader import Reader
from aigc_toolkit.corpora.story_world.verdicts import verdicts
from aigc_toolkit.corpora.story_world.world import World


def gatherings(count: int, language: str = "en", *, held_out: bool = False):
    return [draw_gathering(random.Random(number), language, held_out=held_out) for number in range(count)]


def held_out_within(story) -> list:
    company = story.cast
    places = (*company.areas, *company.spots)
    return [combination for combination in product(company.people, company.things, places) if is_held_out(*combination)]


def test_a_gathering_is_drawn_by_its_seed_and_told_only_where_asked_for():
    assert [story.events for story in gatherings(3)] == [story.events for story in gatherings(3)]
    assert "gathering" in FORMS and "gathering" not in USUAL_FORMS
    assert make_document(0, "train", 7, form="gathering").text == make_document(0, "train", 7, forms={"gathering": 1}).text


def test_gatherings_differ_in_size_and_everything_that_can_happen_does():
    told = gatherings(200)
    assert {len(story.cast.people) for story in told} == set(range(NUM_PEOPLE[0], NUM_PEOPLE[1] + 1))
    assert {len(story.cast.things) for story in told} == set(range(NUM_THINGS[0], NUM_THINGS[1] + 1))
    kinds = {event.kind for story in told for event in story.events}
    assert {"give", "give_back", "lend", "trade", "put", "hide", "take", "find", "move", "break", "mend", "show"} <= kinds
    assert {"make", "find_new", "bring", "own", "go", "carry", "meet", "feel", "introduce_trait", "relate"} <= kinds
    assert len(set(SCENES)) == 9


@pytest.mark.parametrize("held_out", [False, True])
def test_training_never_shows_a_held_out_combination_in_a_gathering(held_out):
    assert all(bool(held_out_within(story)) is held_out for story in gatherings(60, held_out=held_out))


@pytest.mark.parametrize("draw", [draw_gathering, draw_belongings])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_gathering_can_be_read_back_without_contradiction(language, draw):
    reader = Reader(language)
    for story in (draw(random.Random(number), language, held_out=False) for number in range(30)):
        reading = reader.read(Narrator(language, story.cast.colours, random.Random(0)).tell(story.events))
        assert not reading.unread and len(reading.told) == len(story.events)
        world = World(spots=frozenset(words.SPOTS))
        assert all(verdict.is_read and not verdict.problems for verdict in verdicts(reading, world, (), story.cast))
        assert all(told.colours.items() <= story.cast.colours.items() for told in reading.told)


def test_a_gathering_is_followed_by_many_questions_some_about_things_it_does_not_tell_of():
    absent = set()
    for number in range(30):
        document = make_document(0, "train", number, form="gathering")
        assert 5 <= len(document.asked) <= 12 and len(document.messages) == 2 * len(document.asked)
        assert document.messages[0].content.startswith(document.story_text) and not document.accepted_summaries
        for asked in document.asked:
            assert asked.said in asked.accepted and asked.said in document.text
        unknown = {asked.question.asked.thing for asked in document.asked} - {None, *document.story.cast.things}
        absent.add(len(unknown))
    assert absent <= {0, 1, 2, 3} and max(absent) >= 2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_recital_says_all_that_is_so_once_or_twice_in_another_order(language):
    times = set()
    for number in range(12):
        document = make_document(0, "train", number, languages=(language,), form="recital")
        narrator = Narrator(language, document.story.cast.colours, random.Random(0))
        known = [q for q in answerable_questions(document.story) if q.kind in narrator.words.statements]
        statements = {narrator.statement(question) for question in known}
        recitals = [message.content for message in document.messages if message.role == "assistant"]
        assert len(statements) == len(known) >= 8 and len(set(recitals)) == len(recitals)
        for said in recitals:
            assert len(said) == len(narrator.words.sentence_join.join(statements))
            assert all(statement in said for statement in statements)
        times.add(len(recitals))
    assert times == {1, 2}


@pytest.mark.parametrize("code", ["en", "zh"])
def test_a_statement_begins_with_what_it_is_about_and_names_what_holds(code):
    for kind, patterns in LANGUAGES[code].statements.items():
        for pattern in patterns:
            assert pattern.startswith("{actor}" if kind in ("trait", "feeling_end") else "{noun}"), pattern
            assert len(roles_named(pattern)) == 2, pattern
