"""An attention as one file, which opens without the model.

In: an `Attention` and a path, or a file. Out: a safetensors file with queries, keys, values, masks and facts, or the `Attention`
again, checked against the output that was recorded. Torn and foreign files are refused. Does not run code from a file.
"""

import json
import os
from dataclasses import fields
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .attention import Attention
from .picture import Picture
from .sites import AnySite, Site, WeightsSite

FORMAT = "aigc_toolkit attention"
VERSION = 1
SITE_CLASSES = {"Site": Site, "WeightsSite": WeightsSite}
DTYPES = {str(dtype): dtype for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16)}


def save_attention(attention: Attention, path: str | Path) -> Path:
    """Write `attention`, all its kinds, and give the path. The file is whole or not there: it is written aside and then renamed.

    Raises FileNotFoundError for a folder that does not exist and ValueError for a path that is a folder.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        raise ValueError(
            f"{str(path)!r} is a folder; a file name is needed. Pass for example {str(path / 'attention.safetensors')!r}."
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {str(path.parent)!r}; a file needs one that exists. Make it first.")
    tensors: dict[str, torch.Tensor] = {}
    names: dict[tuple, str] = {}  # layers share masks: each is written once
    facts = [_facts(attention.of(kind), tensors, names) for kind in attention.kinds]
    metadata = {"format": FORMAT, "version": str(VERSION), "facts": json.dumps(facts)}
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        save_file(tensors, aside, metadata=metadata)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def load_attention(path: str | Path) -> Attention:
    """The attention that was saved at `path`, on the CPU, without its model.

    Raises FileNotFoundError where there is no file, ValueError for one that is torn, changed, foreign or of a later version.

    >>> load_attention(attention.save("mia.safetensors"))
    Attention('story', 6 tokens, 5 layers x 6 heads, decoder)
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}; a saved attention is needed. Check the path.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            _check_format(metadata, path)
            attention = _attention(json.loads(metadata["facts"]), file)
        passed = attention.verify().passed
    except (SafetensorError, KeyError, TypeError, IndexError, AttributeError, RuntimeError, json.JSONDecodeError) as error:
        raise ValueError(_broken(path, f"cannot be read ({error})")) from error
    if not passed:
        raise ValueError(_broken(path, "does not give the output that was recorded with it"))
    return attention


def _facts(attention: Attention, tensors: dict[str, torch.Tensor], names: dict[tuple, str]) -> dict:
    facts = {
        "token_ids": attention.token_ids,
        "tokens": attention.tokens,
        "pieces": attention.pieces,
        "kind": attention.kind,
        "model_name": attention.model_name,
        "key_tokens": attention.key_tokens[:-1] if attention.has_sink else attention.key_tokens,
        "other_layers": list(attention.other_layers.items()),
        "sites": [
            {"class": type(site).__name__} | _site_facts(site, f"{attention.kind}.{layer}", tensors, names)
            for layer, site in enumerate(attention.sites)
        ],
    }
    if attention.picture is not None:
        picture = attention.picture
        tensors["picture"] = torch.from_numpy(picture.pixels)
        facts["picture"] = {"rows": picture.rows, "columns": picture.columns, "first": picture.first}
    return facts


def _site_facts(site: AnySite, prefix: str, tensors: dict[str, torch.Tensor], names: dict[tuple, str]) -> dict:
    """Each field of a site: its number or text, {"tensor": name} or {"dtype": name}."""
    facts = {}
    for field in fields(site):
        value = getattr(site, field.name)
        if isinstance(value, torch.Tensor):
            same = (value.data_ptr(), value.dtype, value.shape, value.stride())
            if same not in names:
                names[same] = f"{prefix}.{field.name}"
                tensors[names[same]] = value.detach().cpu().clone(memory_format=torch.contiguous_format)
            value = {"tensor": names[same]}
        elif isinstance(value, torch.dtype):
            value = {"dtype": str(value)}
        facts[field.name] = value
    return facts


def _attention(facts: list[dict], file: safe_open) -> Attention:
    tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dictionary)
    parts = []
    for part in reversed(facts):
        sites = [_site(site, tensors) for site in part.pop("sites")]
        part["other_layers"] = {int(layer): name for layer, name in part["other_layers"]}
        _check_sizes(sites, part)
        if "picture" in part:
            part["picture"] = Picture(tensors["picture"].numpy(), **part["picture"])
        parts.insert(0, Attention(sites, **part, other_kinds=parts if len(parts) == len(facts) - 1 else ()))
    return parts[0]


def _site(facts: dict, tensors: dict[str, torch.Tensor]) -> AnySite:
    arguments = {}
    for name, value in facts.items():
        if isinstance(value, dict):
            value = tensors[value["tensor"]] if "tensor" in value else DTYPES[value["dtype"]]
        arguments[name] = value
    return SITE_CLASSES[arguments.pop("class")](**arguments)


def _check_sizes(sites: list[AnySite], part: dict) -> None:
    num_queries, num_keys = len(part["tokens"]), len(part["key_tokens"])
    if len(part["pieces"]) != num_queries or len(part["token_ids"]) not in (0, num_queries):
        raise TypeError("its tokens, ids and pieces differ in number")
    for site in sites:
        if (site.num_queries, site.num_keys) != (num_queries, num_keys):
            raise TypeError(f"{site.name} is of another text")


def _check_format(metadata: dict[str, str], path: Path) -> None:
    if metadata.get("format") != FORMAT:
        raise ValueError(
            f"{str(path)!r} is a safetensors file of something else; a file written by Attention.save is needed. Check the path."
        )
    if metadata.get("version") != str(VERSION):
        raise ValueError(
            f"{str(path)!r} has version {metadata.get('version')} of the format; version {VERSION} can be read. "
            "Update aigc_toolkit, or save the attention again."
        )


def _broken(path: Path, what: str) -> str:
    return f"{str(path)!r} {what}; a whole file written by Attention.save is needed. Get it again, or capture again."
