"""From token ids to vectors, and from vectors to a score per token: the two ends of a GPT.

In: ids # (B, T) or hidden vectors # (B, T, D). Out: vectors # (B, T, D) or logits # (B, T, V).
It does not know about positions or blocks.
"""

import torch.nn.functional as F
from torch import Tensor, nn


class TokenEmbedding(nn.Embedding):
    r"""One learned row per token: $x_t = E_{\mathrm{id}_t}$.

    Source: Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762, section 3.4 (without its factor sqrt(D)).

    >>> TokenEmbedding(100, 8)(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 8])
    """

    def forward(self, ids: Tensor) -> Tensor:
        return F.embedding(ids, self.weight)  # (B, T, D)


class OutputHead(nn.Linear):
    r"""A score for each token of the vocabulary: $\mathrm{logits}_t = W h_t$; tied heads use $W = E$.

    Source: Press and Wolf 2017, "Using the Output Embedding to Improve Language Models", arXiv:1608.05859, equation 2.

    >>> OutputHead(8, 100)(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 100])
    """

    def __init__(self, width: int, vocabulary_size: int):
        super().__init__(width, vocabulary_size, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.weight)  # (B, T, V)
