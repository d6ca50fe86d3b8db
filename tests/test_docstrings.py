"""The public door explains itself: what you get, in which unit or shape, what is raised, and an example.

The rule for quantities: every number or array that a public name takes or gives says its unit or shape, by its own name
(`num_layers`, `max_new_tokens`, `limit_bytes`), in the comment on its line, or in a sentence of the docstring that names it.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import aigc_toolkit

NAMES = aigc_toolkit.__all__
RECORDS = {
    "Generation",
    "LanguageModel",
    "TokenStep",
    "TrainStep",
    "generation_view",
}  # hold or show what is given: nothing to refuse
QUANTITY = re.compile(r"\b(int|float|Tensor|ndarray|DataFrame)\b")
OTHER_THING = re.compile(
    r"\b(?!None|tuple|list|dict|Sequence|Iterator|int|float|bool|Tensor|ndarray|DataFrame|np|torch|pandas)[A-Za-z]\w+"
)
NAME_WITH_UNIT = re.compile(r"^num_|^seed$|(^|_)(tokens|bytes|seconds|steps|fraction|ids?|index|layer|head|rows|columns)$")
UNIT = re.compile(
    r"\b(nats?|tokens?|seconds?|bytes?|steps?|probabilit\w+|fractions?|shares?|positions?|ids?|rows?|documents?|texts?|characters?|"
    r"cells?|layers?|heads?|validations?|windows|sequences?|checkpoints?|parts|times|numbers per|gradient norm|variance|unit|"
    r"dimensionless|1 = the most likely|how many)\b|0 to 1|in \[0, 1[\])]|\([A-Z]\w*,"
)
EXAMPLE = re.compile(r"^>>> .+\n(?:(?:>>>|\.\.\.) .+\n)*(?!>>>|\.\.\.)\S", re.MULTILINE)


@dataclass(frozen=True)
class Mention:
    """A name, what it is annotated as, and the words that belong to it."""

    name: str
    annotation: str
    words: tuple[str, ...]

    @property
    def needs_unit(self) -> bool:
        """Numbers and arrays do; what may as well be a text or a record is no quantity."""
        return bool(QUANTITY.search(self.annotation)) and not OTHER_THING.search(self.annotation)


def undefined(thing: object) -> list[str]:
    """The quantities of a public name that say neither unit nor shape."""
    source = textwrap.dedent(inspect.getsource(thing))
    (definition,) = ast.parse(source).body
    mentions = list(of_class(definition, source.splitlines()) if inspect.isclass(thing) else of_function(definition))
    return sorted({m.name for m in mentions if m.needs_unit} - {m.name for m in mentions if says_unit(m)})


def says_unit(mention: Mention) -> bool:
    return bool(NAME_WITH_UNIT.search(mention.name)) or any(UNIT.search(words) for words in mention.words)


def of_class(definition: ast.ClassDef, lines: list[str]) -> Iterator[Mention]:
    """Its public fields, and what its public methods take and give."""
    doc = ast.get_docstring(definition) or ""
    for node in definition.body:
        if isinstance(node, ast.AnnAssign) and not node.target.id.startswith("_"):
            comment = lines[node.lineno - 1].partition("#")[2]
            yield Mention(node.target.id, ast.unparse(node.annotation), (comment, *sentences_about(node.target.id, doc)))
        elif isinstance(node, ast.FunctionDef) and (node.name == "__init__" or not node.name.startswith("_")):
            yield from of_function(node, doc)


def of_function(definition: ast.FunctionDef, class_doc: str = "") -> Iterator[Mention]:
    """What it gives, under its own name, and its arguments."""
    doc = ast.get_docstring(definition) or ""
    if definition.returns is not None:
        yield Mention(definition.name, ast.unparse(definition.returns), (doc.partition("\n\n")[0],))
    for argument in (*definition.args.args, *definition.args.kwonlyargs):
        if argument.annotation is not None:
            about = sentences_about(argument.arg, doc) + sentences_about(argument.arg, class_doc)
            yield Mention(argument.arg, ast.unparse(argument.annotation), tuple(about))


def sentences_about(name: str, doc: str) -> list[str]:
    """The sentences of a docstring, its examples left out, that name a thing."""
    return [s for s in re.split(r"(?<=[.;:])\s", doc.partition(">>>")[0]) if re.search(rf"\b{re.escape(name)}\b", s)]


def doc_of(name: str) -> str:
    return inspect.getdoc(getattr(aigc_toolkit, name))


@pytest.mark.parametrize("name", NAMES)
def test_the_first_line_says_what_you_get(name):
    first = doc_of(name).partition("\n")[0]
    assert first.endswith(".") and len(first.split()) >= 4


@pytest.mark.parametrize("name", NAMES)
def test_an_example_shows_its_output(name):
    assert EXAMPLE.search(doc_of(name))


@pytest.mark.parametrize("name", sorted(set(NAMES) - RECORDS))
def test_what_is_raised_is_said(name):
    assert re.search(r"\bRaises `?\w*(Error|Full)\b|Raises `Scheduler.Full`", doc_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_quantity_has_its_unit_or_shape(name):
    assert undefined(getattr(aigc_toolkit, name)) == []


def test_the_rule_finds_what_is_missing():
    def halve(loss: float, *, num_halves: int, weights: "np.ndarray", name: str, place: "int | str") -> float:  # noqa: F821
        """The loss, halved.

        `weights` are (Q, K).
        """

    class Step:
        """A step; `rate` is per token."""

        loss: float
        size: int  # bytes
        rate: float
        name: str

        def speed(self) -> float:
            """How fast it was."""

    assert undefined(halve) == ["halve", "loss"]
    assert undefined(Step) == ["loss", "speed"]
    assert not EXAMPLE.search("It halves.\n\n>>> x = halve(2.0)")
