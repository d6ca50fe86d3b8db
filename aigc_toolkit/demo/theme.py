"""Gradio's own variables in the views' colours and type, light and dark, so that the page speaks one visual language.

Comes in: nothing. Goes out: a theme that loads no font from anywhere. It does not lay anything out: `static/demo.css` does.
"""

from __future__ import annotations

import gradio as gr

SANS = ["-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC"]
MONO = ["ui-monospace", "SF Mono", "Cascadia Mono", "Menlo", "Consolas", "Liberation Mono", "Noto Sans Mono CJK SC"]
# name in the views' style sheet: (light, dark)
GROUND = ("#ffffff", "#111418")
INK = ("#14181d", "#e8ecf0")
MUTED = ("#5a646f", "#98a3af")
LINE = ("#dfe4e9", "#2b323a")
QUIET = ("#f2f5f7", "#1a1f25")
ACCENT = ("#bf3b0b", "#ff9b61")
ACCENT_POINTED = ("#a53209", "#ffb387")
ON_ACCENT = ("#ffffff", "#1b0d05")
NONE = ("transparent", "transparent")

_VARIABLES = {
    "body_background_fill": GROUND,
    "background_fill_primary": GROUND,
    "background_fill_secondary": GROUND,
    "block_background_fill": NONE,
    "panel_background_fill": NONE,
    "block_border_color": NONE,
    "panel_border_color": NONE,
    "block_label_background_fill": NONE,
    "block_title_text_color": MUTED,
    "block_label_text_color": MUTED,
    "block_info_text_color": MUTED,
    "body_text_color": INK,
    "body_text_color_subdued": MUTED,
    "border_color_primary": LINE,
    "border_color_accent": ACCENT,
    "color_accent_soft": QUIET,
    "input_background_fill": GROUND,
    "input_background_fill_focus": GROUND,
    "input_border_color": LINE,
    "input_border_color_focus": ACCENT,
    "input_placeholder_color": MUTED,
    "slider_color": ACCENT,
    "button_primary_background_fill": ACCENT,
    "button_primary_background_fill_hover": ACCENT_POINTED,
    "button_primary_border_color": NONE,
    "button_primary_text_color": ON_ACCENT,
    "button_primary_text_color_hover": ON_ACCENT,
    "button_secondary_background_fill": QUIET,
    "button_secondary_background_fill_hover": LINE,
    "button_secondary_border_color": NONE,
    "button_secondary_text_color": INK,
    "button_cancel_background_fill": QUIET,
    "button_cancel_background_fill_hover": LINE,
    "button_cancel_text_color": INK,
    "button_cancel_text_color_hover": INK,
}


def page_theme() -> gr.themes.Base:
    """The theme of the page."""
    theme = gr.themes.Base(font=[*SANS, "sans-serif"], font_mono=[*MONO, "monospace"], radius_size="sm", spacing_size="sm")
    light = {name: colors[0] for name, colors in _VARIABLES.items()}
    dark = {f"{name}_dark": colors[1] for name, colors in _VARIABLES.items()}
    sizes = {"block_shadow": "none", "block_padding": "0px", "button_large_text_weight": "600", "block_title_text_size": "12px"}
    return theme.set(**light, **dark, **sizes, color_accent=ACCENT[0], block_shadow_dark="none")
