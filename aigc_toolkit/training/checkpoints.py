"""Checkpoints that are either whole or not there: a killed process, a full disk or a torn file loses at most the steps since.

In: a model, its optimizers, a step. Out: a folder per checkpoint, and the newest whole one again. A checkpoint is written into a
folder of another name, flushed, and renamed by one `os.replace`; its manifest holds the size and hash of every file. Weights and
averages are safetensors: nothing that is read can run code. Does not know batches or losses: those are a function of seed and step.
"""

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from .sharded_tensors import cut_like, load_whole_weights, whole, whole_weights

PREFIX = "step-"
MANIFEST = "manifest.json"
MODEL, AVERAGES, FACTS = "model.safetensors", "optimizers.safetensors", "facts.json"


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint on disk: the state after `step` steps. `facts` is what was handed to `save_checkpoint`."""

    folder: Path
    step: int
    facts: dict


def save_checkpoint(
    run: str | Path,
    step: int,
    model: nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    *,
    facts: dict,
    keep_last: int,
    keep_also: int | None = None,
    write: bool = True,
) -> Path:
    """Write the state after `step` steps into `run`, drop all but the `keep_last` newest checkpoints, and give the folder.

    `facts` is JSON about the run, such as its settings; the checkpoint of step `keep_also` is not dropped either. One of a later
    step, torn as the run went on from before, counts for none and stays until its step is written again. Weights cut into
    shares are brought together: then every process has to call, all but one with write=False. Raises OSError where the disk is full
    or the folder cannot be written; earlier checkpoints are then untouched.

    >>> save_checkpoint("runs/mine", 100, gpt, optimizers, facts={}, keep_last=2)
    PosixPath('runs/mine/step-00000100')
    """
    run = Path(run)
    final, draft = _folder(run, step), run / f".draft-{step:08d}"
    weights = whole_weights(model)
    tensors, plain = _averages(optimizers)
    if not write:
        return final
    run.mkdir(parents=True, exist_ok=True)
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        save_file(weights, draft / MODEL)
        save_file(tensors, draft / AVERAGES)
        (draft / FACTS).write_text(json.dumps({"step": step, "facts": facts, "optimizers": plain}, indent=1), encoding="utf-8")
        _seal(draft)
        shutil.rmtree(final, ignore_errors=True)  # a torn one of the same step
        os.replace(draft, final)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    _flush(run)
    for old in [folder for folder in _folders(run) if folder <= final][:-keep_last]:
        if keep_also is None or old != _folder(run, keep_also):
            shutil.rmtree(old)
    return final


def latest_checkpoint(run: str | Path) -> Checkpoint | None:
    """The newest whole checkpoint of a run, or None; a torn one is skipped with a warning that names it.

    >>> latest_checkpoint("runs/mine").step
    100
    """
    for folder in reversed(_folders(Path(run))):
        if (checkpoint := _whole_checkpoint(folder)) is not None:
            return checkpoint
    return None


def weights_of_checkpoints(run: str | Path) -> dict[int, Path]:
    """The files of weights of all whole checkpoints of a run by step, oldest first; a torn one is skipped with a warning.

    >>> list(weights_of_checkpoints("runs/mine"))
    [50, 100]
    """
    found = [_whole_checkpoint(folder) for folder in _folders(Path(run))]
    return {checkpoint.step: checkpoint.folder / MODEL for checkpoint in found if checkpoint is not None}


def checkpoint_at(run: str | Path, step: int) -> Checkpoint | None:
    """The whole checkpoint of a run after `step` steps, or None; a torn one counts for none, with a warning that names it.

    >>> checkpoint_at("runs/mine", 100).step
    100
    """
    folder = _folder(Path(run), step)
    return _whole_checkpoint(folder) if folder.is_dir() else None


def load_checkpoint(checkpoint: Checkpoint, model: nn.Module, optimizers: Sequence[torch.optim.Optimizer]) -> None:
    """Put the state of a checkpoint into a model and optimizers of the same make, in place.

    Raises ValueError where they are of another make.
    """
    try:
        load_weights(checkpoint.folder / MODEL, model)
        _load_averages(checkpoint, optimizers)
    except (RuntimeError, KeyError, IndexError) as error:
        raise ValueError(
            f"The checkpoint {str(checkpoint.folder)!r} is of another model or optimizer ({error}); one of the same make is "
            "needed. Build the model as it was when the run began."
        ) from error


def load_weights(path: str | Path, model: nn.Module) -> None:
    """Put a file of weights into a model of the same make, in place. Raises KeyError, naming a tensor, for another make.

    >>> load_weights(weights_of_checkpoints("runs/mine")[50], gpt)
    """
    load_whole_weights(model, load_file(path))


def _seal(folder: Path) -> None:
    """Write the manifest of a checkpoint's files, and flush all of them to the disk."""
    files = {path.name: {"bytes": path.stat().st_size, "sha256": _hash(path)} for path in sorted(folder.iterdir())}
    (folder / MANIFEST).write_text(json.dumps(files, indent=1), encoding="utf-8")
    for path in (*folder.iterdir(), folder):
        _flush(path)


def _averages(optimizers: Sequence[torch.optim.Optimizer]) -> tuple[dict[str, torch.Tensor], list[dict]]:
    """The optimizers' state: tensors by "optimizer.parameter.name", and all that is no tensor, per optimizer."""
    tensors, plain = {}, []
    for number, optimizer in enumerate(optimizers):
        state = optimizer.state_dict()
        numbers: dict[str, dict] = {}
        for parameter, values in state["state"].items():
            for name, value in values.items():
                if isinstance(value, torch.Tensor):
                    tensors[f"{number}.{parameter}.{name}"] = whole(value).contiguous()
                else:
                    numbers.setdefault(str(parameter), {})[name] = value
        plain.append({"param_groups": state["param_groups"], "numbers": numbers})
    return tensors, plain


def _load_averages(checkpoint: Checkpoint, optimizers: Sequence[torch.optim.Optimizer]) -> None:
    plain = json.loads((checkpoint.folder / FACTS).read_text(encoding="utf-8"))["optimizers"]
    states: list[dict[int, dict]] = [
        {int(parameter): dict(values) for parameter, values in part["numbers"].items()} for part in plain
    ]
    moved = [[p for group in optimizer.param_groups for p in group["params"]] for optimizer in optimizers]
    for name, tensor in load_file(checkpoint.folder / AVERAGES).items():
        number, parameter, key = name.split(".", 2)
        own = moved[int(number)][int(parameter)]
        values = states[int(number)].setdefault(int(parameter), {})
        values[key] = cut_like(tensor.to(own.device), own) if tensor.shape == own.shape else tensor
    for optimizer, state, part in zip(optimizers, states, plain, strict=True):
        optimizer.load_state_dict({"state": state, "param_groups": part["param_groups"]})


def _folders(run: Path) -> list[Path]:
    """Folders of checkpoints, oldest first."""
    return sorted(path for path in run.glob(f"{PREFIX}*") if path.is_dir())


def _folder(run: Path, step: int) -> Path:
    return run / f"{PREFIX}{step:08d}"


def _whole_checkpoint(folder: Path) -> Checkpoint | None:
    if (reason := _torn(folder)) is not None:
        warnings.warn(f"The checkpoint {str(folder)!r} is not whole and is skipped: {reason}.", stacklevel=3)
        return None
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    return Checkpoint(folder, facts["step"], facts["facts"])


def _torn(folder: Path) -> str | None:
    """Why a checkpoint is not whole, or None."""
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return f"{MANIFEST} is missing or torn"
    for name, stated in files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != stated["bytes"] or _hash(path) != stated["sha256"]:
            return f"{name} is missing or changed"
    return None


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
