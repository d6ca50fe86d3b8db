"""The GPT: embed, pass through L blocks, score the next token.

In: token ids # (B, T). Out: logits # (B, T, V), one score per token of the vocabulary at every position.
It does not know about text, training, sampling or files.
"""

import math

import torch
from torch import Tensor, nn

from .attention import Attention
from .config import GPTConfig
from .dropout import Dropout
from .embeddings import OutputHead, TokenEmbedding
from .mlp import make_mlp
from .norms import make_norm
from .positions import LearnedPositions, RotaryPositions, SinusoidalPositions

INITIAL_STD = 0.02  # standard deviation of fresh weights; Radford et al. 2018, section 4.1
INITIAL_EMBEDDING_STD = 0.5  # of an embedding that is neither the head nor added to positions


class Block(nn.Module):
    r"""One block, normalised before each part: $x \leftarrow x + \mathrm{Attention}(\mathrm{Norm}(x))$,
    $x \leftarrow x + \mathrm{MLP}(\mathrm{Norm}(x))$. `residual=False` leaves out both "x +".

    Source: Radford et al. 2019 (GPT-2), section 2.3; Xiong et al. 2020, arXiv:2002.04745, table 1 (Pre-LN).

    >>> config = GPTConfig.modern(vocabulary_size=9, context=16, num_layers=1, num_heads=4, width=32)
    >>> Block(config, rotary=None)(torch.zeros(1, 3, 32)).shape
    torch.Size([1, 3, 32])
    """

    def __init__(self, config: GPTConfig, rotary: RotaryPositions | None):
        super().__init__()
        self.attention_norm = make_norm(config.norm, config.width, config.norm_epsilon)
        self.attention = Attention(config, rotary)
        self.mlp_norm = make_norm(config.norm, config.width, config.norm_epsilon)
        self.mlp = make_mlp(config)
        self.dropout = Dropout(config.dropout)
        self.residual = config.residual

    def forward(self, x: Tensor) -> Tensor:
        attended = self.dropout(self.attention(self.attention_norm(x)))  # (B, T, D)
        x = x + attended if self.residual else attended  # (B, T, D)
        processed = self.dropout(self.mlp(self.mlp_norm(x)))  # (B, T, D)
        return x + processed if self.residual else processed  # (B, T, D)


class GPT(nn.Module):
    """A decoder-only transformer: `GPT(config)(ids)` gives logits # (B, T, V) for ids # (B, T), int64.

    Fresh weights depend on `seed` alone, not on torch's global random state.
    Raises ValueError for more tokens than `config.context`.

    >>> gpt = GPT(GPTConfig.modern(vocabulary_size=100, context=16, num_layers=2, num_heads=4, width=32))
    >>> gpt(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 100])
    """

    def __init__(self, config: GPTConfig, *, seed: int = 0):
        super().__init__()
        self.config = config
        self.embedding = TokenEmbedding(config.vocabulary_size, config.width)
        self.positions = _make_added_positions(config)
        rotary = RotaryPositions(config.context, config.head_dim, config.rope_theta) if config.positions == "rotary" else None
        self.dropout = Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config, rotary) for _ in range(config.num_layers))
        self.norm = make_norm(config.norm, config.width, config.norm_epsilon)
        self.head = OutputHead(config.width, config.vocabulary_size)
        if config.tie_embeddings:
            self.head.weight = self.embedding.weight
        initialise(self, torch.Generator().manual_seed(seed))

    def forward(self, ids: Tensor) -> Tensor:
        """Logits # (B, T, V) for ids # (B, T)."""
        num_tokens = ids.shape[1]
        if num_tokens > self.config.context:
            raise ValueError(
                f"{num_tokens} tokens given: this model reads at most context={self.config.context}. "
                f"Shorten the input or build the model with a larger context."
            )
        x = self.embedding(ids)  # (B, T, D)
        if self.positions is not None:
            x = x + self.positions(num_tokens)  # (B, T, D)
        x = self.dropout(x)  # (B, T, D)
        for block in self.blocks:
            x = block(x)  # (B, T, D)
        return self.head(self.norm(x))  # (B, T, V)

    @property
    def num_parameters(self) -> int:
        """How many numbers are trained; a tied matrix counts once."""
        return sum(parameter.numel() for parameter in self.parameters())

    def get_output_embeddings(self) -> nn.Module:
        """The output head, under the name transformers gives it, so that training treats both kinds of model alike."""
        return self.head


@torch.no_grad()
def initialise(gpt: GPT, generator: torch.Generator) -> None:
    """Draws all matrices of `gpt` from a normal of standard deviation 0.02 and zeroes the biases, in place.

    The matrices that write into the residual stream start smaller, so that depth does not blow it up: with
    LayerNorm by 1 / sqrt(2 L) (Radford et al. 2019, section 2.3), with RMSNorm at zero (Zhang, Dauphin and Ma 2019, "Fixup",
    arXiv:1901.09321, section 3; each block is then the identity at first). Without a residual stream they start like the others:
    a zero would cut the model in two. An embedding that stands alone, neither tied to the head nor added to positions, starts
    larger, so that what blocks add to it at first is small beside it (Takase et al. 2023, "Spike No More", arXiv:2312.16903, on
    large shortcuts).
    """
    embedding_std = INITIAL_STD if gpt.config.tie_embeddings or gpt.positions is not None else INITIAL_EMBEDDING_STD
    for name, parameter in gpt.named_parameters():
        if parameter.ndim == 2:
            std = embedding_std if name == "embedding.weight" else INITIAL_STD
            if gpt.config.residual and name.endswith(("attention.output.weight", "mlp.down.weight")):
                std = 0.0 if gpt.config.norm == "rms_norm" else INITIAL_STD / math.sqrt(2 * gpt.config.num_layers)
            parameter.copy_(std * torch.randn(parameter.shape, generator=generator))
        elif name.endswith("bias"):
            parameter.zero_()


def _make_added_positions(config: GPTConfig) -> nn.Module | None:
    if config.positions == "learned":
        return LearnedPositions(config.context, config.width)
    return SinusoidalPositions(config.context, config.width) if config.positions == "sinusoidal" else None
