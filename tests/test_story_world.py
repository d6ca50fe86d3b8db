"""The story world: worlds refuse contradictions, plots hold together, words lose no fact, splits share nothing."""

import random
import string

import pytest

from aigc_toolkit.corpora.story_world import FORMS, USUAL_FORMS, make_document, words
from aigc_toolkit.corpora.story_world.cast import held_out_combinations
from aigc_toolkit.corpora.story_world.languages import LANGUAGES, with_article
from aigc_toolkit.corpora.story_world.narrator import Narrator, roles_named
from aigc_toolkit.corpora.story_world.plots import PLOTS, draw_story, world_after
from aigc_toolkit.corpora.story_world.questions import answerable_questions, unanswerable_questions
from aigc_toolkit.corpora.story_world.reader import Reader
from aigc_toolkit.corpora.story_world.verdicts import verdicts
from aigc_toolkit.corpora.story_world.world import Contradiction, Event, World

SPOT = words.SPOTS[0]


def stories(count=3, language="en"):
    for plot in PLOTS:
        for number in range(count):
            yield draw_story(random.Random(f"{plot}{number}"), language, held_out=False, plot=plot)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Event("give", actor="Tom", other="Mia", thing="kite"), "does not hold"),
        (Event("own", actor="Tom", thing="kite"), "already in the story"),
        (Event("mend", actor="Mia", thing="kite"), "is not broken"),
        (Event("go", actor="Mia", place="garden"), "is at garden already"),
        (Event("put", actor="Mia", thing="kite", place="lake"), "is at garden, not at lake"),
        (Event("find", actor="Mia", thing="kite", place="garden"), "is not at garden"),
        (Event("give_back", actor="Mia", other="Tom", thing="kite"), "belongs to Mia"),
        (Event("miss", actor="Mia", thing="kite"), "holds kite"),
        (Event("search", actor="Mia", thing="kite", place="lake"), "holds kite"),
        (Event("move", actor="Tom", thing="kite", place="lake"), "nobody laid kite down"),
        (Event("introduce", actor="Mia", trait="lazy"), "is kind"),
        (Event("by_mistake", actor="Mia", other="Tom", thing="kite"), "does not belong to Tom"),
        (Event("cannot", actor="Mia", skill="swim"), "can swim"),
        (Event("eat", thing="doughnut"), "does not hold doughnut"),
    ],
)
def test_a_world_refuses_what_contradicts_it(event, reason):
    world = World()
    world.apply(Event("introduce", actor="Mia", trait="kind"))
    world.apply(Event("own", actor="Mia", thing="kite"))
    world.apply(Event("go", actor="Mia", place="garden"))
    world.apply(Event("teach", actor="Mia", other="Tom", skill="swim"))
    with pytest.raises(Contradiction, match=reason):
        world.apply(event)


def test_things_follow_what_happens_to_them():
    world = World(spots=frozenset([SPOT]))
    world.apply(Event("own", actor="Mia", thing="kite"))
    world.apply(Event("lend", actor="Mia", other="Tom", thing="kite"))
    assert (world.owner["kite"], world.holder["kite"]) == ("Mia", "Tom")
    world.apply(Event("put", actor="Tom", thing="kite", place=SPOT))
    assert world.thing_place == {"kite": SPOT} and "kite" not in world.holder


@pytest.mark.parametrize("plot", PLOTS)
def test_every_plot_is_free_of_contradictions(plot):
    for number in range(60):
        draw_story(random.Random(number), "en", held_out=bool(number % 2), plot=plot)


def test_the_world_is_as_rich_as_promised():
    patterns = {
        code: sum(map(len, (*language.sentences.values(), *language.clauses.values()))) for code, language in LANGUAGES.items()
    }
    assert all(len(names) >= 120 for names in words.GENDERS.values())
    assert len(words.THINGS) >= 150 and len(words.PLACES) >= 60 and len(PLOTS) >= 25
    assert patterns["en"] >= 400 and patterns["zh"] >= 400


@pytest.mark.parametrize("code", ["en", "zh"])
def test_no_word_stands_for_two_things(code):
    for rows in (words.THINGS, words.PLACES, words.ANIMALS, words.COLOURS, words.TRAITS, words.FEELINGS):
        texts = [getattr(row, code) for row in rows.values()]
        assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("code", ["en", "zh"])
def test_sentences_name_every_role_of_their_event(code):
    for story in stories(3, code):
        for event in story.events:
            kinds = set(event.roles) | ({"cause"} if event.cause else set())
            matching = [p for p in LANGUAGES[code].sentences[event.kind] if kinds <= roles_named(p) | {"trait"}]
            assert len(matching) >= 2, (event.kind, kinds)
            assert all(roles_named(p) - {"child"} <= kinds for p in matching if "cause" in kinds or "time" in kinds)


@pytest.mark.parametrize("code", ["en", "zh"])
def test_summaries_name_every_role_of_their_plot(code):
    for story in stories(1, code):
        for pattern in LANGUAGES[code].summaries[story.plot]:
            assert set(story.summary.roles) <= roles_named(pattern), (story.plot, pattern)


@pytest.mark.parametrize("code", ["en", "zh"])
def test_answers_name_what_was_asked_for(code):
    language = LANGUAGES[code]
    for kind, patterns in language.answers.items():
        for pattern in (*patterns, *language.questions[kind]):
            assert all(field is None or field.isidentifier() for _, field, _, _ in string.Formatter().parse(pattern))
    for story in stories(2, code):
        for question in answerable_questions(story):
            wanted = question.answer_role
            assert all(wanted in roles_named(p) for p in language.answers[question.kind]), question.kind


def test_a_document_is_a_function_of_its_number():
    assert make_document(0, "train", 7).text == make_document(0, "train", 7).text
    assert make_document(0, "train", 7).text != make_document(1, "train", 7).text


def test_documents_come_in_the_forms_asked_for_and_two_languages():
    documents = [make_document(0, "train", number) for number in range(80)]
    assert {document.form for document in documents} == set(USUAL_FORMS)
    lessons = [make_document(0, "train", number, forms={"lesson": 1}) for number in range(5)]
    assert {document.form for document in lessons} == {"lesson"} < set(FORMS)
    assert {document.language for document in documents} == {"en", "zh"}


def test_training_never_shows_a_held_out_combination():
    for number in range(150):
        assert not held_out_combinations(make_document(0, "train", number).story.cast)
        assert held_out_combinations(make_document(0, "validation", number).story.cast)


def test_no_document_stands_in_both_splits():
    train = {make_document(0, "train", number).text for number in range(400)}
    validation = {make_document(0, "validation", number).text for number in range(100)}
    assert not train & validation


def test_a_dialogue_says_true_answers_and_admits_what_is_not_said():
    not_said = 0
    for number in range(60):
        document = make_document(0, "validation", number, form="dialogue")
        language = LANGUAGES[document.language]
        assert 1 <= len(document.asked) <= 8
        for asked in document.asked:
            assert asked.said in asked.accepted and asked.said in document.text
            if asked.question.answer is None:
                assert asked.accepted == (language.not_said,)
                not_said += 1
    assert 40 < not_said < 160


def test_questions_without_an_answer_have_none_in_the_story():
    for story in stories(3):
        settled = {(q.kind, *sorted(q.asked.roles.items())) for q in answerable_questions(story)}
        opened = {(q.kind, *sorted(q.asked.roles.items())) for q in unanswerable_questions(story)}
        assert opened and not settled & opened


def test_facts_say_who_has_what_and_where():
    story_document = make_document(0, "train", 3)
    world = story_document.story.world
    facts = story_document.facts
    assert {(f.thing, f.actor) for f in facts if f.kind == "who_has"} == set(world.holder.items())
    assert {(f.thing, f.place) for f in facts if f.kind == "where_thing"} == set(world.thing_place.items())


def test_a_summary_follows_its_story():
    document = make_document(0, "train", 5, form="summary")
    request, summary = document.messages
    assert document.story_text in request.content and summary.content in document.accepted_summaries


def test_a_lesson_asks_much_and_ends_with_a_summary():
    not_said = 0
    for number in range(20):
        document = make_document(0, "validation", number, form="lesson")
        assert len(document.messages) == 2 * len(document.asked) + 2 and len(document.asked) <= 11
        assert document.messages[-1].content in document.accepted_summaries
        assert document.messages[0].content.startswith(document.story_text)
        not_said += sum(asked.question.answer is None for asked in document.asked)
    assert 30 < not_said < 110


def test_an_opening_tells_the_first_events_of_a_story_and_asks_about_them_alone():
    kinds = set()
    for number in range(60):
        document = make_document(0, "train", number, form="opening")
        story, whole = document.story, make_document(0, "train", number, form="story").story
        assert 1 <= len(story.events) < len(whole.events) and story.events == whole.events[: len(story.events)]
        assert story.summary is None and story.world == world_after(story.events) and document.accepted_summaries == ()
        assert 1 <= len(document.asked) <= 5 and len(document.messages) == 2 * len(document.asked)
        true = {(question.asked, question.answer) for question in answerable_questions(story)}
        for asked in document.asked:
            kinds.add(asked.question.answer is None)
            assert asked.question.answer is None or (asked.question.asked, asked.question.answer) in true
    assert kinds == {True, False}


@pytest.mark.parametrize(("noun", "phrase"), [("kite", "a kite"), ("apple", "an apple"), ("honest boy", "an honest boy")])
def test_articles_follow_the_sound(noun, phrase):
    assert with_article(noun) == phrase


def test_text_has_no_open_slots_nor_odd_spacing():
    for number in range(200):
        text = make_document(0, "train", number).text
        assert "{" not in text and "}" not in text and "  " not in text and " ." not in text


@pytest.mark.parametrize("code", ["en", "zh"])
def test_what_is_told_can_be_read_back_without_contradiction(code):
    reader = Reader(code)
    for story in stories(2, code):
        text = Narrator(code, story.cast.colours, random.Random(0)).tell(story.events)
        reading = reader.read(text)
        assert not reading.unread, reading.unread
        assert len(reading.told) == len(story.events), (text, [t.event.kind for t in reading.told])
        world = World(spots=frozenset(words.SPOTS))
        assert all(verdict.is_right for verdict in verdicts(reading, world, (), story.cast)), text
        assert all(told.colours.items() <= story.cast.colours.items() for told in reading.told), text


def test_a_colour_is_contradicted_where_it_was_told_and_nowhere_else():
    cast = next(story.cast for story in stories(20) if story.cast.colours.get(story.cast.thing))
    other = next(colour for colour in words.COLOURS.values() if colour.key != cast.colours[cast.thing])
    text = f"{cast.actor} showed the {other.en} {words.THINGS[cast.thing].en} to {cast.other}."
    known, unknown = World(), World()
    known.apply(Event("own", actor=cast.actor, thing=cast.thing))
    (against,) = verdicts(Reader("en").read(text), known, (), cast)
    assert against.problems == (f"show: {cast.thing} is {cast.colours[cast.thing]}, not {other.key}",)
    (unheard,) = verdicts(Reader("en").read(text), unknown, (), cast)
    assert not any("is " in problem and ", not " in problem for problem in unheard.problems)
