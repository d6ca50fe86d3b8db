"""The line of trainings on the page: one runs, others wait, leave, make room, and none stops the line."""

import subprocess
import sys
import threading

import pytest

from aigc_toolkit.demo import train_process, train_queue
from aigc_toolkit.demo.train_process import Training
from aigc_toolkit.demo.train_queue import TrainQueue
from aigc_toolkit.demo.train_settings import Refusal
from aigc_toolkit.demo.train_watch import watched
from tests.small_trainings import RHYME, small_job


class Slow(Training):
    """A training without a process, that runs until it is told to end."""

    def __init__(self):
        super().__init__(small_job(), [RHYME])
        self.may_end = threading.Event()

    def run(self):
        if not self._is_stopped:
            self.state = "training"
            self.may_end.wait(60)
        self.state = "ended"
        self.ended.set()

    def stop(self):
        super().stop()
        self.may_end.set()


def is_running(training, seconds=30.0):
    for _ in range(int(100 * seconds)):
        if training.state == "training":
            return True
        training.ended.wait(0.01)
    return False


@pytest.fixture
def trainings():
    queue = TrainQueue(most_waiting=2)
    yield queue
    for session in "abcd":
        queue.leave(session)


def test_one_training_runs_and_the_others_stand_in_line(trainings):
    first, second, third, fourth = Slow(), Slow(), Slow(), Slow()
    trainings.enter("a", first)
    assert is_running(first)
    trainings.enter("b", second)
    trainings.enter("c", third)
    assert [trainings.place(each) for each in (first, second, third)] == [0, 1, 2]
    with pytest.raises(Refusal, match="2 trainings wait already; no more than 2 may. Try again in a few minutes"):
        trainings.enter("d", fourth)
    assert trainings.of("d") is None and second.state == "waiting"
    trainings.leave("b")
    assert trainings.place(third) == 1 and second.ended.is_set()
    trainings.stop("a")
    assert is_running(third) and trainings.of("a") is first and trainings.of("b") is None


def test_a_visitor_who_waits_can_give_up_the_place(trainings):
    first, second = Slow(), Slow()
    trainings.enter("a", first)
    assert is_running(first)
    trainings.enter("b", second)
    *_, update = [trainings.stop("b"), *watched(trainings, second)]
    assert update.standing["state"] == "ended" and update.standing["place"] == 0 and update.standing["download"] is None
    trainings.stop("nobody")


def test_a_new_training_takes_the_place_of_the_visitors_last(trainings):
    first, second = Slow(), Slow()
    trainings.enter("a", first)
    trainings.enter("a", second)
    assert first.ended.wait(30) and trainings.of("a") is second
    assert trainings.find(second.secret) is second and trainings.find(first.secret) is None and trainings.find("guessed") is None


def test_the_oldest_finished_trainings_make_room(trainings, monkeypatch):
    monkeypatch.setattr(train_queue, "MOST_KEPT", 1)
    made = [Slow() for _ in range(3)]
    for session, training in zip("abc", made, strict=True):
        training.may_end.set()
        trainings.enter(session, training)
        assert training.ended.wait(30)
    assert trainings.of("a") is None and trainings.of("c") is made[2]
    assert not made[0].has_model


@pytest.mark.parametrize("line", [b"no JSON\n", b'{"type": "facts"}\n', b'["a list"]\n'])
def test_a_process_that_says_what_nobody_understands_does_not_stop_the_line(trainings, monkeypatch, capfd, line):
    broken, whole = Training(small_job(), [RHYME]), Slow()
    script = f"import sys, time; sys.stdout.buffer.write({line!r}); sys.stdout.flush(); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    monkeypatch.setattr(broken, "_start", lambda: process)
    trainings.enter("a", broken)
    trainings.enter("b", whole)
    assert broken.ended.wait(30) and "ended without a word" in broken.problem["en"]
    assert process.returncode is not None and process.stdin.closed and process.stdout.closed
    assert is_running(whole) and "Error" in capfd.readouterr().err


def test_a_training_can_be_stopped_before_its_first_step_and_leaves_nothing():
    queue, training = TrainQueue(most_waiting=1), Training(small_job(), [RHYME])
    queue.enter("a", training)
    queue.stop("a")
    *_, last = watched(queue, training)
    assert last.standing["reason"] == "nothing" and last.problem is None and last.view is None
    folder = training.job.folder
    queue.leave("a")
    assert not train_process.Path(folder).exists()
    for gone in (training.model, training.timelapse):
        with pytest.raises(FileNotFoundError):
            gone()


def test_a_training_that_cannot_start_does_not_stop_the_line(trainings, monkeypatch, capfd):
    broken, whole = Training(small_job(), [RHYME]), Slow()
    monkeypatch.setattr(broken, "_start", lambda: (_ for _ in ()).throw(OSError("No space left on device")))
    trainings.enter("a", broken)
    trainings.enter("b", whole)
    assert broken.ended.wait(30) and "ended without a word" in broken.problem["en"]
    assert is_running(whole) and "No space left" in capfd.readouterr().err
