"""The training benchmark measures what it says: the split, both losses, seconds without measuring, when the goal is reached."""

import sys
from itertools import cycle
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from small_runs import new_gpt

from aigc_toolkit import evaluate_loss

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
TEXT = "To be, or not to be: that is the question.\n" * 40


@pytest.fixture(scope="module", autouse=True)
def benchmarks():
    """Files of the benchmarks import each other by their plain names."""
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def task(tmp_path_factory, benchmarks):
    from training_measures import Task, read_splits

    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return Task(*read_splits(path), context=8, batch_size=2, num_steps=6)


def brute_force(model, ids: torch.Tensor, start: int, target: int) -> float:
    """The loss of one token after those from `start` on."""
    with torch.no_grad():
        return F.cross_entropy(model(ids[None, start:target])[0, -1], ids[target]).item()


def test_the_split_is_nine_tenths_of_the_characters(task):
    letters = sorted(set(TEXT))
    assert task.vocabulary_size == len(letters)
    assert len(task.train) == int(0.9 * len(TEXT))
    assert "".join(letters[number] for number in [*task.train.tolist(), *task.validation.tolist()]) == TEXT


@pytest.mark.parametrize("num_tokens", [9, 10, 43])
def test_the_whole_split_counts_each_character_but_the_first_once(num_tokens):
    from training_measures import whole_split_loss

    ids = torch.randint(11, (num_tokens,), generator=torch.Generator().manual_seed(0))
    gpt = new_gpt().eval()
    losses = [brute_force(gpt, ids, (target - 1) // 8 * 8, target) for target in range(1, num_tokens)]
    assert whole_split_loss(gpt, ids, 8) == pytest.approx(sum(losses) / len(losses), abs=1e-5)
    assert whole_split_loss(gpt, ids, 8) == pytest.approx(evaluate_loss(gpt, ids.numpy(), context=8), abs=1e-5)


def test_the_estimate_is_the_mean_over_the_same_random_crops_each_time():
    from training_measures import ESTIMATOR_BATCHES, ESTIMATOR_SEED, crops, estimated_loss

    ids = torch.randint(11, (50,), generator=torch.Generator().manual_seed(0))
    gpt = new_gpt().eval()
    generator = torch.Generator().manual_seed(ESTIMATOR_SEED)
    every = torch.cat([crops(ids, 2, 8, generator) for _ in range(ESTIMATOR_BATCHES)])  # (crops, T + 1)
    losses = [brute_force(gpt, crop, 0, target) for crop in every for target in range(1, 9)]
    assert len(every) == 2 * ESTIMATOR_BATCHES
    assert all(any(torch.equal(crop, ids[start : start + 9]) for start in range(42)) for crop in every)
    for _ in range(2):
        assert estimated_loss(gpt, ids, batch_size=2, context=8) == pytest.approx(sum(losses) / len(losses), abs=1e-5)


def test_crops_begin_everywhere_and_never_run_over_the_end():
    from training_measures import crops

    starts = crops(torch.arange(12), 500, 8, torch.Generator().manual_seed(0))[:, 0]
    assert set(starts.tolist()) == {0, 1, 2, 3}


def test_the_clock_stands_still_while_a_loss_is_measured(task, monkeypatch):
    import training_measures
    from training_measures import Watch

    now = iter([10.0, 12.0, 13.0, 113.0, 117.0, 119.0, 200.0])  # begun, steps 1 and 2, measured, steps 3 and 4, measured
    monkeypatch.setattr(training_measures.time, "perf_counter", lambda: next(now))
    told = []
    watch = Watch(task, [2, 4], tell=told.append)
    gpt = torch.nn.Sequential(torch.nn.Embedding(task.vocabulary_size, task.vocabulary_size)).train()
    watch.start(gpt)
    for step in (1, 2, 3, 4):
        watch.after(step)
    assert [(point.step, point.tokens, point.seconds) for point in watch.points] == [(2, 32, 3.0), (4, 64, 9.0)]
    assert watch.tokens_per_second == 16 / 2.0  # of 2, 1, 4 and 2 seconds
    assert told == watch.points
    assert gpt.training


def runs_of(way: str, *losses: float):
    from training_measures import Point, Run

    points = [Point(number, 1000 * number, 10.0 * number, loss, loss + 0.01) for number, loss in enumerate(losses, 1)]
    return [Run(way, 1, 800_000, 100.0, points)]


def test_the_goal_is_reached_at_the_first_point_below_it_and_no_sooner():
    assert runs_of("ours", 2.0, 1.881, 1.88, 1.7)[0].seconds_to_goal == 30.0
    assert runs_of("ours", 2.0, 1.9)[0].seconds_to_goal is None


def test_the_table_says_what_was_reached_and_what_was_not():
    from training_table import table

    text = table([*runs_of("plain", 2.0, 1.87), *runs_of("slow", 2.0, 1.9), *runs_of("ours", 1.8)], baseline="plain")
    assert "| plain (1 seed) | 800,000 | 2,000 | 1.870 | 1.880 | 20.0 | 20.0 | 100 | 1.00 |" in text
    assert "| slow (1 seed) | 800,000 | 2,000 | 1.900 | 1.910 | 20.0 | — | 100 | 1.00 |" in text
    assert "slow: 1.88 was not reached by every seed." in text
    assert "ours: 1.88 in 10.0 s, 2.0 times as soon as the baseline." in text


def test_a_baseline_that_does_not_reach_the_goal_gives_a_lower_bound():
    from training_table import table

    text = table([*runs_of("plain", 2.0, 1.9), *runs_of("ours", 1.8)], baseline="plain")
    assert "ours: 1.88 in 10.0 s, more than 2.0 times as soon as the baseline (it did not reach it" in text


@pytest.mark.parametrize("way", ["plain_gpt", "hugging_face_trainer", "our_gpt", "our_gpt_to_the_goal"])
def test_every_way_to_train_learns_and_is_of_one_size(task, way):
    import training_peers
    import training_recipes
    from training_measures import Watch

    train = getattr(training_recipes if way.startswith("our_") else training_peers, way)
    watch = Watch(task, [1, 6])
    train(task, 1, watch)
    assert [point.step for point in watch.points] == [1, 6]
    assert watch.points[1].loss < watch.points[0].loss
    assert watch.num_parameters == pytest.approx(800_000, rel=0.02)


@pytest.mark.parametrize(("single", "short", "precision"), [(2.0, 1.0, "bfloat16"), (1.0, 2.0, "no")])
def test_products_are_in_the_quicker_precision(benchmarks, monkeypatch, single, short, precision):
    import training_recipes

    lasts = cycle([0.0, single, 0.0, short])  # the clock before and after each product, float32 first
    monkeypatch.setattr(training_recipes.time, "perf_counter", lambda: next(lasts))
    assert training_recipes.quicker_precision.__wrapped__() == precision


def test_all_ways_take_turns_and_fill_the_table(task, capsys):
    from dataclasses import replace

    import training

    runs = training.all_runs(replace(task, num_steps=48), seeds=2, trainer_seeds=1)
    text = training.table(runs, baseline=training.BASELINE)
    assert [run.seed for run in runs] == [1, 1, 1, 1, 2, 2, 2]
    assert {run.last.tokens for run in runs} == {48 * 16}
    assert [line.split(" (")[1][:6] for line in text.splitlines()[2:6]] == ["2 seed", "1 seed", "2 seed", "2 seed"]
    assert len(capsys.readouterr().out.splitlines()) >= len(runs)


def test_larger_batches_see_as_many_characters(task):
    from dataclasses import replace

    from training_recipes import BATCH_SIZE, STEPS_TO_GOAL, in_larger_batches, to_the_goal

    whole = replace(task, batch_size=12, context=64, num_steps=2000)
    larger = in_larger_batches(whole)
    assert (larger.batch_size, larger.num_steps * larger.tokens_per_step) == (BATCH_SIZE, 2000 * 12 * 64)
    assert to_the_goal(whole).num_steps == STEPS_TO_GOAL
    assert to_the_goal(replace(whole, num_steps=100)).num_steps == 50


def test_a_long_run_takes_as_many_steps_as_fit(task, monkeypatch):
    import training_recipes
    from training_measures import Point

    small = dict(num_layers=1, num_heads=2, num_key_value_heads=1, width=16, mlp_width=16, tie_embeddings=False, dropout=0.1)
    monkeypatch.setattr(training_recipes, "LONG_SIZES", small)
    monkeypatch.setattr(training_recipes, "LONG_TASK", dict(context=8, batch_size=2))
    told: list[Point] = []
    points = training_recipes.long_run(task, minutes=1e-6, tell=told.append)
    assert points == told
    assert points[-1].step == training_recipes.STEPS_TO_TIME
