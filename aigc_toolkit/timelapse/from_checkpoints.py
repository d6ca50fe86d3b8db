"""A time-lapse of a run that is over, from the checkpoints it left.

In: the folder of a run, or files of weights by step; how to make its model; prompts. Out: a `TimeLapse` with a snapshot for each of
them; nothing between them is made up. Losses come from the run's metrics file, where there is one. Does not train.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from torch import nn
from transformers import PreTrainedTokenizerFast

from aigc_toolkit.training.checkpoints import load_weights, weights_of_checkpoints
from aigc_toolkit.views.training_record import read_metrics

from .recording import Camera
from .timelapse import TimeLapse


def timelapse_from_checkpoints(
    source: str | Path | Mapping[int, str | Path],
    make_model: Callable[[], nn.Module],
    *,
    tokenizer: PreTrainedTokenizerFast,
    prompts: Sequence[str],
    metrics: str | Path | None = None,
    rulers: Mapping[str, float] | None = None,
    marks: Mapping[int, str] | None = None,
    sample_tokens: int = 32,
    seed: int = 0,
    name: str = "gpt",
) -> TimeLapse:
    """The `TimeLapse` of a run: the model before training, and each whole checkpoint.

    `source` is the folder of a run, or safetensors files of its model's weights by step. `make_model()` gives the model as it was
    before training: the same configuration and seed; of files by step, no others are looked at. `metrics` is the file that
    `TrainConfig(metrics_path=…)` names; prompts, rulers, marks and the rest are as in `record_timelapse`. A torn checkpoint is left
    out with a warning. Raises FileNotFoundError where there is no checkpoint, ValueError for weights of another model.

    >>> timelapse_from_checkpoints("runs/mine", make_gpt, tokenizer=corpus.tokenizer, prompts=["Mia had a"]).steps
    [0, 250, 500]
    """
    is_folder = not isinstance(source, Mapping)
    weights = weights_of_checkpoints(source) if is_folder else {step: Path(source[step]) for step in sorted(source)}
    if not weights:
        raise FileNotFoundError(
            f"{str(source)!r} holds no whole checkpoint; a run writes them with TrainConfig(folder=…, checkpoint_every=…, "
            "keep_last=…). Check the folder, or train with it."
        )
    timelapse = TimeLapse(rulers=rulers, marks=marks)
    if metrics is not None:
        timelapse.training = read_metrics(metrics)
    model = make_model()
    camera = Camera(timelapse, model, tokenizer, prompts=prompts, sample_tokens=sample_tokens, seed=seed, name=name)
    if is_folder and 0 not in weights:
        camera.take(0)
    for step, path in weights.items():
        try:
            load_weights(path, model)
        except KeyError as error:
            raise ValueError(
                f"The weights in {str(path)!r} are of another model ({error}); those of what make_model() gives are needed. "
                "Make it as it was when the run began."
            ) from error
        camera.take(step)
    return timelapse
