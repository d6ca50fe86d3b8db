"""What a visitor wants trained, checked: settings become a `Job`, a pasted or uploaded text becomes documents.

Comes in: values, a text or a file as a browser sent them, and the operator's limits. Goes out: a `Job` and documents, or a
`Refusal` that says in both languages what was given, what is allowed and what to do. It trains nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import regex

from .operator_settings import Operator
from .page_links import Link
from .problems import Refusal
from .texts import TEXTS, message
from .train_worker import MOST_STEPS, Job

SETTINGS = ("source", "size", "minutes", "context", "tokens", "rate", "steps", "prompt", "seed")
SOURCES = ("en", "zh", "own")
CONTEXTS = (64, 128, 256)  # tokens
TOKENIZERS = ("bpe", "characters")
KINDS = (".txt", ".md", ".jsonl")
RATES = (0.0001, 0.1)  # learning rate
NUM_STORIES = 3_000
VOCABULARY = 1_024  # tokens of a BPE at most
TOKENS_PER_STEP = 1_024
SHORTEST_TEXT = 1_000  # characters
LONGEST_WORD = 2_000  # characters: to learn a BPE takes time with their square
LONGEST_PROMPT = 200  # characters
LARGEST_SEED = 999_999
FIRST_WORDS = {"en": "Once upon a time", "zh": "从前"}
_LONG_WORDS = regex.compile(r"(?V1)[\p{L}--\p{Han}]+|[^\s\p{L}\p{N}]+|\s+")


@dataclass(frozen=True)
class Size:
    """The shape of a model."""

    num_layers: int
    num_heads: int
    width: int


SIZES = {"tiny": Size(2, 4, 64), "small": Size(4, 4, 128), "middle": Size(5, 6, 192)}


def checked_job(values: dict[str, object], documents: list[str], limits: Operator, *, name: str) -> Job:
    """What to train, from the values of the tab's settings by name; `name` is the model's. Raises `Refusal`."""
    source = _one_of("source", values["source"], SOURCES)
    size = SIZES[_one_of("size", values["size"], tuple(SIZES))]
    context = _one_of("context", values["context"], CONTEXTS)
    tokenizer = _one_of("tokens", values["tokens"], TOKENIZERS)
    prompt = values["prompt"]
    if not isinstance(prompt, str) or len(prompt) > LONGEST_PROMPT:
        raise _refusal("prompt", len(prompt) if isinstance(prompt, str) else prompt, f"0 – {LONGEST_PROMPT}")
    if source == "own" and tokenizer == "bpe":
        _check_words(documents)
    beginning = FIRST_WORDS.get(source) or _first_words(documents[0])
    num_characters = sum(map(len, documents))
    return Job(
        folder="",
        name=name,
        language="" if source == "own" else source,
        num_documents=NUM_STORIES,
        tokenizer=tokenizer,
        vocabulary_size=VOCABULARY if source != "own" else max(300, min(VOCABULARY, 260 + num_characters // 40)),
        num_layers=size.num_layers,
        num_heads=size.num_heads,
        width=size.width,
        context=context,
        batch_size=TOKENS_PER_STEP // context,
        learning_rate=_number("rate", values["rate"], *RATES),
        num_steps=int(_number("steps", values["steps"], 0, MOST_STEPS)),
        seconds=60 * _number("minutes", values["minutes"], 0.1, limits.training_minutes),
        sample_prompt=_readable(prompt) if prompt.strip() else beginning,
        seed=int(_number("seed", values["seed"], 0, LARGEST_SEED)),
    )


def linked_job(link: Link, limits: Operator) -> list[object]:
    """The values of the settings in a link, as the tab shows them. Raises ValueError for values of no use."""
    values = {name: link.values.get(name) for name in SETTINGS}
    _one_of("source", values["source"], SOURCES)
    most = limits.training_minutes
    values["minutes"] = min(_number("minutes", values["minutes"], 0.1, 24 * 60), most)
    checked_job({**values, "source": SOURCES[0]}, [], limits, name="")
    return list(values.values())


def documents_in(file: Path, limits: Operator) -> list[str]:
    """The documents in an uploaded file: a line of JSON is one, any other file is one. Raises `Refusal`."""
    _check_size(file.stat().st_size, limits)
    kind = file.suffix.lower()
    if kind not in KINDS:
        raise Refusal(message("train_bad_kind", name=file.name[:60]))
    try:
        whole = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(message("train_not_utf8", position=error.start)) from error
    return _enough(_lines(whole) if kind == ".jsonl" else [whole], limits)


def pasted_documents(text: str, limits: Operator) -> list[str]:
    """The one document that was pasted. Raises `Refusal`."""
    text = _readable(text)
    _check_size(len(text.encode()), limits)
    return _enough([text], limits)


def _check_size(num_bytes: int, limits: Operator) -> None:
    if num_bytes > limits.training_megabytes * 10**6:
        raise Refusal(message("train_too_long", given=num_bytes / 10**6, most=limits.training_megabytes))


def _enough(documents: list[str], limits: Operator) -> list[str]:
    num_characters = sum(len(document.strip()) for document in documents)
    if not num_characters:
        raise Refusal(message("train_empty", least=SHORTEST_TEXT, most=limits.training_megabytes * 10**6))
    if num_characters < SHORTEST_TEXT:
        raise Refusal(message("train_too_short", given=num_characters, least=SHORTEST_TEXT))
    return [document for document in documents if document.strip()]


def _lines(whole: str) -> list[str]:
    documents = []
    for number, line in enumerate(whole.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        document = row.get("text") if isinstance(row, dict) else row
        if not isinstance(document, str):
            raise Refusal(message("train_bad_line", line=number))
        documents.append(_readable(document))
    return documents


def _first_words(document: str) -> str:
    words = document.split(maxsplit=4)[:4]
    return words[0][:8] if len(words[0]) > 24 else " ".join(words)  # Chinese has no blanks


def _readable(text: str) -> str:
    """The text without halves of characters, which no file can hold."""
    return text.encode("utf-8", errors="ignore").decode("utf-8")


def _check_words(documents: list[str]) -> None:
    longest = max((len(word) for document in documents for word in _LONG_WORDS.findall(document)), default=0)
    if longest > LONGEST_WORD:
        raise Refusal(message("train_long_word", given=longest, most=LONGEST_WORD))


def _one_of(key: str, given: object, allowed: tuple):
    if given not in allowed or isinstance(given, bool):
        raise _refusal(key, given, ", ".join(map(str, allowed)))
    return given


def _number(key: str, given: object, low: float, high: float) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not low <= given <= high:
        raise _refusal(key, given, f"{low:g} – {high:g}")
    return given


def _refusal(key: str, given: object, allowed: str) -> Refusal:
    shown = {"given": str(given)[:40], "allowed": allowed}
    return Refusal({tag: message("train_bad_setting", name=words[f"train_{key}"], **shown)[tag] for tag, words in TEXTS.items()})
