"""Time-lapse of a training run: what the model said about a few prompts, from its first step to its last.

Read in this order: kept_attention, snapshots, timelapse, timelapse_file, recording, from_checkpoints.
In: what `train` yields, its model, prompts. Out: a `TimeLapse` that shows itself, saves itself and is read again. It combines
training, generation and attention, which do not know each other, through the public door. Does not draw.
"""

from .from_checkpoints import timelapse_from_checkpoints
from .recording import log_spaced, record_timelapse
from .timelapse import TimeLapse
from .timelapse_file import load_timelapse

__all__ = ["TimeLapse", "load_timelapse", "log_spaced", "record_timelapse", "timelapse_from_checkpoints"]
