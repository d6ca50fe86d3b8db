"""The page, as `make demo` and a Hugging Face Space start it; the operator's settings are environment variables."""

import os

from aigc_toolkit import load_model
from aigc_toolkit.demo import Operator, launch

if __name__ == "__main__":
    try:
        operator = Operator.from_environment(os.environ)
    except ValueError as problem:
        raise SystemExit(f"The page was not started. {problem}") from None
    launch(load_model(operator.model), operator)
