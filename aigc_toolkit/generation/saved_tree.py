"""Generations as JSON, and back.

In: numbered generations, or a path. Out: a file of plain values (ids, texts, numbers, settings), or the same generations again.
A file is read as data alone: what does not fit is refused. Knows no model.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .records import Alternative, Generation, TokenStep

FORMAT = "aigc_toolkit generation tree"
PLAIN = (str, int, float, bool, type(None), list, tuple)
Numbered = tuple[int, int | None, int | None, Generation]  # number, parent, position, generation
Saved = tuple[int, int | None, int | None, Generation, dict[str, Any]]  # and the settings


def write_tree(path: str | os.PathLike, nodes: Iterable[Numbered]) -> Path:
    """Write the nodes and give the path."""
    records = [
        {"number": number, "parent": parent, "position": position}
        | {"settings": _plain(generation), "generation": generation_as_json(generation)}
        for number, parent, position, generation in nodes
    ]
    path = Path(path).expanduser()
    path.write_text(json.dumps({"format": FORMAT, "version": 1, "nodes": records}, ensure_ascii=False), encoding="utf-8")
    return path


def read_tree(path: str | os.PathLike, model_name: str | None) -> list[Saved]:
    """The nodes of a file, parents first. Raises as `GenerationTree.load` says."""
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}; one written by GenerationTree.save is needed. Check the path.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']!r}")
        nodes = [_node(record) for record in content["nodes"]]
        _check_parents(nodes)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{str(path)!r} holds no tree ({type(error).__name__}: {error}); a file written by GenerationTree.save is allowed. "
            "Save the tree again."
        ) from error
    wrote = nodes[0][3].model_name
    if model_name is not None and model_name != wrote:
        raise ValueError(
            f"The tree in {str(path)!r} was written by {wrote!r}, and the model given is {model_name!r}; token ids mean something "
            "else to another model. Load the same model, or leave lm out to read the tree."
        )
    return nodes


def generation_as_json(generation: Generation) -> dict[str, Any]:
    """The record as plain values.

    >>> generation_from_json(generation_as_json(generation)) == generation
    True
    """
    return asdict(generation)


def generation_from_json(values: Mapping[str, Any]) -> Generation:
    """The record that these values came from. Raises KeyError, TypeError or ValueError where they are something else."""
    tokens = tuple(
        TokenStep(**step | {"alternatives": tuple(Alternative(**choice) for choice in step["alternatives"])})
        for step in values["tokens"]
    )
    return Generation(**values | {"tokens": tokens, "prompt_ids": tuple(values["prompt_ids"])})


def _node(record: Mapping[str, Any]) -> Saved:
    generation = generation_from_json(record["generation"])
    return record["number"], record["parent"], record["position"], generation, dict(record["settings"])


def _check_parents(nodes: list[Saved]) -> None:
    known: set[int | None] = {None}
    for number, parent, *_ in nodes:
        if parent not in known or (parent is None) != (number == nodes[0][0]) or number in known:
            raise ValueError(f"node {number} has the parent {parent}")
        known.add(number)
    if not nodes:
        raise ValueError("it has no node")


def _plain(generation: Generation) -> dict[str, Any]:
    """The settings that JSON can hold."""
    if generation.origin is None:
        return {}
    return {name: value for name, value in generation.origin.settings.items() if isinstance(value, PLAIN)}
