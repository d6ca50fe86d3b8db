"""How to train: every knob as one line of one frozen record.

In: numbers and names. Out: a checked `TrainConfig`, or an error that names the fields that contradict each other.
It does not know the model or the corpus; what contradicts those is refused by `train`.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The settings of one training run.

    Raises ValueError, naming the fields, when two of them contradict each other.

    >>> TrainConfig(num_steps=100, batch_size=8, context=64).batch_size
    8
    """

    num_steps: int = 1000  # optimizer steps
    batch_size: int = 16  # sequences per optimizer step
    context: int = 256  # tokens per sequence
    start_at_documents: bool = False  # sequences begin where a document begins, so that what it refers back to is in sight
    answer_weight: float = 1.0  # in the loss, of a token the assistant says in a dialogue, against 1 for one that is only read
    learning_rate: float = 0.007  # peak, Muon: hidden matrices; 0.2 x this is the root mean square of a step
    adam_learning_rate: float = 0.003  # peak, AdamW: embeddings, output head, norms, biases
    weight_decay: float = 0.1  # of the hidden matrices, per unit of learning rate
    momentum: float = 0.95  # of Muon: share of the movement before that is kept, per step
    warmup_fraction: float = 0.02  # of num_steps: learning rates rise linearly from 0
    cooldown_fraction: float = 0.6  # of num_steps: learning rates fall linearly to 0 at the end
    gradient_clip: float = 1.0  # largest gradient norm; 0 = no limit
    gradient_accumulation: int = 1  # parts in which the sequences of a step are computed, to save memory
    average_decay: float = 0.0  # per step, of a moving average of the weights (EMA), the model's in the end; 0 = none
    mixed_precision: Literal["no", "bfloat16"] = "no"  # "bfloat16": matrix products in bfloat16, weights stay float32
    compile: bool = False  # through torch.compile: a long first step, then shorter ones
    sharded: bool = False  # with several processes: each holds a share of weights and averages (FSDP); else all of them
    validate_every: int = 0  # steps between validation losses; 0 = never
    patience: int = 0  # validations without a lower loss after which a run ends early; 0 = it never does
    sample_every: int = 0  # steps between samples; 0 = never
    sample_prompt: str = ""  # text that samples continue
    sample_tokens: int = 48  # tokens in each sample
    metrics_path: str | None = None  # a file to which every step is added as one line of JSON; None = none
    tracker: Literal["none", "tensorboard", "trackio"] = "none"  # where the numbers of every step go besides
    folder: str | None = None  # of the run, for its checkpoints; None = nothing is written
    checkpoint_every: int = 0  # steps between checkpoints, the last step always has one; 0 = none
    keep_last: int = 2  # newest checkpoints that are kept
    keep_best: bool = False  # the one of the lowest validation loss is kept too; its weights are the model's in the end
    max_rewinds: int = 0  # times a run that is not finite goes back to its checkpoint and on with other batches; 0 = it stops
    seed: int = 0  # decides the batches, dropout and the samples
    device: str = "auto"  # "auto" (a GPU if there is one), "cpu", "cuda", ...

    def __post_init__(self) -> None:
        for name in ("num_steps", "batch_size", "context", "gradient_accumulation", "sample_tokens", "keep_last"):
            self._check(name, getattr(self, name) >= 1, "at least 1 is allowed. Set a positive integer")
        self._check("answer_weight", self.answer_weight > 0, "above 0 is allowed. Set 1 for no difference")
        rates = ("learning_rate", "adam_learning_rate", "weight_decay", "gradient_clip")
        for name in (*rates, "validate_every", "sample_every", "checkpoint_every", "patience", "max_rewinds"):
            self._check(name, getattr(self, name) >= 0, "0 or more is allowed. Set 0 to switch it off")
        for name in ("warmup_fraction", "cooldown_fraction"):
            self._check(name, 0 <= getattr(self, name) <= 1, "a fraction of num_steps in [0, 1] is allowed. Set one")
        self._check("momentum", 0 <= self.momentum < 1, "[0, 1) is allowed. The usual value is 0.95")
        self._check("average_decay", 0 <= self.average_decay < 1, "[0, 1) is allowed. The usual value is 0.999")
        self._check("mixed_precision", self.mixed_precision in ("no", "bfloat16"), '"no" and "bfloat16" are available. Choose one')
        trackers = ("none", "tensorboard", "trackio")
        self._check("tracker", self.tracker in trackers, '"none", "tensorboard" and "trackio" are available. Choose one')
        self._check_together()

    def _check(self, name: str, allowed: bool, what: str) -> None:
        if not allowed:
            raise ValueError(f"{name}={getattr(self, name)!r}: {what}.")

    def _check_together(self) -> None:
        if self.batch_size % self.gradient_accumulation:
            raise ValueError(
                f"batch_size={self.batch_size} with gradient_accumulation={self.gradient_accumulation}: the sequences of a step "
                f"are computed in equal parts. Set gradient_accumulation to a divisor of batch_size."
            )
        if self.warmup_fraction + self.cooldown_fraction > 1:
            raise ValueError(
                f"warmup_fraction={self.warmup_fraction} with cooldown_fraction={self.cooldown_fraction}: together they are at "
                f"most 1. Lower one of them."
            )
        if self.sample_every and not self.sample_prompt:
            raise ValueError(
                f"sample_every={self.sample_every} with sample_prompt={self.sample_prompt!r}: a sample continues some text. "
                f"Set sample_prompt, or sample_every=0 for no samples."
            )
        needs = (
            ("checkpoint_every", "folder", "a checkpoint has to be written somewhere"),
            ("keep_best", "folder", "the best checkpoint has to be written somewhere"),
            ("keep_best", "validate_every", "the best is the one with the lowest validation loss"),
            ("patience", "validate_every", "an early end is decided by validation losses"),
            ("max_rewinds", "checkpoint_every", "a run goes back to a checkpoint"),
        )
        for name, other, why in needs:
            self._check_needs(name, other, why)
        if self.tracker != "none" and self.folder is None:
            raise ValueError(
                f"tracker={self.tracker!r} with folder=None: the folder gives the run its place and name. Set folder, or "
                f'tracker="none" for none.'
            )

    def _check_needs(self, name: str, other: str, why: str) -> None:
        given, missing, off = getattr(self, name), getattr(self, other), type(self).__dataclass_fields__[name].default
        if given and not missing:
            raise ValueError(f"{name}={given!r} with {other}={missing!r}: {why}. Set {other}, or {name}={off!r} for none.")
