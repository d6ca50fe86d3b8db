"""What a GPT is made of: sizes and the choice of each formula, as one frozen record.

In: numbers and names. Out: a checked `GPTConfig`, or an error that names the fields that contradict each other.
It does not know how any formula is computed, nor how a model is trained.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Positions = Literal["learned", "sinusoidal", "rotary", "none"]
Norm = Literal["layer_norm", "rms_norm"]
Activation = Literal["gelu", "swiglu"]

_SIZES = ("vocabulary_size", "context", "num_layers", "num_heads", "num_key_value_heads", "width", "head_dim", "mlp_width")


@dataclass(frozen=True, kw_only=True)
class GPTConfig:
    """The sizes and formulas of a decoder-only transformer; `GPTConfig.gpt2(...)` and `GPTConfig.modern(...)` are the presets.

    Raises ValueError, naming the fields, when two of them contradict each other.

    >>> GPTConfig.modern(vocabulary_size=3072, context=512, num_layers=5, num_heads=6, width=192).mlp_width
    512
    """

    vocabulary_size: int  # V, tokens
    context: int  # longest sequence, tokens
    num_layers: int  # L, blocks
    num_heads: int  # H, query heads in each block
    num_key_value_heads: int  # key and value heads; fewer than num_heads: grouped-query attention
    width: int  # D, numbers per token in the residual stream
    head_dim: int  # numbers per head in query, key and value
    mlp_width: int  # numbers in the hidden layer of each MLP
    positions: Positions  # how a token knows where it stands; "none": what if it did not?
    norm: Norm  # normalisation before each attention, each MLP and the output head
    activation: Activation  # non-linearity of the MLP; "swiglu" is gated and has a third matrix
    bias: bool  # whether linear layers add a bias
    tie_embeddings: bool  # whether the output head shares its matrix with the token embedding
    qk_norm: bool  # RMSNorm of each query and key head before attention
    rope_theta: float = 10_000.0  # base of the rotary wavelengths, dimensionless
    norm_epsilon: float = 1e-6  # added to the variance in each normalisation
    dropout: float = 0.0  # probability of zeroing a number during training
    causal_mask: bool = True  # False: what if a token also saw the tokens after it?
    residual: bool = True  # False: what if attention and MLP replaced their input, instead of adding to it?
    scaled_scores: bool = True  # False: what if query times key were not divided by sqrt(head_dim)?

    def __post_init__(self) -> None:
        self._check_sizes()
        self._check_choices()
        if self.num_heads % self.num_key_value_heads:
            raise ValueError(
                f"num_heads={self.num_heads} with num_key_value_heads={self.num_key_value_heads}: every key/value head must serve "
                f"the same number of query heads. Set num_key_value_heads to a divisor of num_heads."
            )
        if self.positions == "rotary" and self.head_dim % 2:
            raise ValueError(
                f'positions="rotary" with head_dim={self.head_dim}: rotary positions turn numbers in pairs, so head_dim must be '
                f"even. Set an even head_dim or another positions."
            )
        if self.positions == "sinusoidal" and self.width % 2:
            raise ValueError(
                f'positions="sinusoidal" with width={self.width}: the table pairs sines with cosines, so width must be even. '
                f"Set an even width or another positions."
            )

    def _check_sizes(self) -> None:
        for name in _SIZES:
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: sizes are at least 1. Set {name} to a positive integer.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout={self.dropout}: a probability in [0, 1) is allowed. Set dropout=0.0 to switch it off.")

    def _check_choices(self) -> None:
        for name, kind in (("positions", Positions), ("norm", Norm), ("activation", Activation)):
            if getattr(self, name) not in get_args(kind):
                choices = ", ".join(f'"{choice}"' for choice in get_args(kind))
                raise ValueError(f"{name}={getattr(self, name)!r}: {choices} are available. Choose one of them.")

    @classmethod
    def gpt2(cls, *, vocabulary_size: int, context: int, num_layers: int, num_heads: int, width: int, **changes) -> "GPTConfig":
        """The formulas of GPT-2 (Radford et al. 2019); `changes` replaces any other field, e.g. `positions="sinusoidal"`.

        >>> GPTConfig.gpt2(vocabulary_size=256, context=64, num_layers=2, num_heads=4, width=128).positions
        'learned'
        """
        preset = dict(
            num_key_value_heads=num_heads,
            head_dim=_head_dim(width, num_heads),
            mlp_width=4 * width,
            positions="learned",
            norm="layer_norm",
            activation="gelu",
            bias=True,
            tie_embeddings=True,
            qk_norm=False,
            norm_epsilon=1e-5,
        )
        sizes = dict(vocabulary_size=vocabulary_size, context=context, num_layers=num_layers, num_heads=num_heads, width=width)
        return cls(**{**preset, **sizes, **changes})

    @classmethod
    def modern(cls, *, vocabulary_size: int, context: int, num_layers: int, num_heads: int, width: int, **changes) -> "GPTConfig":
        """The formulas of Qwen3 (arXiv:2505.09388, section 2); `changes` replaces any other field.

        >>> GPTConfig.modern(vocabulary_size=256, context=64, num_layers=2, num_heads=4, width=128).positions
        'rotary'
        """
        preset = dict(
            num_key_value_heads=num_heads // 2 if num_heads % 2 == 0 else num_heads,
            head_dim=_head_dim(width, num_heads),
            mlp_width=8 * width // 3,
            positions="rotary",
            norm="rms_norm",
            activation="swiglu",
            bias=False,
            tie_embeddings=True,
            qk_norm=True,
            norm_epsilon=1e-6,
        )
        sizes = dict(vocabulary_size=vocabulary_size, context=context, num_layers=num_layers, num_heads=num_heads, width=width)
        return cls(**{**preset, **sizes, **changes})


def _head_dim(width: int, num_heads: int) -> int:
    """The usual width of a head, D / H; at least 1 so that the record's own checks speak about the sizes."""
    return max(1, width // max(1, num_heads))
