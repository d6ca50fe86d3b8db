"""Every formula of a GPT once more, straight from its equation: plain loops, number by number, nothing of torch's own layers.

In: the same parameters and inputs as the fast modules. Out: the same values; autograd through these loops gives the gradients.
Slow on purpose. Nothing here is shared with the code under test.
"""

import math

import torch
from torch import Tensor


def linear(layer, x: Tensor) -> Tensor:
    """y_j = sum_i W_ji x_i + b_j; x # (D)"""
    rows = [(row * x).sum() for row in layer.weight]
    return torch.stack(rows) if layer.bias is None else torch.stack(rows) + layer.bias


def embedding(table: Tensor, ids: Tensor) -> Tensor:
    """x_t = onehot(id_t) E; ids # (T)"""
    onehot = torch.tensor([[float(v == i) for v in range(len(table))] for i in ids.tolist()], dtype=table.dtype)  # (T, V)
    return onehot @ table  # (T, D)


def layer_norm(norm, x: Tensor) -> Tensor:
    """gamma (x - mu) / sqrt(sigma^2 + eps) + beta; x # (D)"""
    mean = sum(x) / len(x)
    variance = sum((number - mean) ** 2 for number in x) / len(x)
    return norm.weight * (x - mean) / (variance + norm.eps).sqrt() + norm.bias


def rms_norm(norm, x: Tensor) -> Tensor:
    """gamma x / sqrt(mean(x^2) + eps); x # (D)"""
    return norm.weight * x / (sum(number**2 for number in x) / len(x) + norm.eps).sqrt()


def gelu_mlp(mlp, x: Tensor) -> Tensor:
    """W_2 GELU(W_1 x + b_1) + b_2, the tanh form; x # (D)"""
    z = linear(mlp.up, x)
    return linear(mlp.down, z / 2 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))))


def swiglu_mlp(mlp, x: Tensor) -> Tensor:
    """W_down (SiLU(W_gate x) * W_up x), SiLU(z) = z / (1 + e^-z); x # (D)"""
    z = linear(mlp.gate, x)
    return linear(mlp.down, z / (1 + torch.exp(-z)) * linear(mlp.up, x))


def sinusoid(t: int, column: int, width: int) -> float:
    """PE_{t, 2 i} = sin(t / 10000^(2 i / D)), PE_{t, 2 i + 1} = cos of the same."""
    angle = t / 10_000 ** (column // 2 * 2 / width)
    return math.cos(angle) if column % 2 else math.sin(angle)


def rotated(x: Tensor, t: int, theta: float) -> Tensor:
    """The pairs (x_i, x_{i + d/2}), as complex numbers, times e^(j t theta^(-2 i / d)); x # (d)"""
    half = len(x) // 2
    turned = [torch.complex(x[i], x[i + half]) * complex(*_on_circle(t * theta ** (-2 * i / len(x)))) for i in range(half)]
    return torch.stack([pair.real for pair in turned] + [pair.imag for pair in turned])


def _on_circle(angle: float) -> tuple[float, float]:
    return math.cos(angle), math.sin(angle)


def attention(module, x: Tensor, config) -> Tensor:
    """softmax(q k / sqrt(d)) v over the tokens that are seen, one head and one query at a time; x # (T, D)"""
    d, tokens = config.head_dim, range(len(x))
    q = [_heads(module.query, module.query_norm, x[t], t, config) for t in tokens]  # T x H x (d)
    k = [_heads(module.key, module.key_norm, x[t], t, config) for t in tokens]  # T x H_kv x (d)
    v = [linear(module.value, x[t]).split(d) for t in tokens]  # T x H_kv x (d)
    shared_by = config.num_heads // config.num_key_value_heads
    scale = math.sqrt(d) if config.scaled_scores else 1.0
    rows = []
    for t in tokens:
        seen = range(t + 1) if config.causal_mask else tokens
        mixed = []
        for h in range(config.num_heads):
            scores = [(q[t][h] * k[s][h // shared_by]).sum() / scale for s in seen]
            total = sum(score.exp() for score in scores)
            mixed.append(sum(score.exp() / total * v[s][h // shared_by] for score, s in zip(scores, seen, strict=True)))  # (d)
        rows.append(linear(module.output, torch.cat(mixed)))  # (D)
    return torch.stack(rows)  # (T, D)


def _heads(layer, norm, x: Tensor, t: int, config) -> list[Tensor]:
    heads = list(linear(layer, x).split(config.head_dim))
    if config.qk_norm:
        heads = [rms_norm(norm, head) for head in heads]
    return [rotated(head, t, config.rope_theta) for head in heads] if config.positions == "rotary" else heads


def gpt(module, ids: Tensor) -> Tensor:
    """The whole GPT: logits # (T, V) of one sequence; ids # (T)"""
    config = module.config
    norm = rms_norm if config.norm == "rms_norm" else layer_norm
    mlp = swiglu_mlp if config.activation == "swiglu" else gelu_mlp
    x = embedding(module.embedding.weight, ids)  # (T, D)
    if config.positions == "learned":
        x = x + embedding(module.positions.weight, torch.arange(len(ids)))  # (T, D)
    elif config.positions == "sinusoidal":
        x = x + 0.02 * torch.tensor([[sinusoid(t, i, config.width) for i in range(config.width)] for t in range(len(ids))])
    for block in module.blocks:
        attended = attention(block.attention, torch.stack([norm(block.attention_norm, row) for row in x]), config)
        x = x + attended if config.residual else attended  # (T, D)
        processed = torch.stack([mlp(block.mlp, norm(block.mlp_norm, row)) for row in x])
        x = x + processed if config.residual else processed  # (T, D)
    return torch.stack([linear(module.head, norm(module.norm, row)) for row in x])  # (T, V)


def next_token_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """-1/N sum_n log(e^z_{n, y_n} / sum_v e^z_{n, v}); logits # (N, V), targets # (N)"""
    losses = [-(row[target].exp() / sum(number.exp() for number in row)).log() for row, target in zip(logits, targets, strict=True)]
    return sum(losses) / len(losses)
