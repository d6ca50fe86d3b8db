"""One ES module out of the small ones in `static/`.

In comes the name of an entry module, out goes one text that imports nothing: each module becomes a function that is
called once and returns its exports. Reads only the forms of import and export that `static/` uses, and says so when it
meets another. Does not minify: what a reader of the page's source sees is the code of the repository.
"""

import base64
import re
import zlib
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"

_IMPORT = re.compile(r'^import (?:(?P<default>\w+)|\{(?P<names>[\w\s,]+)\}) from "\./(?P<file>\w+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?P<declaration>(?:async )?function|const) (?P<name>\w+)", re.MULTILINE)
_DEFAULT = re.compile(r"^export default (?P<function>function (?P<name>\w+))?", re.MULTILINE)
_UNKNOWN = re.compile(r"^\s*(?:import|export)\b.*$|\bimport\(.*$", re.MULTILINE)


@cache
def style_sheet() -> str:
    """The style sheet all views share: what is common to them, then what each adds, by name."""
    added = sorted(path for path in STATIC.glob("*.css") if path.name != "aigc.css")
    return "".join(path.read_text(encoding="utf-8") for path in [STATIC / "aigc.css", *added])


@cache
def bundle(entry: str, *, host: str | None = None, folder: Path = STATIC) -> str:
    """The text of one module with the default export of `entry`, or what `host` makes of that export.

    `entry` and `host` are file names in `folder`, whose modules may import those of `static/` as if they lay beside them. Raises
    `FileNotFoundError` for a file that is not there and `ValueError` for a form of import or export that cannot be joined and for
    modules that import each other in a circle.

        >>> bundle("attention_view.js").splitlines()[-1]
        'export default module_attention_view.default;'
    """
    parts: dict[str, str] = {}
    for file in [entry] if host is None else [entry, host]:
        _collect(file, folder, parts, open_files=())
    default = f"{_variable(entry)}.default"
    closing = f"export default {default if host is None else f'{_variable(host)}.default({default})'};\n"
    return "\n".join([*parts.values(), closing])


@cache
def packed_bundle(entry: str) -> str:
    """A short module with the same default export as `bundle(entry)`, which it carries deflated: what a notebook sends.

    >>> len(packed_bundle("attention_view.js")) < len(bundle("attention_view.js")) / 2
    True
    """
    packed = base64.b64encode(zlib.compress(bundle(entry).encode(), 9)).decode()
    return (STATIC / "packed_module.js").read_text(encoding="utf-8").replace('"PACKED"', f'"{packed}"')


def _collect(file: str, folder: Path, parts: dict[str, str], open_files: tuple[str, ...]) -> None:
    """Adds `file` to `parts`, after everything it imports."""
    if file in parts:
        return
    if file in open_files:
        circle = " -> ".join([*open_files, file])
        raise ValueError(f"Modules import each other: {circle}. A bundle needs an order; move what both need to a third file.")
    path = next((place / file for place in (folder, STATIC) if (place / file).is_file()), None)
    if path is None:
        available = ", ".join(sorted(path.name for path in folder.glob("*.js")))
        raise FileNotFoundError(f"There is no module {file!r} in {folder}. Available: {available}. Check the name.")
    text = path.read_text(encoding="utf-8")
    for found in _IMPORT.finditer(text):
        _collect(found["file"], folder, parts, (*open_files, file))
    parts[file] = _as_function(file, text)


def _as_function(file: str, text: str) -> str:
    names = [found["name"] for found in _EXPORT.finditer(text)]
    default = _DEFAULT.search(text)
    body = _IMPORT.sub(_as_constant, text)
    body = _EXPORT.sub(r"\g<declaration> \g<name>", body)
    if default:
        names.append(f"default: {default['name'] or 'defaultExport'}")
        body = _DEFAULT.sub(lambda found: found["function"] or "const defaultExport = ", body)
    if unknown := _UNKNOWN.search(body):
        raise ValueError(
            f"{file} has {unknown[0].strip()!r}, which cannot be bundled. Allowed: 'import {{ a }} from \"./b.js\";', "
            "'export function', 'export const', 'export default'. Write it in one of these forms."
        )
    return f"const {_variable(file)} = (() => {{\n{body}\nreturn {{ {', '.join(names)} }};\n}})();\n"


def _as_constant(found: re.Match[str]) -> str:
    names = f"default: {found['default']}" if found["default"] else found["names"].strip().replace(" as ", ": ")
    return f"const {{ {names} }} = {_variable(found['file'])};\n"


def _variable(file: str) -> str:
    return "module_" + file.removesuffix(".js")
