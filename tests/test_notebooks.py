"""The notebooks: each runs from top to bottom on this machine, and keeps the shape that makes it readable."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SMALL = {"NUM_TOKENS": 12}  # parameters that make a notebook quick


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_it_runs(notebook):
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source += "".join(f"\n{name} = {value!r}" for name, value in SMALL.items() if name in cell.source)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(FOLDER)}}).execute()
    printed = [output.text for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "stream"]
    assert printed and not any("Traceback" in text for text in printed)


def test_it_has_the_shape_of_a_lesson(notebook):
    code = code_cells(notebook)
    assert 25 <= len(notebook.cells) <= 40
    assert sum(len(source.splitlines()) for source in code) <= 150
    assert max(len(source.splitlines()) for source in code) <= 25
    assert sum(source.count("def ") for source in code) <= 2
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert text.count("Predict, then run.") >= 3 and text.count("**Exercise") >= 3
    assert "where it lives" in notebook.cells[-1].source


def test_it_is_stored_small_with_its_results():
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        assert path.stat().st_size <= 300_000
        assert any(cell.get("outputs") for cell in notebook.cells), f"{path.name} is stored without its results"
        assert "widgets" not in notebook.metadata
