"""The models that ship with the package, one Hugging Face folder each.

`python -m aigc_toolkit.builtin` remakes the model `story`.
"""
