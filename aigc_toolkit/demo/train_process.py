"""One training: a place in line, then a process of its own, then a model in a folder.

Comes in: a `Job` and documents. Goes out: how it stands, its `TrainingView` while it runs, the finished model and a zip of it. One
thread runs it, others read and stop it. The process is `train_worker`; it is ended when its time is over, whatever it does.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import aigc_toolkit
from aigc_toolkit import LanguageModel, TrainStep, load_model, load_timelapse, training_view
from aigc_toolkit.views import TimeLapseView, TrainingView, timelapse_view

from . import train_worker
from .texts import message
from .train_readme import readme
from .train_worker import TIMELAPSE, Job

GRACE_SECONDS = 120.0  # beside the training time: to start, to read the text, to save
SECONDS_TO_SAVE = 30.0  # after a stop


class Training:
    """`state` goes from "waiting" over what the process does to "ended"; what it came to is in `reason` or `problem`.

    `secret` names it in the address of its zip; nobody can guess it. Raises OSError where the documents cannot be kept.
    """

    def __init__(self, job: Job, documents: list[str]):
        self._folder = TemporaryDirectory(prefix="aigc-training-", ignore_cleanup_errors=True)
        self.job = replace(job, folder=self._folder.name)
        self.secret = secrets.token_urlsafe(24)
        self.state = "waiting"
        self.facts: dict | None = None  # of `train_worker`, once it has measured
        self.view: TrainingView | None = None
        self.num_steps = 0  # taken
        self.reason: str | None = None  # "done", "stopped" or "time"
        self.validation_loss: float | None = None  # nats per token, at the end
        self.problem: dict[str, str] | None = None  # in both languages
        self.ended = threading.Event()
        self._first_step_at = 0.0
        self._process: subprocess.Popen | None = None
        self._is_stopped = False
        self._lock = threading.Lock()
        if not job.language:
            lines = (json.dumps({"text": document}) + "\n" for document in documents)
            try:
                (Path(self._folder.name) / "documents.jsonl").write_text("".join(lines), encoding="utf-8")
            except OSError:
                self._folder.cleanup()
                raise

    @property
    def has_model(self) -> bool:
        """Whether it has come to its end with a whole model, and that is still kept."""
        is_whole = self.ended.is_set() and self.validation_loss is not None  # which is told after the last file
        return is_whole and (Path(self.job.folder) / "model" / "config.json").is_file()

    @property
    def has_timelapse(self) -> bool:
        return self.has_model and (Path(self.job.folder) / "model" / TIMELAPSE).is_file()

    @property
    def seconds_left(self) -> float | None:
        """Until the last step, at the speed so far; None before the second step."""
        if self.state != "training" or self.num_steps < 2:
            return None
        elapsed = time.monotonic() - self._first_step_at
        each = elapsed / (self.num_steps - 1)
        return max(0.0, min(each * (self.facts["num_steps"] - self.num_steps), self.job.seconds - elapsed))

    def run(self) -> None:
        """Train to the end; returns when the process has ended.

        Raises OSError where it cannot be started, and whatever is wrong with what the process says: it is ended then.
        """
        try:
            with self._lock:
                if not self._is_stopped:
                    self.state = "starting"
                    self._process = self._start()
            if self._process is not None:
                self._attend(self._process)
        finally:
            if self.reason is None and self.problem is None:
                if self._is_stopped:
                    self.reason = "stopped"
                else:
                    self.problem = message("train_died")
            self.state = "ended"
            self.ended.set()

    def stop(self) -> None:
        """Keep what is there; before the first step there is nothing."""
        with self._lock:
            self._is_stopped = True
            if self._process is None or self._process.poll() is not None or self._process.stdin.closed:
                return
            if self.num_steps:
                self._process.stdin.close()  # the process takes it as the wish to stop
                late = threading.Timer(SECONDS_TO_SAVE, self._process.kill)
                late.daemon = True
                late.start()
            else:
                self._process.kill()

    def close(self) -> None:
        """Stop and keep nothing, neither the text nor the model."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None:
                self._process.kill()
            self._folder.cleanup()  # not while it is packed

    def model(self) -> LanguageModel:
        """The model, read from its folder. Raises FileNotFoundError where it is no longer kept."""
        lm = load_model(Path(self.job.folder) / "model")
        lm.name = self.job.name
        return lm

    def timelapse(self) -> TimeLapseView:
        """How the model learned. Raises FileNotFoundError where it is no longer kept."""
        return timelapse_view(load_timelapse(Path(self.job.folder) / "model" / TIMELAPSE))

    def archive(self) -> Path:
        """A zip of the model's folder with a README; made once. Raises FileNotFoundError where it is no longer kept."""
        folder = Path(self.job.folder)
        packed, named = folder / f"{self.job.name}.zip", folder / "packed" / self.job.name
        with self._lock:
            if not packed.is_file():
                shutil.copytree(folder / "model", named, dirs_exist_ok=True)
                text = readme(self.job, self.facts, num_steps=self.num_steps, validation_loss=self.validation_loss)
                (named / "README.md").write_text(text, encoding="utf-8")
                os.replace(shutil.make_archive(str(folder / "draft"), "zip", folder / "packed", self.job.name), packed)
        return packed

    def _start(self) -> subprocess.Popen:
        """The process, which finds this very package and leaves half of the processor to the page."""
        (Path(self.job.folder) / "job.json").write_text(json.dumps(asdict(self.job)), encoding="utf-8")
        package = str(Path(aigc_toolkit.__file__).parents[1])
        path = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
        threads = str(max(1, (os.cpu_count() or 1) // 2))
        return subprocess.Popen(
            [sys.executable, "-P", train_worker.__file__, str(Path(self.job.folder) / "job.json")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": threads},
            cwd=self.job.folder,
        )

    def _attend(self, process: subprocess.Popen) -> None:
        """Follow the process to its end, which comes when its time is over or what it says cannot be followed."""
        limit = threading.Timer(self.job.seconds + GRACE_SECONDS, process.kill)
        limit.daemon = True
        limit.start()
        try:
            self._follow(process)
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
            limit.cancel()
            for pipe in (process.stdin, process.stdout):
                pipe.close()

    def _follow(self, process: subprocess.Popen) -> None:
        messages = (json.loads(line) for line in process.stdout if line.endswith(b"\n"))  # the last one may be torn
        for said in messages:
            self._take(said)
            if said["type"] == "facts":
                self.view = training_view(self._steps(messages), rulers=said["rulers"])
                for _ in self.view:
                    pass

    def _steps(self, messages: Iterator[dict]) -> Iterator[TrainStep]:
        for said in messages:
            if said["type"] == "step":
                self.state = "training"
                self._first_step_at = self._first_step_at or time.monotonic()
                self.num_steps = said["step"]["step"]
                yield TrainStep(**said["step"])
            else:
                self._take(said)

    def _take(self, said: dict) -> None:
        if said["type"] == "doing":
            self.state = said["what"]
        elif said["type"] == "facts":
            self.facts = said
        elif said["type"] == "end":
            self.reason, self.validation_loss = said["reason"], said["validation_loss"]
        elif said["type"] == "refused":
            self.problem = message(said["message"], **said["values"])
