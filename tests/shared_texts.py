"""Texts that a `Scheduler` writes, in tests: read to their end, or held back until a test goes on."""

import threading
import time

from aigc_toolkit.generation.batch import Batch

GREEDY = {"temperature": 0, "max_new_tokens": 12, "num_alternatives": 3}
PROMPTS = [f"{'Once upon a time ' * (n % 3)}{n} lanterns in the forest{' 从前' * (n % 2)}" for n in range(32)]


def written(shared) -> str:
    return "".join(step.text for step in shared)


def together(jobs) -> list:
    """What each job gives, all of them begun at the same moment in threads of their own."""
    results: list = [None] * len(jobs)
    ready = threading.Barrier(len(jobs))

    def run(number):
        ready.wait()
        results[number] = jobs[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def held(lm, monkeypatch) -> threading.Event:
    """Batches make no step until the event is set."""
    go, step = threading.Event(), Batch.step

    def waiting_step(batch):
        assert go.wait(timeout=60)
        return step(batch)

    monkeypatch.setattr(Batch, "step", waiting_step)
    return go


def until(condition) -> None:
    """Wait for another thread."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)
