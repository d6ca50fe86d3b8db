"""Packages that only parts of training need: asked for by name before they are imported.

In: a package and what it is wanted for. Out: nothing, or a ValueError with the command that installs it. It imports nothing.
"""

from importlib.util import find_spec


def require(package: str, purpose: str) -> None:
    """Raises ValueError, with the command that installs it, where `package` is missing; `purpose` begins the sentence.

    >>> require("optuna", "A search for settings (tune)")
    """
    if find_spec(package) is None:
        raise ValueError(
            f"{purpose} needs {package}, which is not installed; training without it is possible. Run `pip install {package}`, or "
            "`pip install 'aigc-toolkit[training]'` for all that training can use."
        )
