"""The view of a training run: loss, learning rate, gradient norm and throughput while they come, and what the model wrote.

In come the steps of `train`, a list of them, or the path of a run's metrics; out goes an object that passes the steps on, shows
itself in a notebook and saves itself as a page. Updates leave from the thread that trains, because a busy kernel answers nobody:
at most four a second, and so few that they take a hundredth of the time.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from aigc_toolkit.views.notebook import NotebookWidget, is_in_kernel, mime_bundle, notebook_widget, update_still
from aigc_toolkit.views.saved_page import save_page
from aigc_toolkit.views.text_safety import checked_language, without_surrogates
from aigc_toolkit.views.training_record import TrainingRecord, TrainStepRecord, fields, read_metrics

SECONDS_BETWEEN_UPDATES = 0.25
LARGEST_SHARE = 0.01  # of the training time, for updates
SECONDS_UNTIL_DRAWN = 15.0  # after being shown: a browser that is still loading the view misses messages, but no state
_ENTRY = "training_view.js"


def training_view(
    steps_or_path: Iterable[TrainStepRecord] | str | Path,
    *,
    rulers: Mapping[str, float] | None = None,
    anomalies: Mapping[int, str] | None = None,
    language: str | None = None,
) -> "TrainingView":
    """A view of a run: of `train(...)` while it trains, of a list of its steps, or of the file its metrics were written to.

    `rulers` names losses (nats per token) to draw as lines, `anomalies` says what happened at a step; `language` is "en", "zh" or
    None for the reader's own. A running training is shown with `display(view)` and goes on as the view is iterated, or in
    `view.run()`. Raises `FileNotFoundError` for a path that is not there and `ValueError` for a file that holds no run.

    >>> training_view(train(gpt, corpus, TrainConfig(num_steps=2))).run().step
    2
    """
    return TrainingView(steps_or_path, rulers=rulers, anomalies=anomalies, language=language)


class TrainingView:
    """Iterate it for the steps, or `.run()` it; shows itself in a notebook; `.save(path)` writes one offline page."""

    def __init__(
        self,
        steps_or_path: Iterable[TrainStepRecord] | str | Path,
        *,
        rulers: Mapping[str, float] | None = None,
        anomalies: Mapping[int, str] | None = None,
        language: str | None = None,
    ):
        self._language = checked_language(language)
        self._rulers, self._anomalies = dict(rulers or {}), dict(anomalies or {})
        self._coming: Iterator[TrainStepRecord] = iter(())
        self._record, self._state, self._problem = TrainingRecord(), "done", ""
        if isinstance(steps_or_path, (str, Path)):
            self._record = read_metrics(steps_or_path)
        elif isinstance(steps_or_path, Iterator):
            self._coming, self._state = steps_or_path, "waiting"
        else:
            self._record = TrainingRecord(steps_or_path)
        self._last: TrainStepRecord | None = None
        self._widget: NotebookWidget | None = None
        self._shown_at = self._due = 0.0
        self._num_sent = 0

    def payload(self) -> dict[str, Any]:
        """Everything the view draws, as JSON: columns of numbers, validation losses (nats), samples, rulers, anomalies, state."""
        return {
            "kind": "training",
            "language": self._language,
            "rulers": [{"name": without_surrogates(name), "loss": float(loss)} for name, loss in self._rulers.items()],
            "anomalies": [{"step": int(step), "text": without_surrogates(text)} for step, text in self._anomalies.items()],
            **self._record.portion(),
            **self._standing(),
        }

    def append_message(self, start: int) -> dict[str, Any]:
        """What a view that has the first `start` steps is sent: the steps since, as JSON. May be asked for from another thread."""
        return {"type": "append", **self._record.portion(start), **self._standing()}

    def __iter__(self) -> Iterator[TrainStepRecord]:
        self._state, self._problem = "running", ""
        try:
            for step in self._coming:
                self._last = step
                self._record.append(fields(step), time=time.monotonic())
                self._update()
                yield step
            self._state = "done"
        except Exception as error:
            self._state, self._problem = "failed", f"{type(error).__name__}: {error}"
            raise
        finally:
            if self._state == "running":
                self._state = "stopped"
            self._update(whole=True)
            if self._widget is not None:
                update_still(self._widget, summary=repr(self))

    def run(self) -> TrainStepRecord:
        """Trains to the end and gives the last step; in a notebook the view shows itself first, unless it is shown already.

        Raises `ValueError` when there is no step to give.
        """
        if self._widget is None and is_in_kernel():
            from IPython.display import display

            display(self)
        for _ in self:
            pass
        if self._last is None:
            raise ValueError(
                "There is no step to run: this view was made from a finished run, or the training yielded nothing. "
                "Only training_view(train(...)) can run. Show or save this view instead."
            )
        return self._last

    def save(self, path: str | Path) -> Path:
        """Writes one page that needs no network, with the steps so far, and gives its path."""
        return save_page(path, entry=_ENTRY, payload=self.payload(), title="Training")

    def answer(self, message: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]] | None:
        """The reply to a view that lost a portion and asks for everything; None if the message asks nothing."""
        if message.get("type") != "payload":
            return None
        return {"type": "payload", "id": message.get("id"), "payload": self.payload()}, []

    def _standing(self) -> dict[str, str]:
        return {"standing": self._state, "problem": without_surrogates(self._problem)}

    def _update(self, *, whole: bool = False) -> None:
        """Sends what is new if it is time; everything at the end, and while the browser may still be loading the view."""
        start = time.monotonic()
        if self._widget is None or not (whole or start >= self._due):
            return
        if whole or start - self._shown_at < SECONDS_UNTIL_DRAWN:
            self._widget.value = self.payload()
        else:
            self._widget.send(self.append_message(self._num_sent))
        self._num_sent = len(self._record)
        end = time.monotonic()
        self._due = end + max(SECONDS_BETWEEN_UPDATES, (end - start) / LARGEST_SHARE)

    def widget(self) -> NotebookWidget:
        """The view as an ipywidgets widget, to stand in a box with others."""
        if self._widget is None:
            self._widget = notebook_widget(_ENTRY, self.payload(), self.answer)
            self._shown_at, self._num_sent = time.monotonic(), len(self._record)
        return self._widget

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        return mime_bundle(self.widget(), summary=repr(self))

    def __repr__(self) -> str:
        losses = self._record.columns["loss"]
        return f"TrainingView({len(losses)} steps" + (f", loss {losses[-1]:.3f} nats)" if losses else ")")
