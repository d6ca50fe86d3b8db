"""The page as a whole: its title line, tabs, settings drawer, look, and how it is served.

Comes in: a `LanguageModel` and the operator's settings. Goes out: Gradio Blocks, or a running server. It does not know what the
tabs do.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import gradio as gr

from aigc_toolkit import LanguageModel

from .blocks import STATIC, TextOnlyBlock, error, page_script, status_line
from .chat_tab import chat_tab
from .drawer import chosen_model, settings_drawer
from .endpoints import endpoints
from .event_settings import NOTICED
from .look_tab import look_tab
from .models import Models
from .operator_settings import Operator
from .page_links import TABS, Link, opened_link
from .routes import view_routes
from .shell import Shell
from .stops import Stops
from .store import ResultStore
from .texts import TEXTS, message
from .theme import page_theme
from .title import title_line, title_value
from .train_download import training_routes
from .train_queue import TrainQueue
from .train_tab import train_tab
from .write_tab import write_tab

I18N = gr.I18n(**{"en": TEXTS["en"], "zh-CN": TEXTS["zh"], "zh": TEXTS["zh"]})


@dataclass(frozen=True)
class Demo:
    """The page's Blocks, the store its addresses read from, its models, the settings it is served with and its trainings."""

    blocks: gr.Blocks
    store: ResultStore
    models: Models
    operator: Operator
    trainings: TrainQueue


def build_demo(lm: LanguageModel, operator: Operator | None = None) -> Demo:
    """The page around `lm`, not yet served. Around a model on a server (vLLM, …) it shows no tab Look.

    >>> build_demo(load_model("story")).blocks
    Gradio Blocks instance: ...
    """
    operator = operator or Operator()
    models, store, stops = Models(lm, operator), ResultStore(), Stops()
    trainings = TrainQueue(most_waiting=operator.training_waiting)
    with gr.Blocks(title="AIGC Toolkit", analytics_enabled=False, fill_width=True) as blocks:
        title = title_line(models.first)
        status = status_line(elem_id="page-status")
        tabs, shown, opened, waiting = gr.Tabs(selected="write"), gr.State(models.first.name), gr.State(None), gr.State(None)
        shell = Shell(models, operator, store, stops, I18N, blocks, tabs, shown, opened, waiting)
        endpoints(shell)  # before the tabs: they take the names that programs know
        with tabs:
            look = _tabs(shell, trainings)
        settings_drawer(shell, title)
        shell.on_switch.update(
            {
                title: title_value,
                look: lambda model: gr.Tab(visible=model.shows_attention),
                tabs: lambda model: gr.skip() if model.writes else gr.Tabs(selected="look"),
            }
        )
        _follow(shell, status)

        def forget(request: gr.Request) -> None:
            stops.replace(request.session_hash)
            store.drop_session(request.session_hash)
            models.drop_session(request.session_hash)
            trainings.leave(request.session_hash)

        blocks.unload(forget)
    blocks.queue(max_size=operator.max_waiting, default_concurrency_limit=4)
    return Demo(blocks, store, models, operator, trainings)


def _tabs(shell: Shell, trainings: TrainQueue) -> gr.Tab:
    """Build the tabs; gives the one that not every model has."""
    with gr.Tab(I18N("write"), id="write", render_children=True):
        sources = write_tab(shell)
    with gr.Tab(I18N("chat"), id="chat", render_children=True):
        sources += [chat_tab(shell)]
    with gr.Tab(I18N("look"), id="look", render_children=True, visible=shell.models.first.shows_attention) as look:
        look_tab(shell, sources)
    with gr.Tab(I18N("train"), id="train", render_children=True):
        train_tab(shell, trainings)
    return look


def _follow(shell: Shell, status: TextOnlyBlock) -> None:
    """Wire what happens when another model is shown, and when the page is opened by a link."""
    tab, packed = gr.Textbox(visible=False), gr.Textbox(visible=False)

    def follow(name: str, followed: str, request: gr.Request) -> list:
        if name == followed:  # a change may be told twice, the second time in the middle of a text
            return [gr.skip()] * (1 + len(shell.on_switch))
        shell.stops.replace(request.session_hash)  # what is being written is nobody's any more
        with shell.models.use(request.session_hash) as model:
            return [name, *(change(model) for change in shell.on_switch.values())]

    def read_link(tab: str, packed: str, request: gr.Request) -> Iterator[tuple]:
        if tab:
            yield from _link_steps(shell, tab, packed, request.session_hash)

    followed = gr.State(shell.models.first.name)
    switched = shell.shown.change(follow, [shell.shown, followed], [followed, *shell.on_switch], **NOTICED)
    switched.then(lambda link: (link, None), shell.waiting, [shell.opened, shell.waiting], **NOTICED)
    shell.page.load(
        read_link,
        [tab, packed],
        [shell.tabs, status, shell.shown, shell.waiting, shell.opened],
        js=page_script("opened_link.js", tabs=TABS),
        **NOTICED,
    )


def _link_steps(shell: Shell, tab: str, packed: str, session: str) -> Iterator[tuple]:
    """Updates of the tabs, the status, the model shown, the link that waits for it, and the link that can be opened now."""
    skip, selected = gr.skip(), gr.Tabs(selected=tab)
    try:
        link: Link = opened_link(tab, packed)
    except ValueError:
        yield selected, error(message("bad_link")), skip, skip, skip
        return
    if link.model in ("", shell.models.chosen(session)):
        yield selected, None, skip, skip, link
        return
    for said, name in chosen_model(shell, session, link.model, failed="link_model"):
        yield selected, None if name else said, name or skip, link if name else skip, skip


def serve(demo: Demo, **settings) -> None:
    """Serve a page that was built; `settings` go to Gradio's own `launch` (server_port, share, auth, ...) before the operator's."""
    if demo.models.first.is_here and demo.models.first.writes:
        threading.Thread(target=demo.models.first.warm, name="first text", daemon=True).start()
    demo.blocks.launch(
        theme=page_theme(),
        css_paths=[STATIC / "demo.css", STATIC / "train.css"],
        max_file_size=f"{demo.operator.training_megabytes + 1}mb",  # what is larger is refused before it is here
        i18n=I18N,
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        app_kwargs={"routes": [*view_routes(demo.store), *training_routes(demo.trainings)]},
        **demo.operator.serving() | settings,
    )


def launch(lm: LanguageModel, operator: Operator | None = None, **settings) -> None:
    """Build the page around `lm` and serve it until it is stopped.

    >>> launch(load_model("story"), server_port=7860)  # doctest: +SKIP
    """
    serve(build_demo(lm, operator), **settings)
