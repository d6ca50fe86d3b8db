"""The training view without a browser: steps passed on, portions, files of metrics, and every refusal."""

import json
import math
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from aigc_toolkit.views import training_view
from aigc_toolkit.views.training_record import TrainingRecord, read_metrics

MODULE = sys.modules["aigc_toolkit.views.training_view"]  # its name in the package is the function's


@dataclass(frozen=True)
class FakeTrainStep:
    step: int
    loss: float
    validation_loss: float | None = None
    learning_rate: float = 0.007
    tokens_per_second: float = 20_000.0
    gradient_norm: float = 0.8
    sample: str | None = None


def fake_steps(count: int) -> list[FakeTrainStep]:
    return [
        FakeTrainStep(i, 8 / i, 9 / i if i % 10 == 0 else None, sample=f"story {i}" if i % 20 == 0 else None)
        for i in range(1, count + 1)
    ]


class FakeWidget:
    def __init__(self) -> None:
        self.value, self.sent = {}, []

    def send(self, message: dict) -> None:
        self.sent.append(message)


def write_metrics(path: Path, steps: list[FakeTrainStep], torn: str = "") -> Path:
    entries = [json.dumps({**asdict(step), "time": 1_700_000_000 + step.step}) for step in steps]
    path.write_text("".join(f"{entry}\n" for entry in entries) + torn)
    return path


def test_the_steps_are_passed_on_and_the_last_is_given():
    steps = fake_steps(5)
    assert list(training_view(iter(steps))) == steps
    assert training_view(iter(steps)).run() == steps[-1]


def test_the_payload_holds_every_step_validation_and_sample():
    payload = training_view(fake_steps(40), rulers={"entropy": 1.5}, anomalies={7: "spike"}, language="zh").payload()
    assert payload["columns"]["step"] == list(range(1, 41))
    assert payload["columns"]["loss"] == [pytest.approx(8 / i, rel=1e-5) for i in range(1, 41)]
    assert payload["columns"]["seconds"] == [None] * 40, "nobody measured the time"
    assert payload["validation"] == [(i, pytest.approx(9 / i, rel=1e-5)) for i in (10, 20, 30, 40)]
    assert payload["samples"] == [(20, "story 20"), (40, "story 40")]
    assert (payload["rulers"], payload["anomalies"]) == ([{"name": "entropy", "loss": 1.5}], [{"step": 7, "text": "spike"}])
    assert (payload["standing"], payload["language"]) == ("done", "zh")
    json.dumps(payload, allow_nan=False)


def test_portions_join_to_the_whole():
    record = TrainingRecord(fake_steps(50))
    whole, parts = record.portion(), [record.portion(30), record.portion(50)]
    for name, column in whole["columns"].items():
        assert column[:30] + parts[0]["columns"][name] + parts[1]["columns"][name] == column
    for name in ("validation", "samples"):
        assert [pair for pair in whole[name] if pair[0] > 30] == parts[0][name] + parts[1][name]


def test_a_step_that_is_being_added_is_not_in_a_portion_yet():
    record = TrainingRecord(fake_steps(3))
    record.columns["step"].append(4)  # as another thread sees it in the middle of `append`
    assert len(record) == 3 and {len(column) for column in record.portion(1)["columns"].values()} == {2}


def test_what_is_not_finite_is_null():
    payload = training_view([FakeTrainStep(1, math.nan, math.inf, gradient_norm=math.inf)]).payload()
    assert payload["columns"]["loss"] == payload["columns"]["gradient_norm"] == [None]
    assert payload["validation"] == [(1, None)]
    json.dumps(payload, allow_nan=False)


def test_a_file_of_metrics_is_shown_whole_without_its_torn_last_line(tmp_path):
    path = write_metrics(tmp_path / "metrics.jsonl", fake_steps(40), torn='{"step": 41, "lo')
    payload = training_view(path).payload()
    from_list = training_view(fake_steps(40)).payload()
    assert payload["columns"]["seconds"] == list(range(40))
    payload["columns"].pop("seconds"), from_list["columns"].pop("seconds")
    assert payload == from_list


def test_a_shown_view_is_sent_each_step_once_after_the_browser_has_drawn(monkeypatch):
    view = training_view(iter(fake_steps(30)))
    view._widget = FakeWidget()
    for name, value in {"SECONDS_BETWEEN_UPDATES": 0.0, "LARGEST_SHARE": math.inf, "SECONDS_UNTIL_DRAWN": 0.0}.items():
        monkeypatch.setattr(MODULE, name, value)
    view.run()
    sent = view._widget.sent
    assert [message["start"] for message in sent] == list(range(30))
    assert [step for message in sent for step in message["columns"]["step"]] == list(range(1, 31))
    assert view._widget.value["columns"]["step"] == list(range(1, 31)), "the end brings everything"
    assert (sent[0]["standing"], view._widget.value["standing"]) == ("running", "done")


def test_updates_are_at_most_four_a_second_and_rarer_when_they_take_long(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(MODULE, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def sent_in_ten_seconds(seconds_to_send: float) -> int:
        class SlowWidget(FakeWidget):
            def send(self, message: dict) -> None:
                super().send(message)
                clock[0] += seconds_to_send

        view = training_view(iter(fake_steps(1000)))
        view._widget = SlowWidget()
        for _ in view:
            clock[0] += 0.01
        return len(view._widget.sent)

    assert sent_in_ten_seconds(0.0) in (39, 40)
    assert sent_in_ten_seconds(0.01) <= 10, "a hundredth of the time"


def test_a_view_that_breaks_off_says_so():
    view = training_view(iter(fake_steps(9)))
    for step in view:
        if step.step == 3:
            break
    assert view.payload()["standing"] == "stopped"
    assert [step.step for step in view] == [4, 5, 6, 7, 8, 9]
    assert (view.payload()["standing"], len(view.payload()["columns"]["step"])) == ("done", 9)


def test_a_training_that_fails_is_shown_and_raised():
    def failing() -> Iterator[FakeTrainStep]:
        yield FakeTrainStep(1, 2.0)
        raise ArithmeticError("the loss of step 2 is not finite")

    view = training_view(failing())
    with pytest.raises(ArithmeticError):
        view.run()
    assert view.payload()["standing"] == "failed"
    assert view.payload()["problem"] == "ArithmeticError: the loss of step 2 is not finite"


def test_a_view_that_lost_a_portion_gets_everything():
    view = training_view(fake_steps(3))
    (content, buffers) = view.answer({"type": "payload", "id": 4})
    assert (content["id"], content["payload"], buffers) == (4, view.payload(), [])
    assert view.answer({"type": "alternative"}) is None


def test_the_saved_page_names_no_address_but_its_own(tmp_path):
    page = training_view(fake_steps(30)).save(tmp_path / "runs" / "run.html").read_text("utf-8")
    assert "default-src 'none'" in page and "http://" not in page.replace("http://www.w3.org", "")


def test_repr_says_how_far_it_is():
    assert repr(training_view(fake_steps(4))) == "TrainingView(4 steps, loss 2.000 nats)"
    assert repr(training_view(iter(()))) == "TrainingView(0 steps)"


def test_refusals(tmp_path):
    with pytest.raises(ValueError, match=r"There is no step to run.*Only training_view\(train\(\.\.\.\)\) can run\. Show or save"):
        training_view(fake_steps(2)).run()
    with pytest.raises(FileNotFoundError, match=r"There is no file .*metrics_path\. Check the path"):
        training_view(tmp_path / "nothing.jsonl")
    with pytest.raises(ValueError, match=r"holds no whole line; at least one step is needed\. Wait"):
        read_metrics(write_metrics(tmp_path / "empty.jsonl", [], torn='{"step": 1'))
    for bad in ["no json", "[1, 2]", '{"step": "1", "loss": 2}', '{"step": 1}', '{"step": 1, "loss": 2, "sample": 5}']:
        path = write_metrics(tmp_path / "bad.jsonl", fake_steps(2), torn=bad + "\n")
        with pytest.raises(
            ValueError, match=r"Line 3 of .*the fields of TrainStep is allowed\. Give a file that MetricsFile wrote"
        ):
            training_view(str(path))


def test_what_is_stored_of_a_training_is_what_it_came_to(monkeypatch) -> None:
    published = []

    def publish(data: dict, transient: dict, update: bool = False) -> None:
        published.append((data["text/plain"], transient["display_id"], update))

    monkeypatch.setattr("IPython.display.publish_display_data", publish)
    monkeypatch.setattr("aigc_toolkit.views.notebook.is_in_kernel", lambda: True)
    view = training_view(iter(fake_steps(3)))
    view._repr_mimebundle_()
    list(view)
    (first, place, update), (last, same_place, updated) = published
    assert first == "TrainingView(0 steps)" and last.startswith("TrainingView(3 steps, loss ")
    assert place == same_place and (update, updated) == (False, True)
