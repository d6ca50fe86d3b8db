"""One prompt under several strategies, side by side on the page.

Comes in: a prompt, names of strategies, the scheduler: all of them are written together. Goes out: the blocks, and for the one that
draws texts and numbers a row for each strategy. The numbers are the toolkit's.
"""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from aigc_toolkit import Scheduler

from .blocks import error, scripted_block, status_line
from .branch_texts import STRATEGY_BLOCK
from .event_settings import LONG
from .operator_settings import USUAL_LIMITS, Operator
from .pace import pace_of
from .problems import REFUSALS, Refusal, checked_length, explain
from .settings import keywords
from .shell import Shell
from .stops import Stops
from .using import model_of

STRATEGIES = {
    "greedy": {"temperature": 0.0},
    "cool": {"temperature": 0.5},
    "plain": {"temperature": 1.0},
    "bold": {"temperature": 1.5},
    "top_p_strategy": {"temperature": 1.0, "top_p": 0.9},
    "min_p_strategy": {"temperature": 1.0, "min_p": 0.1},
    "typical_strategy": {"temperature": 1.0, "typical_p": 0.9},
    "beams": {"temperature": 0.0, "num_beams": 4},
    "no_repeat": {"temperature": 0.0, "no_repeat_ngram_size": 3},
}
COLUMNS = ("mean_logprob", "mean_entropy", "distinct_1", "distinct_2", "distinct_3", "repetition")
USUAL = ["greedy", "plain", "top_p_strategy", "beams"]


def strategies_section(shell: Shell, prompt: gr.Textbox, length: gr.Slider, seed: gr.Number) -> None:
    """Build the section inside the layout being built."""
    i18n = shell.i18n
    with gr.Row(elem_classes="aigc-controls"):
        names = gr.CheckboxGroup(
            [(i18n(name), name) for name in STRATEGIES],
            value=USUAL,
            label=i18n("which_strategies"),
            info=i18n("which_strategies_info"),
            scale=5,
            elem_id="strategy-names",
        )
        with gr.Column(scale=1, min_width=140, elem_classes="aigc-buttons"):
            go = gr.Button(i18n("compare_strategies"), elem_id="strategy-go")
    status = status_line(elem_id="strategy-status")
    table = scripted_block("strategies.js", STRATEGY_BLOCK, elem_id="strategy-table")

    def compare(request: gr.Request, text: str, chosen: list[str], length: float, seed: float):
        session = request.session_hash
        try:
            with model_of(shell.models, session, to_write=True) as model:
                given = dict(length=length, seed=seed, limits=shell.operator)
                for rows, problem in compared(model.scheduler, shell.stops, session, text, chosen, **given):
                    yield {"rows": rows}, error(problem) if problem else None
        except Refusal as refusal:
            yield {"rows": []}, error(refusal.text)

    shell.on_switch.update({table: lambda model: {"rows": []}, status: lambda model: None})
    go.click(compare, [prompt, names, length, seed], [table, status], **LONG)


def compared(
    scheduler: Scheduler,
    stops: Stops,
    session: str,
    prompt: str,
    names: list[str],
    *,
    length: float,
    seed: float,
    limits: Operator = USUAL_LIMITS,
) -> Iterator[tuple[list[dict], dict | None]]:
    """The rows for the page, again and again while the texts grow, and what went wrong."""
    event = stops.start(session, "strategies")
    streams = {}
    try:
        common = keywords({"max_new_tokens": length, "seed": seed}, limits.most_tokens(scheduler.lm.context_length))
        checked_length(prompt, limits.max_characters)
        for name in (name for name in STRATEGIES if name in names):
            settings = common | STRATEGIES[name]
            streams[name] = scheduler.stream(prompt, user=session, stop_event=event, **settings)
        portions = {name: each.portions(pace_of(scheduler)) for name, each in streams.items()}
        while portions:
            portions = {name: each for name, each in portions.items() if next(each, None) is not None}
            if event.is_replaced:
                return
            yield [_row(name, each) for name, each in streams.items()], None
    except REFUSALS as problem:
        yield [], explain(scheduler.lm, prompt, problem, too_long="too_long_to_write")
    finally:
        stops.end(event)


def _row(name: str, shared) -> dict:
    """A strategy's text so far; its numbers once it has ended."""
    numbers = shared.numbers
    return {
        "name": name,
        "text": numbers["text"],
        "tokens": numbers["num_tokens"],
        "stop": numbers["stop_reason"],
        "numbers": {column: numbers[column] for column in COLUMNS} if numbers["stop_reason"] else None,
    }
