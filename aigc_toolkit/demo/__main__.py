"""Serves the page of the built-in model: `python -m aigc_toolkit.demo`.

In: the operator's settings, from environment variables. Out: the page, until it is stopped, or one line that says what is wrong.
"""

import os

from aigc_toolkit import load_model

from .operator_settings import Operator
from .page import launch


def main() -> None:
    try:
        operator = Operator.from_environment(os.environ)
    except ValueError as problem:
        raise SystemExit(f"The page was not started. {problem}") from None
    launch(load_model(operator.model), operator)


if __name__ == "__main__":
    main()
