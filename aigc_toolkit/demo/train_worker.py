"""The process that trains for the tab Train, beside the page: it can be ended at any moment and comes second on the processor.

In: a file of JSON, the fields of `Job`; anything on standard input, or its end, asks to stop. Out: lines of JSON on standard output
(what is being done, facts, each step, how it ended) and the model as a Hugging Face folder, a time-lapse of its training with it.
It knows no page and no visitor. `train_process` starts it as a file of its own, so that it need not load the page.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import TextIO

from aigc_toolkit import (
    GPT,
    Corpus,
    GPTConfig,
    LanguageModel,
    Preprocessing,
    TrainConfig,
    evaluate_loss,
    record_timelapse,
    story_corpus,
    text_corpus,
    train,
)

NICENESS = 10  # of this process: texts that visitors write come first
NUM_TRIED = 4  # steps that tell how many there is time for; the first is slower and does not count
SHARE_FOR_WORK, SHARE_FOR_VALIDATIONS = 0.8, 0.2  # of the time; validations are work too, the rest is for samples and snapshots
MOST_STEPS = 20_000
NUM_SAMPLES, MOST_VALIDATIONS = 30, 12  # in one run
SAMPLE_TOKENS = 40
MOST_WATCHED = 48  # tokens of the text that is read at each snapshot of the time-lapse
TIMELAPSE = "timelapse.safetensors"  # in the model's folder
LARGEST_ALPHABET = 8_000  # characters, each a token

Tell = Callable[[dict], None]


@dataclass(frozen=True)
class Job:
    """What to train. `folder` holds the visitor's `documents.jsonl`, where there are any, and gets the `model`."""

    folder: str
    name: str  # of the model
    language: str  # of the stories, "en" or "zh"; "" where the text is the visitor's own
    num_documents: int  # stories
    tokenizer: str  # "bpe" or "characters"
    vocabulary_size: int  # at most
    num_layers: int
    num_heads: int
    width: int
    context: int  # tokens
    batch_size: int  # sequences
    learning_rate: float
    num_steps: int  # 0: as many as fit into the time
    seconds: float  # training time at most
    sample_prompt: str
    seed: int


class Refused(Exception):
    """This cannot be trained: the name of a message of the page, and its values."""

    def __init__(self, message: str, **values):
        super().__init__(message)
        self.message, self.values = message, values


def run(job: Job, tell: Tell, stopped: threading.Event) -> None:
    """Train as `job` says and tell every step of it, until the end, until it is stopped, or until the time is up."""
    tell({"type": "doing", "what": "reading"})
    corpus = _corpus(job)
    tell({"type": "doing", "what": "measuring"})
    gpt = _fresh(job, corpus)
    config = _config(job, *_plan(job, corpus))
    facts = _facts(gpt, corpus, config)
    tell({"type": "facts", **facts})
    reason = "done"
    end = time.monotonic() + job.seconds
    timelapse = record_timelapse(
        train(gpt, corpus, config),
        gpt,
        tokenizer=corpus.tokenizer,
        prompts=[_watched(corpus, min(MOST_WATCHED, job.context // 2))],
        rulers=facts["rulers"],
        sample_tokens=min(SAMPLE_TOKENS, job.context // 4),
        name=job.name,
    )
    for step in timelapse:
        tell({"type": "step", "step": asdict(step)})
        if step.step < config.num_steps and (stopped.is_set() or time.monotonic() >= end):
            reason = "stopped" if stopped.is_set() else "time"
            break
    tell({"type": "doing", "what": "saving"})
    loss = step.validation_loss
    if loss is None:
        loss = evaluate_loss(gpt, corpus.token_ids("validation"), context=job.context)
    timelapse.finish()
    folder = LanguageModel.from_gpt(gpt, corpus.tokenizer, job.name).save(Path(job.folder) / "model")
    with suppress(OSError):  # the model is whole without it
        timelapse.save(folder / TIMELAPSE)
    tell({"type": "end", "reason": reason, "validation_loss": loss})


def _corpus(job: Job) -> Corpus:
    if job.language:
        return story_corpus(job.num_documents, seed=job.seed, languages=(job.language,), vocabulary_size=job.vocabulary_size)
    size = job.vocabulary_size if job.tokenizer == "bpe" else LARGEST_ALPHABET
    try:
        corpus = text_corpus(
            Path(job.folder) / "documents.jsonl",
            tokenizer=job.tokenizer,
            vocabulary_size=size,
            preprocessing=Preprocessing(),
        )
    except ValueError as error:  # nothing is left of a text without letters, or it has too many different ones
        raise Refused("train_refused", reason=str(error)) from error
    corpus.tokenizer.chat_template = None  # it never saw a conversation
    num_train, num_validation = (len(corpus.token_ids(split)) for split in ("train", "validation"))
    if num_train <= job.context or num_validation < 2:
        raise Refused("train_too_few_tokens", tokens=num_train, context=job.context)
    return corpus


def _fresh(job: Job, corpus: Corpus) -> GPT:
    sizes = dict(num_layers=job.num_layers, num_heads=job.num_heads, width=job.width)
    return GPT(GPTConfig.modern(vocabulary_size=len(corpus.tokenizer), context=job.context, **sizes), seed=job.seed)


def _plan(job: Job, corpus: Corpus) -> tuple[int, int]:
    """How many steps, and validations on the way: as many as fit into the time, which a few steps of another model tell."""
    if job.num_steps:
        return job.num_steps, MOST_VALIDATIONS
    config = TrainConfig(
        num_steps=NUM_TRIED, batch_size=job.batch_size, context=job.context, learning_rate=job.learning_rate, seed=job.seed
    )
    speeds = [step.tokens_per_second for step in train(_fresh(job, corpus), corpus, config)]
    seconds_per_token = sum(1 / speed for speed in speeds[1:]) / (NUM_TRIED - 1)
    seconds_to_validate = len(corpus.token_ids("validation")) * seconds_per_token / 3  # a step goes forward once, back for two
    num_validations = max(1, min(MOST_VALIDATIONS, int(SHARE_FOR_VALIDATIONS * job.seconds / seconds_to_validate)))
    left = SHARE_FOR_WORK * job.seconds - num_validations * seconds_to_validate
    num_steps = int(left / (job.batch_size * job.context * seconds_per_token))
    return max(NUM_TRIED, min(MOST_STEPS, num_steps)), num_validations


def _config(job: Job, num_steps: int, num_validations: int) -> TrainConfig:
    usual = TrainConfig()
    return TrainConfig(
        num_steps=num_steps,
        batch_size=job.batch_size,
        context=job.context,
        learning_rate=job.learning_rate,
        adam_learning_rate=job.learning_rate * usual.adam_learning_rate / usual.learning_rate,
        validate_every=-(-num_steps // num_validations),
        sample_every=max(1, num_steps // NUM_SAMPLES),
        sample_prompt=job.sample_prompt,
        sample_tokens=SAMPLE_TOKENS,
        seed=job.seed,
    )


def _watched(corpus: Corpus, most: int) -> str:
    """The beginning of a text, `most` tokens at most, that is looked at while the model learns.

    It is the first text of two tokens or more, best one that is never trained on; else several texts together.
    """
    tokenizer = corpus.tokenizer

    def beginning(text: str) -> str:
        return tokenizer.decode(tokenizer(text)["input_ids"][:most]).rstrip("\ufffd")  # a character may be several tokens

    for text in map(beginning, chain(corpus.validation, corpus.train)):
        if len(tokenizer(text)["input_ids"]) >= 2:
            return text
    return beginning(" ".join(corpus.train[:most]))


def _facts(gpt: GPT, corpus: Corpus, config: TrainConfig) -> dict:
    return {
        "num_steps": config.num_steps,
        "num_parameters": gpt.num_parameters,
        "num_documents": len(corpus.train),
        "num_training_tokens": len(corpus.token_ids("train")),
        "num_validation_tokens": len(corpus.token_ids("validation")),
        "vocabulary_size": len(corpus.tokenizer),
        "rulers": corpus.rulers().losses(),
    }


def main() -> None:
    lines = _private_lines()
    if os.name == "posix":
        os.nice(NICENESS)
    job, stopped = Job(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), threading.Event()
    threading.Thread(target=lambda: (os.read(0, 1), stopped.set()), daemon=True).start()

    def tell(message: dict) -> None:
        lines.write(json.dumps(message) + "\n")
        lines.flush()

    try:
        run(job, tell, stopped)
    except Refused as refused:
        tell({"type": "refused", "message": refused.message, "values": refused.values})
    except ArithmeticError as error:  # the training diverged
        tell({"type": "refused", "message": "train_diverged", "values": {"reason": str(error)}})


def _private_lines() -> TextIO:
    """Where messages go; what a library prints goes to standard error instead."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return lines


if __name__ == "__main__":
    main()
