"""The notebooks: each runs from top to bottom on this machine, keeps the shape that makes it readable, and has its solutions.

All run in one kernel, emptied in between, so that torch is imported once. A lesson's checking cells are those that can print
"Right."; its solutions hold the same cells, and there they print it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_client import KernelManager
from nbclient import NotebookClient
from small_notebooks import FOLDER, LESSONS, SOLUTIONS, read_notebook, small_notebook

ROOT = FOLDER.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
PICTURES = (WIDGET, "application/vnd.plotly.v1+json", "image/png", "image/svg+xml")
CHINESE = re.compile("[\u4e00-\u9fff]")
LINK = re.compile(r"\]\(\.\./README\.zh-CN\.md#([^)]+)\)")


@pytest.fixture(scope="module")
def kernel() -> Iterator[KernelManager]:
    manager = KernelManager()
    manager.start_kernel(cwd=str(FOLDER))
    yield manager
    manager.shutdown_kernel(now=True)


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request) -> Path:
    return request.param


def run(notebook: nbformat.NotebookNode, kernel: KernelManager) -> None:
    notebook.cells.insert(0, nbformat.v4.new_code_cell("%reset -f"))
    NotebookClient(notebook, km=kernel, timeout=300).execute()
    notebook.cells.pop(0)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def checks(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in code_cells(notebook) if "Right." in cell.source]


def printed(cell: nbformat.NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def prose(notebook: nbformat.NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def types_of(cell: nbformat.NotebookNode) -> set[str]:
    return {name for output in cell.get("outputs", []) for name in output.get("data", {})}


def anchors(readme: str) -> set[str]:
    """What a link to a heading looks like: small letters, words joined by hyphens, no punctuation."""
    headings = re.findall(r"^#+ (.*)$", readme, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_it_runs(lesson, kernel):
    notebook = small_notebook(lesson)
    run(notebook, kernel)
    said = [printed(cell) for cell in code_cells(notebook)]
    assert any(said) and not any("Traceback" in text for text in said)
    assert any(types_of(cell) & set(PICTURES) for cell in code_cells(notebook))
    unsolved = [printed(cell) for cell in checks(notebook)]
    assert not any("Right." in text for text in unsolved), "an exercise is solved before anybody has worked on it"


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_its_solutions_pass_its_checks(path, kernel):
    notebook = small_notebook(path)
    run(notebook, kernel)
    assert ["Right." in printed(cell) for cell in checks(notebook)] == [True] * len(checks(notebook))
    assert [cell.source for cell in checks(notebook)] == [cell.source for cell in checks(read_notebook(FOLDER / path.name))]
    assert any(cell.get("outputs") for cell in read_notebook(path).cells), "stored without its results"
    assert path.stat().st_size <= 300_000


def test_every_notebook_has_solutions():
    assert [path.name for path in SOLUTIONS] == [path.name for path in LESSONS]


def test_it_has_the_shape_of_a_lesson(lesson):
    notebook = read_notebook(lesson)
    lines = [len(cell.source.splitlines()) for cell in code_cells(notebook)]
    assert 25 <= len(notebook.cells) <= 40 and sum(lines) <= 150 and max(lines) <= 25
    assert sum(len(re.findall(r"^\s*(?:def|class) ", cell.source, flags=re.MULTILINE)) for cell in code_cells(notebook)) <= 2
    assert ["parameters" in cell.metadata.get("tags", []) for cell in code_cells(notebook)].index(True) == 0
    text = prose(notebook)
    assert text.count("Predict, then run.") >= 3 and text.count("**Exercise") >= 3 and len(checks(notebook)) >= 3
    assert "xperiment that fails" in text
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids) and not any(re.fullmatch("[0-9a-f]{8}", name) for name in ids), "ids are names, not random"


def test_it_opens_in_chinese_too_and_links_the_chinese_readme(lesson):
    notebook = read_notebook(lesson)
    first = "\n".join(cell.source for cell in notebook.cells[:2] if cell.cell_type == "markdown")
    assert sum(len(CHINESE.findall(line)) >= 5 for line in first.splitlines()) >= 3
    linked = LINK.findall(first)
    assert linked and set(linked) <= anchors((ROOT / "README.zh-CN.md").read_text(encoding="utf-8"))


def test_it_ends_with_where_things_live(lesson):
    last = read_notebook(lesson).cells[-1].source
    assert "where it lives" in last
    paths = [path for path in re.findall(r"`([\w./]+)`", last) if path.startswith(("aigc_toolkit/", "benchmarks/", "notebooks/"))]
    assert paths and all((ROOT / path).exists() for path in paths)


def test_it_is_stored_small_with_the_results_of_one_run(lesson):
    notebook = read_notebook(lesson)
    assert lesson.stat().st_size <= 300_000 and "widgets" not in notebook.metadata
    assert [cell.execution_count for cell in code_cells(notebook)] == list(range(1, len(code_cells(notebook)) + 1))
    assert any(types_of(cell) & {*PICTURES, "text/html"} for cell in notebook.cells[:5] if cell.cell_type == "code"), (
        "a result first"
    )
    assert sum(bool(types_of(cell) & set(PICTURES)) for cell in code_cells(notebook)) >= 4, "a picture for every idea"
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert not any(output.output_type == "error" or output.get("name") == "stderr" for output in outputs)
