"""The tab Train: choose what to learn from, watch a GPT learn it, then write with it, look inside it and take it along.

Comes in: the shell and the trainings of the page. Goes out: the tab's blocks. What a visitor wants is checked in `train_settings`,
a training is run by `train_process`, what is shown of it is made in `train_watch`. It trains nothing itself.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from .blocks import error, in_readers_language, notice, packed, status_line
from .event_settings import NOTICED, QUICK
from .models import OWN, Models
from .page_links import LONGEST_TEXT, Link
from .problems import NO_MODEL
from .settings import NUMBERS
from .sharing import link_button
from .shell import Shell
from .texts import message
from .train_layout import Blocks, empty_view, laid_out
from .train_process import Training
from .train_queue import TrainQueue
from .train_settings import SETTINGS, Refusal, checked_job, documents_in, linked_job, pasted_documents
from .train_timelapse import wire_timelapse
from .train_watch import Update, watched, whole

WATCH = NOTICED | dict(concurrency_limit=64, concurrency_id="trainings")


def train_tab(shell: Shell, trainings: TrainQueue) -> None:
    """Build the tab inside the Blocks that are being built; where the operator allows no training it says so."""
    if not shell.operator.training:
        status_line(elem_id="train-status", value=notice(message("train_off")))
        return
    blocks = laid_out(shell)
    _wire_text(shell, blocks)
    _wire_training(shell, trainings, blocks)
    _wire_model(shell, trainings, blocks)
    wire_timelapse(shell, trainings, blocks)
    _wire_link(shell, blocks)


def _wire_text(shell: Shell, blocks: Blocks) -> None:
    """A text of one's own: shown where it is wanted; what was pasted last or uploaded last counts."""
    uploaded, source = blocks.uploaded, blocks.settings["source"]

    def take_file(path: str) -> tuple:
        file = Path(path)
        try:
            documents = documents_in(file, shell.operator)
        except Refusal as refusal:
            return None, error(refusal.text), gr.skip()  # what was pasted stays
        finally:
            file.unlink(missing_ok=True)  # it is the visitor's, and in the state from now on
        characters = sum(map(len, documents))
        said = message("train_uploaded", name=file.name[:60], characters=characters, documents=len(documents))
        return documents, notice(said), ""

    blocks.file.upload(take_file, blocks.file, [uploaded, blocks.uploaded_line, blocks.text], **QUICK)
    blocks.text.input(lambda: (None, None), None, [uploaded, blocks.uploaded_line], **QUICK)
    source.change(lambda chosen: gr.Column(visible=chosen == "own"), source, blocks.own, **QUICK)
    in_readers_language(shell.page, source, english="en", chinese="zh")


def _wire_training(shell: Shell, trainings: TrainQueue, blocks: Blocks) -> None:
    """Start, watch, stop."""
    number = gr.State(0)
    running = [blocks.view, blocks.standing, blocks.status]
    around = [blocks.go, blocks.stop, blocks.write, blocks.look, blocks.learned]

    def begin(number: int) -> tuple:
        gone = gr.Button(visible=False)
        return gr.Button(interactive=False), gr.Button(interactive=True), gone, gone, gone, number + 1

    def drawn(update: Update) -> tuple:
        view = gr.skip() if update.view is None else packed(update.view)
        return view, update.standing, error(update.problem) if update.problem else None

    def train(request: gr.Request, number: int, text: str, uploaded: list[str] | None, *values):
        session, given = request.session_hash, dict(zip(SETTINGS, values, strict=True))
        try:
            documents = []
            if given["source"] == "own":
                documents = uploaded or pasted_documents(text, shell.operator)
            job = checked_job(given, documents, shell.operator, name=f"my-gpt-{number}")
            training = Training(job, documents)
            trainings.enter(session, training)
        except Refusal as refusal:
            yield empty_view(), None, error(refusal.text)
            return
        except OSError as problem:  # a full disk
            yield empty_view(), None, error(message("train_no_room", reason=problem.strerror))
            return
        yield empty_view(), None, None
        try:
            for update in watched(trainings, training):
                yield drawn(update)
        finally:
            if not training.ended.is_set():  # the visitor has left
                trainings.leave(session)

    def settle(request: gr.Request) -> tuple:
        training = trainings.of(request.session_hash)
        shown = gr.Button(visible=training is not None and training.has_model)
        learned = gr.Button(visible=training is not None and training.has_timelapse)
        return gr.Button(interactive=True), gr.Button(interactive=False), shown, shown, learned

    def stop(request: gr.Request) -> None:
        trainings.stop(request.session_hash)

    def everything(request: gr.Request):
        training = trainings.of(request.session_hash)
        shown = None if training is None else whole(training)
        return gr.skip() if shown is None else packed(shown)

    given = [number, blocks.text, blocks.uploaded, *[blocks.settings[name] for name in SETTINGS]]
    started = blocks.go.click(begin, number, [*around, number], **QUICK)
    started.then(train, given, running, **WATCH).then(settle, None, around, **QUICK)
    blocks.stop.click(stop, None, None, **QUICK)
    blocks.view.payload(everything, None, blocks.view, **QUICK)


def _wire_model(shell: Shell, trainings: TrainQueue, blocks: Blocks) -> None:
    """The whole page works with the model just made, for this visitor, and back."""
    models = shell.models

    def show(session: str, shown: str, link: Link) -> tuple:
        """What becomes of the model shown, of the link that waits for it, the link opened now, the tab and the status."""
        skip, training = gr.skip(), trainings.of(session)
        try:
            name = _own(models, session, training)
        except (FileNotFoundError, *NO_MODEL) as problem:
            said = message("train_gone") if isinstance(problem, FileNotFoundError) else message("no_model", reason=str(problem))
            return skip, skip, skip, skip, error(said)
        opens = (skip, link) if name == shown else (link, skip)  # a page that shows it already has nothing to wait for
        return name, *opens, gr.Tabs(selected=link.tab), None

    def write(request: gr.Request, shown: str) -> tuple:
        training = trainings.of(request.session_hash)
        values = {} if training is None else {"prompt": training.job.sample_prompt, "max_new_tokens": _length(training)}
        return show(request.session_hash, shown, Link("write", values))

    def look(request: gr.Request, shown: str) -> tuple:
        training = trainings.of(request.session_hash)
        return show(request.session_hash, shown, Link("look", {"text": _last_words(training), "state": {}}))

    def back(request: gr.Request) -> str:
        models.choose(request.session_hash, models.first.name)
        return models.first.name

    page = [shell.shown, shell.waiting, shell.opened, shell.tabs, blocks.status]
    blocks.write.click(write, shell.shown, page, **NOTICED)
    blocks.look.click(look, shell.shown, page, **NOTICED)
    blocks.back.click(back, None, shell.shown, **NOTICED)
    shell.on_switch[blocks.back] = lambda model: gr.Button(visible=model.session is not None)


def _wire_link(shell: Shell, blocks: Blocks) -> None:
    """A link brings back the settings and a pasted text; a file that was uploaded is in no link."""
    settings = {name: blocks.settings[name] for name in SETTINGS}

    def open_link(link: Link | None) -> tuple:
        unchanged = (gr.skip(),) * len(settings)
        if link is None or link.tab != "train":
            return (*unchanged, gr.skip(), gr.skip())
        try:
            return (*linked_job(link, shell.operator), link.text("text", ""), None)
        except ValueError:
            return (*unchanged, gr.skip(), error(message("bad_link")))

    with blocks.after:
        link_button(shell, "train", settings | {"text": blocks.text})
    shell.opened.change(open_link, shell.opened, [*settings.values(), blocks.text, blocks.status], **NOTICED)


def _own(models: Models, session: str, training: Training | None) -> str:
    """The page's name of the model just made, chosen. Raises FileNotFoundError where it is no longer kept."""
    if training is None or not training.has_model:
        raise FileNotFoundError("There is no model of this visitor's; one that was trained is needed. Train one.")
    name = OWN + training.job.name
    if name not in models.offered(session):
        return models.add_own(session, training.model())
    models.choose(session, name)
    return name


def _length(training: Training) -> int:
    """New tokens for a first text: a prompt has room beside them in the model's context."""
    return min(NUMBERS["max_new_tokens"].value, training.job.context * 3 // 4)


def _last_words(training: Training | None) -> str:
    """The last sample that was drawn, as long as a link may be; the prompt where there is none."""
    if training is None:
        return ""
    samples = training.view.payload()["samples"] if training.view is not None else []
    return samples[-1][1][:LONGEST_TEXT] if samples else training.job.sample_prompt
