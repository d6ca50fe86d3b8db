"""The page: Gradio tabs around the toolkit, in English and Chinese, light and dark, for one computer or for many visitors.

Comes in: a `LanguageModel` and the operator's settings. Goes out: `build_demo(lm)`, the Blocks, and `launch(lm)`, which serves
them. It uses the public door alone and computes nothing itself.
"""

from .operator_settings import Operator
from .page import build_demo, launch

__all__ = ["Operator", "build_demo", "launch"]
