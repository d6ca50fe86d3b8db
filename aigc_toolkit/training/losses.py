"""The loss of next-token prediction, with its gradient computed in one pass over the logits.

In: logits # (N, V), float32 or bfloat16, targets # (N,) and their weights. Out: the mean loss in nats per token, float32.
It does not know the model. It exists beside torch's own cross entropy because on a CPU the logits are the largest tensor of a
step: rows are taken in chunks that stay in the cache.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

ROWS_PER_CHUNK = 256


def next_token_loss(logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    r"""The mean cross entropy $-\frac{1}{N}\sum_n w_n \log p_{n, y_n}$, $p_n = \mathrm{softmax}(\mathrm{logits}_n)$, float32, 0-d.

    `weights`, N of them in any shape, are 1 when not given. The gradient is $w_n (p_n - \mathrm{onehot}(y_n)) / N$, computed in
    float32 and kept in the dtype of the logits.
    Source: Goodfellow, Bengio and Courville 2016, "Deep Learning", section 6.2.2.3.

    >>> next_token_loss(torch.zeros(2, 8), torch.tensor([3, 5])).item()  # ln 8
    2.0794415...
    """
    return _CrossEntropy.apply(logits, targets, weights)


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits: Tensor, targets: Tensor, weights: Tensor | None) -> Tensor:
        gradient = torch.empty_like(logits)  # (N, V)
        losses = []
        for rows, ys, gradient_rows in zip(*(x.split(ROWS_PER_CHUNK) for x in (logits, targets, gradient)), strict=True):
            logprobs = F.log_softmax(rows, -1, dtype=torch.float32)  # (rows, V)
            losses.append(-logprobs.gather(1, ys[:, None])[:, 0])  # (rows)
            probs = logprobs.exp_()  # (rows, V)
            probs.scatter_add_(1, ys[:, None], probs.new_full((len(ys), 1), -1.0))  # (rows, V)
            gradient_rows.copy_(probs.div_(len(logits)))  # (rows, V)
        losses = torch.cat(losses)  # (N)
        if weights is not None:
            weights = weights.flatten()  # (N)
            gradient.mul_(weights[:, None])  # (N, V)
            losses = losses * weights  # (N)
        ctx.save_for_backward(gradient)
        return losses.mean()

    @staticmethod
    def backward(ctx, upstream: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * upstream.to(gradient.dtype), None, None  # (N, V)
