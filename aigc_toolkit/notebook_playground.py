"""A playground in a notebook cell: write with a model, see each token's probability, then its attention.

In: a `LanguageModel`. Out: an ipywidgets box. Everything is done through the public door: `stream` writes in a thread, so that Stop
works while the kernel is free; `generation_view` grows with it; `capture_attention` looks at what was written. ipywidgets is
imported when a playground is made.
"""

import threading
import time
from typing import TYPE_CHECKING, Any

import aigc_toolkit

if TYPE_CHECKING:
    import ipywidgets

SECONDS_BETWEEN_UPDATES = 0.2
LONGEST_PROMPT = 20_000  # characters
WORDS = {
    "en": {
        "placeholder": "The text to continue",
        "temperature": "Temperature",
        "top_k": "Top k (0: all)",
        "top_p": "Top p",
        "max_new_tokens": "New tokens",
        "seed": "Seed",
        "write": "Write",
        "stop": "Stop",
        "writing": "writing …",
        "looking": "looking at the attention …",
    },
    "zh": {
        "placeholder": "要续写的文本",
        "temperature": "温度",
        "top_k": "Top k（0：全部）",
        "top_p": "Top p",
        "max_new_tokens": "新词元数",
        "seed": "随机种子",
        "write": "续写",
        "stop": "停止",
        "writing": "正在写 …",
        "looking": "正在查看注意力 …",
    },
}


def playground(lm: "aigc_toolkit.LanguageModel", prompt: str = "Once upon a time", *, language: str | None = None) -> "Playground":
    """A cell with a prompt, sampling sliders, Write and Stop, the text as it is written, and its attention below.

    `language` is "en" or "zh"; None gives English labels and views in the reader's own. Raises ValueError for another.

    >>> playground(load_model("story"), prompt="Mia lost her lantern.")
    Playground(story)
    """
    if language not in (None, *WORDS):
        raise ValueError(f"language is {language!r}; 'en', 'zh' or None is allowed. Leave it out for English.")
    return Playground(lm, prompt, language=language)


class Playground:
    """Shows itself in a notebook; `.generation` is what was written last, `.box` the widgets."""

    def __init__(self, lm: "aigc_toolkit.LanguageModel", prompt: str, *, language: str | None):
        self._lm = lm
        self._language, self._words = language, WORDS[language or "en"]
        self.generation: aigc_toolkit.Generation | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._view_widget: Any = None
        self._build(prompt)

    def write(self) -> None:
        """Starts writing in a thread; what is being written already is stopped first."""
        self.stop()
        self.wait()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(self.prompt.value, self._settings(), self._stop), daemon=True)
        self.write_button.disabled, self.stop_button.disabled = True, False
        self._thread.start()

    def stop(self) -> None:
        """Ends the writing after the token it is at."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> None:
        """Waits until nothing is being written, at most `timeout` seconds."""
        if self._thread is not None:
            self._thread.join(timeout)

    def _build(self, prompt: str) -> None:
        import ipywidgets as widgets

        words = self._words
        wide, narrow = widgets.Layout(width="100%"), widgets.Layout(width="310px")
        look = dict(style={"description_width": "110px"}, layout=narrow)
        self.prompt = widgets.Textarea(prompt, placeholder=words["placeholder"], rows=3, layout=wide)
        self.prompt.description_allow_html = False
        self.temperature = widgets.FloatSlider(0.8, min=0, max=2, step=0.05, description=words["temperature"], **look)
        self.top_k = widgets.IntSlider(0, min=0, max=200, description=words["top_k"], **look)
        self.top_p = widgets.FloatSlider(1.0, min=0.05, max=1, step=0.05, description=words["top_p"], **look)
        self.max_new_tokens = widgets.IntSlider(80, min=1, max=512, description=words["max_new_tokens"], **look)
        self.seed = widgets.BoundedIntText(0, min=0, max=2**31 - 1, description=words["seed"], **look)
        self.write_button = widgets.Button(description=words["write"], button_style="primary")
        self.stop_button = widgets.Button(description=words["stop"], disabled=True)
        self.status = widgets.Label("", layout=widgets.Layout(flex="1 1 auto"))
        self.written, self.attention = (widgets.VBox(layout=wide) for _ in range(2))
        sliders = [self.temperature, self.top_k, self.top_p, self.max_new_tokens, self.seed]
        settings = widgets.HBox(sliders, layout=widgets.Layout(flex_flow="row wrap", width="100%"))
        buttons = widgets.HBox([self.write_button, self.stop_button, self.status], layout=wide)
        self.box: ipywidgets.VBox = widgets.VBox([self.prompt, settings, buttons, self.written, self.attention], layout=wide)
        self.write_button.on_click(lambda _button: self.write())
        self.stop_button.on_click(lambda _button: self.stop())

    def _settings(self) -> dict[str, Any]:
        return {
            "temperature": self.temperature.value,
            "top_k": self.top_k.value or None,
            "top_p": self.top_p.value,
            "max_new_tokens": self.max_new_tokens.value,
            "seed": self.seed.value,
        }

    def _run(self, prompt: str, settings: dict[str, Any], stop: threading.Event) -> None:
        try:
            self._write(prompt, settings, stop)
        except Exception as error:  # in a thread nobody would see it: the reader does
            self.status.value = f"{error}"
        finally:
            self.write_button.disabled, self.stop_button.disabled = False, True

    def _write(self, prompt: str, settings: dict[str, Any], stop: threading.Event) -> None:
        if len(prompt) > LONGEST_PROMPT:
            raise ValueError(
                f"The prompt has {len(prompt)} characters; up to {LONGEST_PROMPT} are read in a cell. "
                "Shorten it, or use generate(lm, prompt)."
            )
        self.attention.children = ()
        self.status.value = self._words["writing"]
        steps = aigc_toolkit.stream(self._lm, prompt, stop_event=stop, **settings)
        due = 0.0
        for _ in steps:
            if time.monotonic() >= due:
                self._show(steps.generation())
                due = time.monotonic() + SECONDS_BETWEEN_UPDATES
        self.generation = steps.generation()
        self._show(self.generation)
        self.status.value = self._words["looking"]
        view = aigc_toolkit.attention_view(aigc_toolkit.capture_attention(self._lm, self.generation), language=self._language)
        self.attention.children = (view.widget(),)
        self.status.value = ""

    def _show(self, generation: "aigc_toolkit.Generation") -> None:
        """The text so far: the first time as a view, then as the value of the same view, which draws only what is new."""
        view = aigc_toolkit.generation_view(generation, language=self._language)
        if self._view_widget is None:
            self._view_widget = view.widget()
            self.written.children = (self._view_widget,)
        else:
            self._view_widget.value = view.payload()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return self.box._repr_mimebundle_(include=include, exclude=exclude)

    def __repr__(self) -> str:
        return f"Playground({self._lm.name})"
