"""The page, as `make demo` and a Hugging Face Space start it."""

from aigc_toolkit import load_model
from aigc_toolkit.demo import launch

if __name__ == "__main__":
    launch(load_model("story"))
