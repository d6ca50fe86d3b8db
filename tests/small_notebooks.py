"""The notebooks with small parameters, so that a machine of two cores runs them all in a short time.

In comes the path of a notebook, out goes its nbformat node, not yet run: a line of small numbers at the end of the cell that is
tagged "parameters". Does not know what the notebooks show.
"""

from pathlib import Path

import nbformat

FOLDER = Path(__file__).parents[1] / "notebooks"
LESSONS = sorted(FOLDER.glob("*.ipynb"))
SOLUTIONS = sorted((FOLDER / "solutions").glob("*.ipynb"))
SMALL: dict[str, dict[str, object]] = {  # by notebook: what its parameter cell is overridden with
    "01_write_and_look": {"NUM_TOKENS": 30},
    "02_the_formulas": {"NUM_STEPS": 6},
    "03_train_a_gpt": {"NUM_DOCUMENTS": 200, "NUM_STEPS": 12, "NUM_TRIALS": 3},
    "04_decoding": {"NUM_TOKENS": 40, "NUM_OPENINGS": 2, "NUM_BEAMS": 2, "NUM_UNMARKED": 4},
    "05_heads_at_work": {"NUM_DOCUMENTS": 4, "NUM_STEPS": 20, "NUM_STEPS_OF_TWIN": 10},
    "06_dialogue_and_summary": {"NUM_DOCUMENTS": 4, "NUM_STORIES": 6},
    "07_any_model": {"NUM_TOKENS": 600},
}


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """The notebook as it is stored."""
    return nbformat.read(path, as_version=4)


def small_notebook(path: Path) -> nbformat.NotebookNode:
    """The notebook, or its solutions, with the small parameters of `SMALL` and without results."""
    notebook = read_notebook(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if "parameters" in cell.metadata.get("tags", []):
            cell.source += "".join(f"\n{name} = {value!r}" for name, value in SMALL.get(path.stem, {}).items())
    return notebook
