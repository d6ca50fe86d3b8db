"""The page without a browser: its words, its store, its addresses, its answers to bad input."""

import threading

import pytest
from gradio_client import Client
from starlette.testclient import TestClient

from aigc_toolkit import Scheduler, attention_view, capture_attention, generate, load_model
from aigc_toolkit.demo import build_demo, writing
from aigc_toolkit.demo.blocks import packed
from aigc_toolkit.demo.branch_texts import BRANCH_BLOCK, STRATEGY_BLOCK
from aigc_toolkit.demo.branching import MOST_BRANCHES, branched, picked, pruned, tree_value
from aigc_toolkit.demo.chat_texts import CHAT_BLOCK
from aigc_toolkit.demo.dialogue import Turn, answer_of, answered, asked, edited, to_answer_again, undone
from aigc_toolkit.demo.pace import pace_of
from aigc_toolkit.demo.page import serve
from aigc_toolkit.demo.problems import explain
from aigc_toolkit.demo.setting_texts import SETTINGS
from aigc_toolkit.demo.settings import BASIC, MORE, keywords
from aigc_toolkit.demo.stops import Stops
from aigc_toolkit.demo.store import ResultStore
from aigc_toolkit.demo.strategies import STRATEGIES, compared
from aigc_toolkit.demo.texts import MESSAGES, TEXTS, message
from aigc_toolkit.demo.writing import written
from tests.openai_server import Server, model_answers


def test_both_languages_have_every_word():
    assert TEXTS["en"].keys() == TEXTS["zh"].keys()
    assert all(len(pair) == 2 and all(pair) for pair in MESSAGES.values())


def test_a_message_comes_in_both_languages():
    assert message("surrogate", position=3)["en"].count("3") == 1
    assert "3" in message("surrogate", position=3)["zh"]


@pytest.fixture(scope="module")
def view(lm):
    return attention_view(capture_attention(lm, "Mia lost her lantern."))


def test_the_store_gives_back_what_it_keeps_until_its_budget_is_full(view):
    store = ResultStore(budget_bytes=100)
    first = store.put(view, session="a", num_bytes=60)
    assert store.get(first) is view and store.get("guessed") is None
    second = store.put(view, session="a", num_bytes=60)
    assert store.get(first) is None and store.get(second) is view
    assert len(first) >= 30 and first != second


def test_the_result_used_last_stays_longest(view):
    store = ResultStore(budget_bytes=100)
    first, second = (store.put(view, session="a", num_bytes=40) for _ in range(2))
    store.get(first)
    store.put(view, session="a", num_bytes=40)
    assert store.get(first) is view and store.get(second) is None


def test_a_session_takes_its_results_along(view):
    store = ResultStore()
    mine, other = store.put(view, session="a", num_bytes=1), store.put(view, session="b", num_bytes=1)
    store.drop_session("a")
    assert store.get(mine) is None and store.get(other) is view


def test_stopping_ends_the_text_of_that_session_alone():
    stops = Stops()
    mine, other = stops.start("a"), stops.start("b")
    stops.stop("a")
    assert mine.is_set() and not other.is_set()
    stops.stop("nobody")
    newer = stops.start("b")
    assert stops.is_replaced("b", other) and not stops.is_replaced("b", newer) and not stops.is_replaced("a", mine)
    stops.end("b", other)
    assert other.is_set() and not newer.is_set()


def test_a_text_that_gave_way_to_another_says_no_more(scheduler):
    stops = Stops()
    first = written(scheduler, stops, "a", "Once", SHORT | {"max_new_tokens": 110})
    next(first)
    second = written(scheduler, stops, "a", "Once upon", SHORT)
    assert next(second).view["steps"] == [] and list(first) == []
    assert list(second)[-1].finished.stop_reason == "max_new_tokens"


@pytest.fixture(scope="module")
def scheduler(lm):
    with Scheduler(lm) as scheduler:
        yield scheduler


SHORT = {"temperature": 0, "max_new_tokens": 12, "seed": 0, "top_k": 0, "top_p": 1}


def updates(scheduler, text, **changes):
    return list(written(scheduler, Stops(), "a", text, SHORT | changes))


def test_writing_streams_and_ends_with_the_generation(lm, scheduler):
    every = updates(scheduler, "Once upon")
    assert every[0].view["steps"] == [] and every[0].view["can_branch"] and every[0].finished is None
    generation = every[-1].finished
    assert every[-1].view["type"] == "append" and every[-1].view["stop_reason"] == generation.stop_reason
    positions = {step["position"] for update in every[1:] for step in update.view["steps"]}
    assert len(positions) == len(generation.tokens) == 12
    assert generation == generate(lm, "Once upon", temperature=0, max_new_tokens=12)


def test_no_token_is_lost_when_a_portion_is_passed_over(scheduler, monkeypatch):
    monkeypatch.setattr("aigc_toolkit.demo.pace.SECONDS", 0.001)
    every = updates(scheduler, "Once upon", max_new_tokens=60)[1:]
    for skipped in range(len(every) - 1):
        seen: set[int] = set()
        for update in [*every[:skipped], *every[skipped + 1 :]]:
            assert update.view["start"] <= len(seen)  # the view takes what follows what it has
            seen |= {step["position"] for step in update.view["steps"]}
        assert len(seen) == 60


def test_a_page_is_drawn_less_often_when_many_read(scheduler, monkeypatch):
    pace = pace_of(scheduler)
    assert pace() == 0.12
    monkeypatch.setattr(type(scheduler), "num_running", 32)
    assert pace() == pytest.approx(0.48)


def test_a_stopped_text_says_so(scheduler):
    stops = Stops()
    running = written(scheduler, stops, "a", "Once", SHORT | {"max_new_tokens": 110})
    next(running)
    stops.stop("a")
    *_, last = running
    assert last.finished.stop_reason == "cancelled" and len(last.finished.tokens) < 110


def test_a_reader_who_leaves_stops_the_text(scheduler):
    stops = Stops()
    running = written(scheduler, stops, "a", "Once", SHORT | {"max_new_tokens": 110})
    next(running)
    event = stops._events["a"]
    running.close()
    assert event.is_set()


@pytest.mark.parametrize(
    ("text", "changes", "english"),
    [
        ("word " * 20_000, {}, "tokens; the model reads at most 128"),
        ("half \ud83d", {}, "half of a character at position 5"),
        ("Once", {"temperature": -1.0}, "out of range: temperature is -1"),
        ("Once", {"temperature": 1, "top_p": 0.0}, "out of range: top_p is 0"),
        ("Once", {"max_new_tokens": 0}, "out of range: max_new_tokens is 0"),
        ("Once", {"temperature": "<b>"}, "temperature is '<b>'; a number from 0 to 2 is allowed"),
        ("Once", {"top_k": True}, "top_k is True; a number from 0 to 100 is allowed"),
    ],
)
def test_bad_input_gets_a_message_in_both_languages(scheduler, text, changes, english):
    (update,) = updates(scheduler, text, **changes)
    assert update.finished is None and update.view["steps"] == []
    assert english in update.problem["en"] and update.problem["zh"]


def test_a_full_queue_asks_for_patience(scheduler, monkeypatch):
    monkeypatch.setattr(scheduler, "_max_waiting", 0)
    (update,) = updates(scheduler, "Once")
    assert "Try again in a moment" in update.problem["en"]


@pytest.mark.parametrize("text", ["", "👩‍👩‍👧🎈", "<img src=x onerror=alert(1)>", "a\x00b", "​‮"])
def test_odd_input_is_written_on(scheduler, text):
    assert updates(scheduler, text)[-1].finished is not None


def test_every_setting_explains_itself_in_both_languages():
    assert {*BASIC, *MORE, "system"} == SETTINGS.keys()
    for key in SETTINGS:
        assert TEXTS["en"][f"set_{key}_info"].endswith(".") and TEXTS["zh"][f"set_{key}_info"].endswith("。")


@pytest.mark.parametrize("block", [CHAT_BLOCK, BRANCH_BLOCK, STRATEGY_BLOCK])
def test_blocks_have_every_word_in_both_languages(block):
    def keys(words):
        return {key: keys(value) if isinstance(value, dict) else None for key, value in words.items()}

    assert keys(block["en"]) == keys(block["zh"])


def test_settings_that_are_off_are_no_keywords():
    off = {"top_p": 1, "top_k": 0, "min_p": 0, "typical_p": 1, "repetition_penalty": 1, "no_repeat_ngram_size": 0}
    off |= {"num_beams": 1, "max_time": 0, "bad_words": " \n"[1:], "stop": "", "watermark": False}
    assert keywords({"temperature": 0.8, **off}) == {"temperature": 0.8}


def test_settings_become_keywords():
    lines = keywords(
        {"temperature": 1, "bad_words": "dragon\n\nfog", "stop": "The end.", "watermark": True, "max_new_tokens": 9000}
    )
    assert lines == {
        "temperature": 1.0,
        "bad_words": ["dragon", "fog"],
        "stop": ["The end."],
        "watermark": {"seeding_scheme": "lefthash"},
        "max_new_tokens": 400,
    }


def test_nothing_is_drawn_by_chance_with_beams_or_at_temperature_0():
    assert keywords({"temperature": 0.8, "top_k": 5, "num_beams": 4}) == {"temperature": 0.0, "num_beams": 4}
    assert keywords({"temperature": 0, "top_k": 5, "top_p": 0.5, "seed": 3}) == {"temperature": 0.0}


def test_the_page_offers_no_setting_that_is_refused(scheduler):
    for changes in ({"watermark": True}, {"typical_p": 0.5}, {"bad_words": "Once"}, {"num_beams": 2}, {"no_repeat_ngram_size": 2}):
        assert updates(scheduler, "Once", temperature=1, **changes)[-1].finished is not None, changes


def branch(scheduler, generation, **choice):
    return list(branched(scheduler, Stops(), "a", generation, choice))


@pytest.fixture
def story(scheduler):
    return updates(scheduler, "Once upon")[-1].finished


def test_an_alternative_goes_on_as_a_branch(scheduler, story):
    step = story.tokens[3]
    every = branch(scheduler, story, position=step.position, id=step.alternatives[1].id)
    assert [kept["id"] for kept in every[0].view["steps"]] == [kept.id for kept in story.tokens[:3]]
    made = every[-1].finished
    assert made.ids[: step.position] == story.ids[: step.position]
    assert made.tokens[3].id == step.alternatives[1].id and made.tree is story.tree
    assert every[-1].view["can_branch"] and every[-1].view["stop_reason"] == made.stop_reason


def test_a_typed_token_goes_on_as_a_branch(scheduler, story):
    made = branch(scheduler, story, position=story.tokens[2].position, text=" dragon")[-1].finished
    assert "".join(step.text for step in made.tokens[2:]).startswith(" dragon")


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"position": "<b>", "id": 3},
        {"position": 1, "id": 3},
        {"position": 10**9, "id": 3},
        {"position": 5, "id": True},
        {"position": 5, "id": 10**9},
        {"position": 5, "text": ""},
        {"position": 5, "text": "x" * 300},
        {"position": 5, "text": ["a"]},
    ],
)
def test_what_no_view_sends_makes_no_branch(scheduler, story, choice):
    (update,) = branch(scheduler, story, **choice)
    assert "cannot go on from there" in update.problem["en"] and len(story.tree) == 1


def test_a_text_has_only_so_many_branches(scheduler, story, monkeypatch):
    monkeypatch.setattr("aigc_toolkit.demo.branching.MOST_BRANCHES", 1)
    (update,) = branch(scheduler, story, position=story.tokens[1].position, text="x")
    assert "Prune one first" in update.problem["en"] and MOST_BRANCHES == 40


def test_the_tree_is_drawn_depth_first_and_pruned(scheduler, story):
    first = branch(scheduler, story, position=story.tokens[1].position, text=" one")[-1].finished
    second = branch(scheduler, story, position=story.tokens[2].position, text=" two")[-1].finished
    deep = branch(scheduler, first, position=first.tokens[5].position, text=" three")[-1].finished
    rows = tree_value(deep)["branches"]
    assert [(row["number"], row["depth"], row["shown"]) for row in rows] == [
        (0, 0, False),
        (1, 1, False),
        (3, 2, True),
        (2, 1, False),
    ]
    assert rows[2]["text"].startswith(" three") and rows[2]["position"] == first.tokens[5].position
    assert rows[2]["mean"] == pytest.approx(sum(step.logprob for step in deep.tokens) / len(deep.tokens))
    assert picked(deep, 2) is second
    assert pruned(second, 1) is second and [row["number"] for row in tree_value(second)["branches"]] == [0, 2]
    assert pruned(second, 2) is story
    assert tree_value(None) is None
    for number in ("<b>", True, 7):
        with pytest.raises(ValueError, match="number"):
            picked(story, number)
    with pytest.raises(ValueError, match="root cannot be pruned"):
        pruned(story, 0)


def test_strategies_are_written_side_by_side(lm, scheduler):
    names = ["greedy", "beams", "plain"]
    *_, (rows, problem) = compared(scheduler, Stops(), "a", "Once upon", names, length=8, seed=1)
    assert problem is None and [row["name"] for row in rows] == ["greedy", "plain", "beams"]
    for row in rows:
        alone = generate(lm, "Once upon", max_new_tokens=8, seed=1, **STRATEGIES[row["name"]])
        assert row["text"] == alone.text and row["stop"] == alone.stop_reason
        assert 0 <= row["numbers"]["repetition"] <= 1 and 0 < row["numbers"]["distinct_1"] <= 1
        assert row["numbers"]["mean_logprob"] == pytest.approx(sum(step.logprob for step in alone.tokens) / 8)
    ((rows, problem),) = compared(scheduler, Stops(), "a", "word " * 1000, names, length=8, seed=1)
    assert rows == [] and "tokens" in problem["en"]


TALK = (Turn("user", "Once"), Turn("assistant", "a"), Turn("user", "upon"), Turn("assistant", "b"))


def conversation(scheduler, turns, system="", **changes):
    return list(answered(scheduler, Stops(), "a", turns, system=system, settings=SHORT | changes))


def test_an_answer_comes_in_updates_and_remembers_how_it_was_written(lm, scheduler):
    every = conversation(scheduler, asked(TALK, "a time"), system="Be brief.")
    assert every[0].running and every[0].turns == asked(TALK, "a time") and not every[-1].running
    answer = every[-1].turns[-1]
    assert answer.role == "assistant" and answer.text == answer.generation.text.strip()
    prompt = answer.generation.prompt
    assert prompt.index("Be brief.") < prompt.index("Once") < prompt.index("upon") < prompt.index("a time")
    assert answer_of(every[-1].turns, 5) is answer.generation
    assert answer_of(every[-1].turns, 0) is None
    assert [answer_of(every[-1].turns, index) for index in ("<b>", 99, -1, True)] == [None] * 4


def test_turns_are_asked_again_taken_back_and_changed():
    assert to_answer_again(TALK) == TALK[:3]
    assert undone(TALK) == (TALK[:2], "upon") and undone(()) == ((), "")
    assert edited(TALK, 0, "Twice") == (Turn("user", "Twice"),)
    assert asked(TALK[:3], "more") == (*TALK[:2], Turn("user", "more"))  # one that got no answer gives way


@pytest.mark.parametrize(("index", "text"), [(1, "x"), (9, "x"), ("0", "x"), (True, "x"), (0, "  "), (0, ["x"])])
def test_only_questions_are_changed_and_only_to_texts(index, text):
    with pytest.raises(ValueError, match=r"turns \[0, 2\] are questions\. Choose one"):
        edited(TALK, index, text)


def test_what_cannot_be_answered_gets_a_message(scheduler):
    (_, last) = conversation(scheduler, asked((), "word " * 1000))
    assert not last.running and "needs room to answer" in last.problem["en"]
    (_, last) = conversation(scheduler, asked((), "Hello <|endoftext|>"))
    assert "cannot be answered" in last.problem["en"] and "special token" in last.problem["en"]


@pytest.fixture(scope="module")
def remote():
    with pytest.MonkeyPatch.context() as patch, Server(model_answers(load_model("story", device="cpu"))) as server:
        patch.delenv("AIGC_API_KEY", raising=False)
        patch.delenv("OPENAI_API_KEY", raising=False)
        yield load_model(server.address)


def test_a_model_on_a_server_writes_and_answers_on_the_page(remote):
    with Scheduler(remote, max_sequences=2) as scheduler:
        last = list(written(scheduler, Stops(), "a", "Once upon a time", {"temperature": 0, "max_new_tokens": 5}))[-1]
        assert last.finished.text and not writing.whole(last.finished)["can_branch"]
        talk = list(
            answered(scheduler, Stops(), "a", asked((), "Hello"), system="", settings={"temperature": 0, "max_new_tokens": 5})
        )
        assert talk[-1].turns[-1].role == "assistant" and talk[-1].problem is None


def test_a_page_around_a_server_has_no_tab_for_attention(remote):
    config = str(build_demo(remote).blocks.get_config_file())
    assert remote.address in config and "look-go" not in config and "chat-go" in config


def test_a_server_that_does_not_answer_is_named(scheduler):
    assert "did not answer: gone" in explain(scheduler.lm, "Once", ConnectionError("gone"), too_long="too_long_to_write")["en"]


def test_messages_for_a_view_are_packed_as_text():
    assert packed({"type": "append", "steps": ["中"]}) == '{"type":"append","steps":["中"]}'


@pytest.fixture(scope="module")
def served(lm):
    demo = build_demo(lm)
    serve(demo, prevent_thread_lock=True, quiet=True)
    yield demo
    demo.blocks.close()


def test_programs_can_write_and_look(served):
    client = Client(served.blocks.local_url, verbose=False)
    looked = client.predict("Mia lost her lantern.", api_name="/look")
    assert "/gradio_api/aigc/attention/" in str(looked)
    usual = [0, 1, 5, 0, 0, 0, 1, 1, 0, 1, 0, "", "", False]  # in the order of the settings
    assert "append" in str(client.predict("Once", *usual, api_name="/write"))


def test_the_addresses_serve_the_payload_and_what_its_view_asks_for(served, view):
    address = f"/gradio_api/aigc/attention/{served.store.put(view, session='a', num_bytes=1)}"
    head = {"of": 0, "kind": "decoder", "layer": 1, "head": 3}
    num_tokens = len(view.payload()["attentions"][0]["parts"]["decoder"]["tokens"])
    with TestClient(served.blocks.app) as client:
        assert client.get(address).json() == view.payload()
        rows = client.get(f"{address}/rows", params={**head, "first": 2, "end": 4})
        assert rows.content == view.request("rows", **head, first=2, end=4)
        assert rows.headers["content-type"] == "application/octet-stream" and "private" in rows.headers["cache-control"]
        region = client.get(f"{address}/region", params={**head, "rows": f"0,{num_tokens}", "columns": "0,3", "size": 2})
        assert region.content == view.request("region", **head, rows=[0, num_tokens], columns=[0, 3], size=2)
        tiles = {"of": 0, "kind": "decoder", "layer": 1}
        assert client.get(f"{address}/tiles", params=tiles).content == view.request("tiles", **tiles)
        cell = {**head, "query": 3, "key": 1}
        assert client.get(f"{address}/cell", params=cell).json() == view.request("cell", **cell)
        scores = {"of": 0, "kind": "decoder"}
        assert client.get(f"{address}/scores", params=scores).json() == view.request("scores", **scores)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("rows?of=0&kind=decoder&layer=1&head=4&first=0&end=1", "head is 4. Allowed: 0 to 3. Choose one of these."),
        ("rows?of=0&kind=decoder&layer=-1&head=0&first=0&end=1", "layer is '-1'. Allowed"),
        (
            "rows?of=0&kind=decoder&layer=1&layer=0&head=0&first=0&end=1",
            "'layer' was asked. Arguments are names like layer, once each",
        ),
        ("rows?self=1", "'self' was asked"),
        ("region?of=0&kind=decoder&layer=1&head=0&rows=0,1,2&columns=0,1&size=4", "rows are [0, 1, 2]. Allowed"),
        ("region?of=0&kind=decoder&layer=1&head=0&rows=0,x&columns=0,1&size=4", "rows are [0, 'x']. Allowed"),
        ("payload?of=0&kind=decoder", "The request is 'payload'. Allowed: rows"),
        ("tiles", "tiles was asked with nothing. It takes kind, layer, of."),
    ],
)
def test_the_addresses_refuse_what_is_not_allowed(served, view, asked, message):
    name = served.store.put(view, session="a", num_bytes=1)
    with TestClient(served.blocks.app) as client:
        answer = client.get(f"/gradio_api/aigc/attention/{name}/{asked}")
        assert answer.status_code == 400 and answer.json()["error"].startswith(message)


@pytest.mark.parametrize("place", ["", "/tiles?of=0&kind=decoder&layer=0"])
def test_a_result_that_is_gone_says_so(served, place):
    with TestClient(served.blocks.app) as client:
        answer = client.get(f"/gradio_api/aigc/attention/guessed{place}")
        assert answer.status_code == 404 and "Press Look again" in answer.json()["error"]


def test_a_page_with_a_login_refuses_strangers(lm, view):
    demo = build_demo(lm)
    serve(demo, prevent_thread_lock=True, quiet=True, auth=("teacher", "secret"))
    try:
        name = demo.store.put(view, session="a", num_bytes=1)
        tiles = f"/gradio_api/aigc/attention/{name}/tiles?of=0&kind=decoder&layer=0"
        with TestClient(demo.blocks.app) as client:
            assert client.get(f"/gradio_api/aigc/attention/{name}").status_code == 401
            assert client.get(tiles).status_code == 401
            client.post("/login", data={"username": "teacher", "password": "secret"})
            assert client.get(tiles).status_code == 200
    finally:
        demo.blocks.close()


def test_texts_written_at_once_do_not_mix(scheduler):
    alone = {text: updates(scheduler, text)[-1].finished.text for text in ("Once upon", "从前有")}
    together = {}

    def run(text):
        together[text] = updates(scheduler, text)[-1].finished.text

    threads = [threading.Thread(target=run, args=(text,)) for text in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone
