"""Ctrl-C: the step comes to its end and is kept, then the run leaves."""

import signal
import threading
from dataclasses import replace

import pytest
from small_runs import CONFIG, Letters, losses, new_gpt

from aigc_toolkit import GPT, train
from aigc_toolkit.training.checkpoints import latest_checkpoint
from aigc_toolkit.training.interrupts import held


def press_ctrl_c(gpt: GPT, at: int, times: int = 1) -> None:
    """Send SIGINT to this process in the middle of step `at`."""
    calls = []

    def hook(*_args):
        calls.append(1)
        if len(calls) == at:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)

    gpt.register_forward_pre_hook(hook)


def test_ctrl_c_keeps_the_step_and_leaves(tmp_path):
    config = replace(CONFIG, folder=str(tmp_path), checkpoint_every=100, metrics_path=str(tmp_path / "m.jsonl"))
    plain = losses(train(new_gpt(), Letters(), CONFIG))
    gpt, seen = new_gpt(), []
    press_ctrl_c(gpt, at=3)
    with pytest.raises(KeyboardInterrupt):
        for step in train(gpt, Letters(), config):
            seen.append(step)
    assert losses(seen) == plain[:2]
    assert latest_checkpoint(tmp_path).step == 3
    assert len((tmp_path / "m.jsonl").read_text().splitlines()) == 3
    assert losses(train(new_gpt(), Letters(), config, resume=True)) == plain[3:]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_leaves_at_once(tmp_path):
    gpt = new_gpt()
    press_ctrl_c(gpt, at=3, times=2)
    with pytest.raises(KeyboardInterrupt):
        list(train(gpt, Letters(), replace(CONFIG, folder=str(tmp_path), checkpoint_every=2)))
    assert latest_checkpoint(tmp_path).step == 2


def test_what_came_while_held_outside_is_known_inside():
    with held():
        signal.raise_signal(signal.SIGINT)
        with held() as inner:
            assert inner.came


def test_other_threads_hold_nothing():
    seen = []

    def work():
        with held() as interrupt:
            seen.append((interrupt.came, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, signal.default_int_handler)]
