"""Many readers and one model: every text is its reader's own, equal to what it is alone; who leaves or fails disturbs nobody."""

import threading

import pytest
import torch
from shared_texts import GREEDY, PROMPTS, together, written

from aigc_toolkit import Scheduler, generate
from aigc_toolkit.generation import chat
from aigc_toolkit.generation.batch import Batch


@pytest.fixture
def scheduler(lm):
    with Scheduler(lm) as scheduler:
        yield scheduler


def test_thirty_two_texts_at_once_each_equal_their_single_run(lm, scheduler):
    alone = [generate(lm, prompt, **GREEDY).text for prompt in PROMPTS]
    assert len(set(alone)) > 8  # texts that differ, so that a mix-up would show
    jobs = [lambda prompt=prompt: written(scheduler.stream(prompt, user=prompt, **GREEDY)) for prompt in PROMPTS]
    assert together(jobs) == alone


def test_a_seed_gives_the_same_text_whoever_else_is_served(lm, scheduler):
    settings = {"temperature": 1.2, "top_k": 40, "max_new_tokens": 12}
    alone = [generate(lm, prompt, seed=number, **settings).text for number, prompt in enumerate(PROMPTS[:8])]
    jobs = [
        lambda number=number, prompt=prompt: written(scheduler.stream(prompt, seed=number, **settings))
        for number, prompt in enumerate(PROMPTS[:8])
    ]
    assert together(jobs) == alone


def test_more_texts_than_places_are_all_written(lm):
    with Scheduler(lm, max_sequences=3) as scheduler:
        streams = [scheduler.stream(prompt, **GREEDY) for prompt in PROMPTS[:10]]
        assert [written(each) for each in streams] == [generate(lm, prompt, **GREEDY).text for prompt in PROMPTS[:10]]


def test_the_generation_is_the_one_it_is_alone(lm, scheduler):
    shared, alone = scheduler.stream("Once upon", **GREEDY), generate(lm, "Once upon", **GREEDY)
    assert shared.generation().tokens == () and shared.stop_reason is None
    assert list(shared) == shared.tokens
    assert [step.id for step in shared.tokens] == [step.id for step in alone.tokens]
    assert shared.generation().stop_reason == alone.stop_reason
    assert shared.generation().origin.lm is lm


def test_portions_joined_are_the_text_and_end_with_it(lm, scheduler):
    shared = scheduler.stream("Once upon", **GREEDY)
    portions = list(shared.portions(lambda: 0.01))
    assert [step for portion in portions for step in portion] == shared.tokens
    assert shared.generation().text == generate(lm, "Once upon", **GREEDY).text
    assert shared.stop_reason == "max_new_tokens"


def test_a_reader_who_stops_frees_the_place_and_keeps_what_came(lm):
    with Scheduler(lm, max_sequences=1) as scheduler:
        stop = threading.Event()
        leaving = scheduler.stream("Once upon", stop_event=stop, temperature=0, max_new_tokens=100)
        next(leaving)
        stop.set()
        rest = list(leaving)
        assert leaving.stop_reason == "cancelled" and 1 + len(rest) < 100
        assert leaving.generation().text == written(leaving.tokens)
        assert written(scheduler.stream("Once upon", **GREEDY)) == generate(lm, "Once upon", **GREEDY).text


def test_settings_are_refused_where_they_are_asked_for(scheduler):
    with pytest.raises(ValueError, match="temperature is -1"):
        scheduler.stream("Once", temperature=-1)
    with pytest.raises(ValueError, match=r"The prompt has \d+ tokens"):
        scheduler.stream("word " * 1000)


def test_a_prompt_that_fails_disturbs_nobody(lm, scheduler, monkeypatch):
    add = Batch.add

    def failing_add(batch, start, settings, **options):
        if "broken" in start.text:
            raise ValueError("broken")
        return add(batch, start, settings, **options)

    monkeypatch.setattr(Batch, "add", failing_add)
    good, bad = scheduler.stream("Once upon", **GREEDY), scheduler.stream("broken", **GREEDY)
    with pytest.raises(ValueError, match="broken"):
        list(bad)
    assert written(good) == generate(lm, "Once upon", **GREEDY).text


def test_after_a_failed_step_readers_are_told_and_new_ones_served(lm, scheduler, monkeypatch):
    step, failures = Batch.step, [torch.OutOfMemoryError("out of memory")]

    def failing_step(batch):
        if batch._rows and failures:
            raise failures.pop()
        return step(batch)

    monkeypatch.setattr(Batch, "step", failing_step)
    with pytest.raises(RuntimeError, match="out of memory"):
        list(scheduler.stream("Once", **GREEDY))
    assert written(scheduler.stream("Once upon", **GREEDY)) == generate(lm, "Once upon", **GREEDY).text


def test_a_conversation_is_answered_as_chat_answers_it(lm, scheduler):
    messages = [{"role": "user", "content": "Once upon a time"}]
    shared = scheduler.chat(messages, **GREEDY)
    list(shared)
    alone = chat(lm, messages, **GREEDY)
    assert shared.generation().text == alone.text and shared.prompt == alone.prompt
    assert shared.reply == shared.reply.strip() and shared.num_left_out == 0


def test_a_conversation_beyond_the_context_says_what_was_left_out(scheduler):
    messages = [{"role": role, "content": "a red lantern " * 12} for role in ("user", "assistant", "user", "assistant", "user")]
    shared = scheduler.chat(messages, **GREEDY)
    assert 0 < shared.num_left_out < 5 and len(shared.prompt_ids) + 12 <= 128


def test_a_branch_is_written_by_the_scheduler(lm, scheduler):
    parent = generate(lm, "Once upon", **GREEDY)
    position, other = parent.tokens[4].position, parent.tokens[4].alternatives[1]
    alone = generate(lm, "Once upon", **GREEDY).branch(position, other)
    branch = parent.tree.stream(parent, position, other, begin=scheduler.stream, user="a")
    list(branch)
    assert branch.generation().text == alone.text and len(parent.tree) == 2


def test_a_closed_scheduler_ends_its_texts_and_takes_no_more(lm):
    scheduler = Scheduler(lm)
    running = scheduler.stream("Once upon", temperature=0, max_new_tokens=110)
    next(running)
    scheduler.close()
    with pytest.raises(RuntimeError, match="scheduler was closed while this text was being written"):
        for _ in running:
            pass
    with pytest.raises(Scheduler.Full, match=r"The scheduler is closed; an open one takes texts\. Make a new Scheduler"):
        scheduler.stream("Once")
