"""The training benchmark in words: one row for each way to train, over all its seeds.

In: runs. Out: a table in Markdown. A number that was not measured is a long dash; ratios are of means. Trains nothing.
"""

from collections.abc import Sequence
from statistics import mean

from training_measures import GOAL, Point, Run

NOT_MEASURED = "—"
HEADINGS = (
    "trained by",
    "parameters",
    "characters read",
    "loss, whole split",
    "nanoGPT's estimate",
    "seconds",
    f"seconds to {GOAL}",
    "characters/s, median step",
    "of the baseline's",
)


def table(runs: Sequence[Run], *, baseline: str) -> str:
    """Means over seeds with the lowest and highest beside them, then how much sooner than the baseline the goal was reached.

    >>> print(table(runs, baseline="plain torch").splitlines()[0][:26])
    | trained by | parameters |
    """
    ways = list(dict.fromkeys(run.way for run in runs))
    of = {way: [run for run in runs if run.way == way] for way in ways}
    speed = mean(run.tokens_per_second for run in of[baseline])
    rows = [HEADINGS, ["---"] * len(HEADINGS), *(_row(way, of[way], speed) for way in ways)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([*lines, "", *(_sooner(way, of[way], of[baseline]) for way in ways if way != baseline)])


def line(point: Point) -> str:
    """A point of a run in one line."""
    return (
        f"{point.loss:.4f} (estimate {point.estimate:.4f}) after {point.step:,} steps, {point.tokens:,} characters, "
        f"{point.seconds:.1f} s"
    )


def _row(way: str, runs: Sequence[Run], baseline_speed: float) -> list[str]:
    return [
        f"{way} ({len(runs)} seed{'s' * (len(runs) > 1)})",
        f"{runs[0].num_parameters:,}",
        f"{runs[0].last.tokens:,}",
        spread([run.last.loss for run in runs], ".3f"),
        spread([run.last.estimate for run in runs], ".3f"),
        spread([run.last.seconds for run in runs], ".1f"),
        spread([run.seconds_to_goal for run in runs], ".1f"),
        spread([run.tokens_per_second for run in runs], ",.0f"),
        f"{mean(run.tokens_per_second for run in runs) / baseline_speed:.2f}",
    ]


def spread(numbers: Sequence[float | None], form: str) -> str:
    """The mean, and from where to where the numbers lie; a long dash where one of them is missing.

    >>> spread([1.0, 2.0], ".1f"), spread([1.0, None], ".1f")
    ('1.5 (1.0–2.0)', '—')
    """
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return NOT_MEASURED
    if len(known) == 1:
        return f"{known[0]:{form}}"
    return f"{mean(known):{form}} ({min(known):{form}}–{max(known):{form}})"


def _sooner(way: str, runs: Sequence[Run], baseline: Sequence[Run]) -> str:
    """How much sooner the goal was reached; where the baseline did not reach it, all its time is a lower bound."""
    if any(run.seconds_to_goal is None for run in runs):
        return f"{way}: {GOAL} was not reached by every seed."
    seconds = mean(run.seconds_to_goal for run in runs)
    never = any(run.seconds_to_goal is None for run in baseline)
    until = mean(run.last.seconds if run.seconds_to_goal is None else run.seconds_to_goal for run in baseline)
    bound = "more than " if never else ""
    why = " (it did not reach it with every seed: all its time is counted)" if never else ""
    return f"{way}: {GOAL} in {seconds:.1f} s, {bound}{until / seconds:.1f} times as soon as the baseline{why}."
