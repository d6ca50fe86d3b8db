"""The page as a whole: its title line, tabs, look and the settings it is served with.

Comes in: a `LanguageModel`. Goes out: Gradio Blocks, or a running server. It does not know what the tabs do.
"""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from aigc_toolkit import LanguageModel, Scheduler

from .blocks import STATIC, title_line
from .chat_tab import chat_tab
from .look_tab import look_tab
from .routes import attention_routes
from .stops import Stops
from .store import ResultStore
from .texts import TEXTS
from .theme import page_theme
from .write_tab import write_tab

I18N = gr.I18n(**{"en": TEXTS["en"], "zh-CN": TEXTS["zh"], "zh": TEXTS["zh"]})
MOST_WAITING = 128  # requests to the page
MOST_THREADS = 128  # a text that is being written holds one


@dataclass(frozen=True)
class Demo:
    """The page's Blocks and the store its addresses read from."""

    blocks: gr.Blocks
    store: ResultStore


def build_demo(lm: LanguageModel) -> Demo:
    """The page around `lm`, not yet served. Around a model on a server (vLLM, …) it has no tab Look.

    >>> build_demo(load_model("story")).blocks
    Gradio Blocks instance: ...
    """
    store, stops = ResultStore(), Stops()
    scheduler = Scheduler(lm)
    is_here = isinstance(lm, LanguageModel)
    facts = {language: _facts(lm, words) for language, words in TEXTS.items()}
    with gr.Blocks(title="AIGC Toolkit", analytics_enabled=False, fill_width=True) as blocks:
        title_line(facts, {language: words["tagline"] for language, words in TEXTS.items()})
        with gr.Tabs(selected="write") as tabs:
            with gr.Tab(I18N("write"), id="write", render_children=True):
                sources = write_tab(scheduler, stops, I18N)
            with gr.Tab(I18N("chat"), id="chat", render_children=True):
                sources += [chat_tab(scheduler, stops, I18N)]
            if is_here:
                with gr.Tab(I18N("look"), id="look", render_children=True):
                    look_tab(lm, store, I18N, sources, tabs, blocks)

        def forget(request: gr.Request) -> None:
            stops.stop(request.session_hash)
            store.drop_session(request.session_hash)

        blocks.unload(forget)
    blocks.queue(max_size=MOST_WAITING, default_concurrency_limit=4)
    return Demo(blocks, store)


def _facts(lm: LanguageModel, words: dict[str, str]) -> str:
    """What the title line says of the model."""
    if not isinstance(lm, LanguageModel):
        return words["remote_facts"].format(name=lm.name, address=lm.address)
    return words["facts"].format(name=lm.name, parameters=lm.num_parameters / 1e6, context=lm.context_length)


def serve(demo: Demo, **settings) -> None:
    """Serve a page that was built; `settings` go to Gradio's own `launch` (server_port, share, auth, ...)."""
    demo.blocks.launch(
        theme=page_theme(),
        css_paths=[STATIC / "demo.css"],
        i18n=I18N,
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        max_threads=MOST_THREADS,
        app_kwargs={"routes": attention_routes(demo.store)},
        **settings,
    )


def launch(lm: LanguageModel, **settings) -> None:
    """Build the page around `lm` and serve it until it is stopped.

    >>> launch(load_model("story"), server_port=7860)  # doctest: +SKIP
    """
    serve(build_demo(lm), **settings)
