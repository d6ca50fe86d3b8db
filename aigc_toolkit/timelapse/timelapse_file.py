"""A time-lapse as one file.

In: a `TimeLapse` and a path, or a file or the name of a built-in model. Out: a safetensors file with all arrays, the rest as JSON
in its header, or the `TimeLapse` again. The file is whole or not there. Torn and foreign files are refused; nothing in a file can
run code.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from aigc_toolkit.views.training_record import COLUMNS

from .kept_attention import LayerFacts, PromptText
from .snapshots import HeadScores, PromptSnapshot, Snapshot, Subject
from .timelapse import TimeLapse

FORMAT = "aigc_toolkit timelapse"
VERSION = 1
BUILTIN_FOLDER = Path(__file__).parents[1] / "builtin"
FILE_NAME = "timelapse.safetensors"  # of a built-in model, in its folder
ARRAYS = ("query", "key", "next_ids", "next_logprobs", "text_logprobs")  # of a prompt, by snapshot


def save_timelapse(timelapse: TimeLapse, path: str | Path) -> Path:
    """Write `timelapse` and give the path; see `TimeLapse.save`."""
    path = Path(path).expanduser()
    if timelapse.subject is None or not timelapse.snapshots:
        raise ValueError("There is no snapshot yet; a file needs at least one. Iterate the time-lapse, so that the run begins.")
    if path.is_dir():
        raise ValueError(
            f"{str(path)!r} is a folder; a file name is needed. Pass for example {str(path / 'timelapse.safetensors')!r}."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"format": FORMAT, "version": str(VERSION), "facts": json.dumps(_facts(timelapse), ensure_ascii=False)}
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        arrays = {
            name: np.ascontiguousarray(array) for name, array in _arrays(timelapse).items()
        }  # save_file writes memory as it lies
        save_file(arrays, aside, metadata=metadata)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def load_timelapse(path: str | Path) -> TimeLapse:
    """The time-lapse that was saved at `path`, or that ships with the built-in model of that name; needs no model.

    Raises FileNotFoundError where there is none, ValueError for a file that is torn, foreign or of a later version.

    >>> load_timelapse("story").steps[:4]
    [0, 1, 2, 4]
    """
    builtin = BUILTIN_FOLDER / str(path) / FILE_NAME
    path = builtin if builtin.is_file() else Path(path).expanduser()
    if not path.is_file():
        known = sorted(file.parent.name for file in BUILTIN_FOLDER.glob(f"*/{FILE_NAME}"))
        raise FileNotFoundError(
            f"There is no file {str(path)!r}; a saved time-lapse is needed, or the name of a built-in model that has one "
            f"({', '.join(known) or 'none has'}). Check the path."
        )
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            _check_format(metadata, path)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dictionary)
        return _timelapse(json.loads(metadata["facts"]), arrays)
    except (SafetensorError, KeyError, TypeError, IndexError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{str(path)!r} cannot be read ({error}); a whole file written by TimeLapse.save is needed. "
            "Get it again, or record again."
        ) from error


def _facts(timelapse: TimeLapse) -> dict:
    subject, snapshots, training = timelapse.subject, timelapse.snapshots, timelapse.training
    return {
        "subject": asdict(subject),
        "steps": timelapse.steps,
        "samples": [[kept.sample for kept in snapshot.prompts] for snapshot in snapshots],
        "proofs": [[[kept.max_error, kept.max_error_layer, kept.max_difference] for kept in one.prompts] for one in snapshots],
        "rulers": timelapse.rulers,
        "marks": list(timelapse.marks.items()),
        "validation": training.validation,
        "training_samples": training.samples,
    }


def _arrays(timelapse: TimeLapse) -> dict[str, np.ndarray]:
    snapshots = timelapse.snapshots
    arrays = {f"training.{name}": _column(values) for name, values in timelapse.training.columns.items()}  # (N,) each
    for number in range(len(timelapse.prompts)):
        kept = [snapshot.prompts[number] for snapshot in snapshots]
        arrays |= {f"{number}.{name}": np.stack([getattr(one, name) for one in kept]) for name in ARRAYS}  # (S, …)
        arrays |= _score_arrays(str(number), [one.scores for one in kept])
    return arrays | _score_arrays("repeated", [snapshot.repeated for snapshot in snapshots])


def _score_arrays(name: str, scores: list[HeadScores]) -> dict[str, np.ndarray]:
    return {f"{name}.scores": np.stack([one.values for one in scores]), f"{name}.kinds": np.stack([one.kinds for one in scores])}


def _column(values: list) -> np.ndarray:
    """Numbers as float64, what is not known as NaN."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _timelapse(facts: dict, arrays: dict[str, np.ndarray]) -> TimeLapse:
    timelapse = TimeLapse(rulers=facts["rulers"], marks=dict(facts["marks"]))
    subject = facts["subject"]
    subject["prompts"] = tuple(PromptText(**_with_tuples(prompt)) for prompt in subject["prompts"])
    subject["layers"] = tuple(LayerFacts(**layer) for layer in subject["layers"])
    subject |= {name: tuple(subject[name]) for name in ("score_names", "kind_names")}
    subject["token_texts"] = {int(number): text for number, text in subject["token_texts"].items()}
    timelapse.subject = Subject(**subject)
    for at, step in enumerate(facts["steps"]):
        prompts = tuple(_prompt(facts, arrays, at, number) for number in range(len(timelapse.prompts)))
        timelapse.snapshots.append(Snapshot(step, prompts, _scores(arrays, "repeated", at)))
    training = timelapse.training
    for name in (*COLUMNS, "seconds"):
        values = arrays[f"training.{name}"].tolist()
        training.columns[name] = [None if value != value else int(value) if name == "step" else value for value in values]
    training.validation = [(step, loss) for step, loss in facts["validation"]]
    training.samples = [(step, text) for step, text in facts["training_samples"]]
    return timelapse


def _prompt(facts: dict, arrays: dict[str, np.ndarray], at: int, number: int) -> PromptSnapshot:
    max_error, layer, difference = facts["proofs"][at][number]
    return PromptSnapshot(
        **{name: arrays[f"{number}.{name}"][at] for name in ARRAYS},
        scores=_scores(arrays, str(number), at),
        sample=facts["samples"][at][number],
        max_error=max_error,
        max_error_layer=layer,
        max_difference=difference,
    )


def _scores(arrays: dict[str, np.ndarray], name: str, at: int) -> HeadScores:
    return HeadScores(arrays[f"{name}.scores"][at], arrays[f"{name}.kinds"][at])


def _with_tuples(prompt: dict) -> dict:
    return prompt | {name: tuple(prompt[name]) for name in ("token_ids", "tokens", "pieces")}


def _check_format(metadata: dict[str, str], path: Path) -> None:
    if metadata.get("format") != FORMAT:
        raise ValueError(
            f"{str(path)!r} is a safetensors file of something else; a file written by TimeLapse.save is needed. Check the path."
        )
    if metadata.get("version") != str(VERSION):
        raise ValueError(
            f"{str(path)!r} has version {metadata.get('version')} of the format; version {VERSION} can be read. "
            "Update aigc_toolkit."
        )
