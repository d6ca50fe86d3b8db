"""What is on the screen, as a few values: the same names in Python, in a saved page and in a link.

In: a view's payload and changes from a caller or a browser. Out: a whole, valid state, or an error that says what is allowed. Does
not know how a state is shown.
"""

from collections.abc import Callable, Mapping
from typing import Any

from aigc_toolkit.views.checks import is_position, is_range, listed

State = dict[str, Any]
Payload = Mapping[str, Any]

CHOICES = {
    "reading": ("row", "column", "predict"),
    "panel": ("map", "lines", "cell"),
    "curve": ("linear", "root", "log"),
    "skip_first": (False, True),
    "grouping": ("tokens", "words", "sentences", "turns"),
    "lines": ("text", "columns"),
    "map": ("one", "side by side"),
}
ALWAYS = {
    "of": 0,
    "head": 0,
    "reading": "row",
    "panel": "map",
    "zoom": None,
    "cell": None,
    "curve": "root",
    "skip_first": False,
    "measure": "position",
    "least": None,
    "grouping": "tokens",
    "lines": "text",
    "mass": 0.9,
    "map": "one",
}


def first_state(payload: Payload, kind: str) -> State:
    """The state a view opens with: the last layer's first head of `kind`, the last token."""
    part = payload["attentions"][0]["parts"][kind]
    return {**ALWAYS, "kind": kind, "layer": part["num_layers"] - 1, "token": len(part["tokens"]) - 1}


def merged_state(
    payload: Payload, state: Mapping[str, Any], changes: Mapping[str, Any], measures: Callable[[], list[str]]
) -> State:
    """`state` with `changes`; `measures` gives the names of head scores when one is asked for.

    What a change of `of` or `kind` leaves pointing at nothing goes to the nearest layer, head and token that exist. Raises
    ValueError for an unknown key and for a value that is not allowed.
    """
    if unknown := sorted(map(str, set(changes) - set(ALWAYS) - {"kind", "layer", "token"})):
        allowed = ", ".join(sorted({*ALWAYS, "kind", "layer", "token"}))
        raise ValueError(f"The state has no {', '.join(unknown)}. Allowed are {allowed}. Leave the others out.")
    new = {**state, **changes}
    _check(new, "of", new["of"] in _ofs(payload) and type(new["of"]) is not bool, " or ".join(map(repr, _ofs(payload))))
    shown = [payload["attentions"][index] for index in ((0, 1) if new["of"] == "difference" else (new["of"],))]
    kinds = shown[0]["kinds"]
    _check(new, "kind", new["kind"] in kinds, " or ".join(map(repr, kinds)))
    parts = [attention["parts"][new["kind"]] for attention in shown]
    limits = {name: min(part[f"num_{name}s"] for part in parts) for name in ("layer", "head")}
    num_rows, num_columns = len(parts[0]["tokens"]), len(parts[0]["key_tokens"] or parts[0]["tokens"])
    limits["token"] = num_columns if new["reading"] == "column" else num_rows
    for name, limit in limits.items():
        if name == "token" and new[name] is None:  # nothing is pinned
            continue
        if name not in changes:
            new[name] = min(new[name], limit - 1)
        _check(new, name, is_position(new[name], limit), f"0 to {limit - 1}")
    for name, is_inside, allowed in (
        ("zoom", _is_region, f"None or [row0, row1, column0, column1] within {num_rows} rows and {num_columns} columns"),
        ("cell", _is_cell, f"None or [query, key] within {num_rows} queries and {num_columns} keys"),
    ):
        if name not in changes and not is_inside(new[name], num_rows, num_columns):
            new[name] = None
        _check(new, name, is_inside(new[name], num_rows, num_columns), allowed)
    for name, allowed in CHOICES.items():
        _check(new, name, any(type(new[name]) is type(choice) and new[name] == choice for choice in allowed), listed(allowed))
    _check(new, "mass", _is_number(new["mass"]) and 0 <= new["mass"] <= 1, "0 to 1")
    _check(new, "least", new["least"] is None or _is_number(new["least"]), "None or a number")
    if new["measure"] != "position":
        names = measures()
        _check(new, "measure", new["measure"] in names, listed(["position", *names]))
    return {name: list(value) if isinstance(value, tuple) else value for name, value in new.items()}


def _ofs(payload: Payload) -> list[Any]:
    if len(payload["attentions"]) == 1:
        return [0]
    return [0, 1, "difference"] if payload["same_tokens"] else [0, 1]


def _check(state: Mapping[str, Any], name: str, is_allowed: bool, allowed: str) -> None:
    if not is_allowed:
        raise ValueError(f"{name} is {state[name]!r}. Allowed: {allowed}. Choose one of these, or leave {name} out.")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and value == value and abs(value) != float("inf")


def _is_region(zoom: Any, num_rows: int, num_columns: int) -> bool:
    if zoom is None:
        return True
    is_four = isinstance(zoom, (list, tuple)) and len(zoom) == 4
    return is_four and is_range(zoom[:2], num_rows) and is_range(zoom[2:], num_columns)


def _is_cell(cell: Any, num_rows: int, num_columns: int) -> bool:
    if cell is None:
        return True
    is_pair = isinstance(cell, (list, tuple)) and len(cell) == 2
    return is_pair and is_position(cell[0], num_rows) and is_position(cell[1], num_columns)
