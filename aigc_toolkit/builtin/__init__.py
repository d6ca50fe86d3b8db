"""The models that ship with the package, one Hugging Face folder each, and `python -m aigc_toolkit.builtin`, which remakes `story`."""
