"""Interactive views of attention and generation: in a notebook, on a Gradio page, in a saved page.

In come the records that `capture_attention` and `generate` return (anything with the same attributes will do); out
go objects that show themselves. The drawing is done by the ES modules in `static/`. Knows nothing of models or torch.
"""

from aigc_toolkit.views.attention_view import AttentionView, attention_view
from aigc_toolkit.views.bertviz_views import bertviz_head_view, bertviz_model_view
from aigc_toolkit.views.generation_view import GenerationView, append_message, generation_view
from aigc_toolkit.views.gradio_host import gradio_host
from aigc_toolkit.views.timelapse_view import TimeLapseView, timelapse_view
from aigc_toolkit.views.training_view import TrainingView, training_view

__all__ = [
    "AttentionView",
    "GenerationView",
    "TimeLapseView",
    "TrainingView",
    "append_message",
    "attention_view",
    "bertviz_head_view",
    "bertviz_model_view",
    "generation_view",
    "gradio_host",
    "timelapse_view",
    "training_view",
]
