"""Causal attention in blocks of queries, for training on a CPU in bfloat16, where torch's own fused kernel is slow.

In: queries, keys and values. Out: the mixed values, with a backward pass of its own. Each block of queries meets only the keys up
to its last one, so almost half of the products are never made. It does not know positions, dropout or caches.
"""

import torch
from torch import Tensor

BLOCK = 64  # queries at once
LONGEST = 1024  # tokens: the weights of all blocks are kept for the backward pass


def suits_blocks(q: Tensor, *, dropout: float) -> bool:
    """Whether `blocked_attention` is the quicker way: gradients in bfloat16 on a CPU, no dropout, at most 1,024 tokens.

    >>> suits_blocks(torch.zeros(1, 1, 8, 4), dropout=0.0)  # float32
    False
    """
    here = q.device.type == "cpu" and q.dtype == torch.bfloat16 and q.requires_grad
    return here and not dropout and q.shape[2] <= LONGEST


def blocked_attention(q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
    r"""$\mathrm{softmax}(s\,QK^\top + M)\,V$ with M = -inf above the diagonal, for q (B, H, T, d), k and v (B, H_kv, T, d).

    Gives # (B, H, T, d). The gradients are those of Dao et al. 2022, "FlashAttention", arXiv:2205.14135, appendix B.2; here the
    weights are kept, not computed again.

    >>> blocked_attention(*torch.ones(3, 1, 2, 5, 8, dtype=torch.bfloat16), scale=1.0).shape
    torch.Size([1, 2, 5, 8])
    """
    return _BlockedAttention.apply(q, k, v, scale)


class _BlockedAttention(torch.autograd.Function):
    @staticmethod
    def forward(ctx, q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
        num_sequences, num_heads, num_tokens, head_dim = q.shape
        num_groups = num_heads // k.shape[1]
        q = (q * scale).reshape(num_sequences * k.shape[1], num_groups, num_tokens, head_dim)  # (B H_kv, G, T, d)
        k, v = k.flatten(0, 1), v.flatten(0, 1)  # (B H_kv, T, d)
        mixed = torch.empty_like(q)  # (B H_kv, G, T, d)
        all_weights = []
        for start in range(0, num_tokens, BLOCK):
            end = min(start + BLOCK, num_tokens)
            rows = q[:, :, start:end].flatten(1, 2)  # (B H_kv, G Q, d)
            scores = (rows @ k[:, :end].transpose(1, 2)).unflatten(1, (num_groups, -1))  # (B H_kv, G, Q, K)
            scores[..., start:].masked_fill_(_future(end - start), float("-inf"))
            weights = scores.softmax(-1).flatten(1, 2)  # (B H_kv, G Q, K)
            mixed[:, :, start:end] = (weights @ v[:, :end]).unflatten(1, (num_groups, -1))
            all_weights.append(weights)
        mixed = mixed.view(num_sequences, num_heads, num_tokens, head_dim)  # (B, H, T, d)
        ctx.save_for_backward(q, k, v, mixed, *all_weights)
        ctx.scale = scale
        return mixed

    @staticmethod
    def backward(ctx, upstream: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        q, k, v, mixed, *all_weights = ctx.saved_tensors
        num_sequences, num_heads, num_tokens, head_dim = mixed.shape
        num_groups = q.shape[1]
        along = (upstream.float() * mixed.float()).sum(-1, keepdim=True).to(q.dtype).view(*q.shape[:3], 1)  # (B H_kv, G, T, 1)
        upstream = upstream.reshape(q.shape)  # (B H_kv, G, T, d)
        to_q = torch.empty_like(q)  # (B H_kv, G, T, d)
        to_k, to_v = torch.zeros_like(k), torch.zeros_like(v)  # (B H_kv, T, d)
        for number, weights in enumerate(all_weights):  # (B H_kv, G Q, K)
            start, end = number * BLOCK, min((number + 1) * BLOCK, num_tokens)
            rows, above = q[:, :, start:end].flatten(1, 2), upstream[:, :, start:end].flatten(1, 2)  # (B H_kv, G Q, d)
            to_v[:, :end].baddbmm_(weights.transpose(1, 2), above)
            to_scores = torch.baddbmm(along[:, :, start:end].flatten(1, 2), above, v[:, :end].transpose(1, 2), beta=-1).mul_(
                weights
            )
            to_q[:, :, start:end] = (to_scores @ k[:, :end]).unflatten(1, (num_groups, -1))
            to_k[:, :end].baddbmm_(to_scores.transpose(1, 2), rows)
        shape = (num_sequences, -1, num_tokens, head_dim)
        return to_q.mul_(ctx.scale).view(mixed.shape), to_k.view(shape), to_v.view(shape), None


def _future(num: int) -> Tensor:
    return torch.ones(num, num, dtype=torch.bool).triu_(1)  # (Q, Q)
