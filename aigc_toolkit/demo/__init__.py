"""The page: Gradio tabs around the toolkit, in English and Chinese, light and dark, for one computer or for many visitors.

Comes in: a `LanguageModel`. Goes out: `build_demo(lm)`, the Blocks, and `launch(lm)`, which serves them. It uses the public door
alone and computes nothing itself.
"""

from .page import build_demo, launch

__all__ = ["build_demo", "launch"]
