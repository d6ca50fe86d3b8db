"""What the layers of a GPT-2, Llama, Qwen2 or Qwen3 model compute, read off its modules.

In: a transformers model. Out: a `Plan`: its formulas as a few functions of rows, without module calls; None for any model that is
not exactly one of these (another dtype, a window, an adapter, a hook). Kept per model and made anew when its weights have changed.
Does not know caches or decoding.
"""

from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import GPT2LMHeadModel, LlamaForCausalLM, PreTrainedModel, Qwen2ForCausalLM, Qwen3ForCausalLM
from transformers.activations import NewGELUActivation
from transformers.models.gpt2 import modeling_gpt2 as gpt2
from transformers.models.llama import modeling_llama as llama
from transformers.models.qwen2 import modeling_qwen2 as qwen2
from transformers.models.qwen3 import modeling_qwen3 as qwen3
from transformers.pytorch_utils import Conv1D

from .fast_products import Product, product
from .fast_row import RowPlan, row_plan

COPIED_BYTES = 2**29  # larger models keep their weights where they are
ROTARY_MODELS = {LlamaForCausalLM: (llama, "Llama"), Qwen2ForCausalLM: (qwen2, "Qwen2"), Qwen3ForCausalLM: (qwen3, "Qwen3")}
ROTARY_PARTS = ("Model", "DecoderLayer", "Attention", "MLP", "RMSNorm", "RotaryEmbedding")
TORCH_PARTS = {nn.Linear, nn.Embedding, nn.ModuleList, nn.LayerNorm, nn.Dropout, Conv1D}
GPT2_PARTS = {gpt2.GPT2Model, gpt2.GPT2Block, gpt2.GPT2Attention, gpt2.GPT2MLP}
ACTIVATION_FILES = {"transformers.activations", "torch.nn.modules.activation"}


@dataclass(frozen=True)
class Layer:
    """One layer; every product maps rows (B, ...) to rows."""

    norm: Product
    queries_keys_values: Product  # (B, (H + 2 Hkv) Dh)
    head_norm: Product | None  # of each query and key head (B, H + Hkv, Dh) (Qwen3)
    scaling: float
    output: Product
    mlp_norm: Product
    mlp: Product


@dataclass(frozen=True)
class Plan:
    """A whole model: `embed` takes ids and positions, both (B,), and gives (B, D)."""

    embed: Callable[[Tensor, Tensor], Tensor]
    rotary: nn.Module | None  # None: positions are in the embedding
    layers: tuple[Layer, ...]
    head: Product  # (B, D) -> (B, V), the last normalization included
    num_heads: int
    num_key_value_heads: int
    head_dim: int
    row: RowPlan | None = None  # for one sequence alone, where the model is small


_PLANS: WeakKeyDictionary[PreTrainedModel, tuple[tuple, Plan]] = WeakKeyDictionary()


def plan_of(model: PreTrainedModel) -> Plan | None:
    """The plan of `model`, or None where its formulas are not known here to the letter."""
    if model.dtype != torch.float32 or model.training or model.config._attn_implementation != "sdpa":
        return None
    is_gpt2 = type(model) is GPT2LMHeadModel
    if not (is_gpt2 or type(model) in ROTARY_MODELS) or not (_fits_gpt2(model) if is_gpt2 else _fits_rotary(model)):
        return None
    if any(parameter.is_inference() for parameter in model.parameters()):
        return None  # whether such weights have changed cannot be seen
    state = tuple((parameter.data_ptr(), parameter._version) for parameter in model.parameters())
    state += (torch.get_num_threads(),)
    known = _PLANS.get(model)
    if known is None or known[0] != state:
        with torch.inference_mode():
            known = _PLANS[model] = (state, _gpt2_plan(model) if is_gpt2 else _rotary_plan(model))
    return known[1]


def _fits_gpt2(model: PreTrainedModel) -> bool:
    return not model.config.add_cross_attention and all(_is_plain(module, GPT2_PARTS) for module in _below(model))


def _fits_rotary(model: PreTrainedModel) -> bool:
    file, family = ROTARY_MODELS[type(model)]
    parts = {getattr(file, family + part) for part in ROTARY_PARTS}
    windows = set(getattr(model.config, "layer_types", None) or ["full_attention"])  # Llama has no windows to name
    plain = all(_is_plain(module, parts) for module in _below(model))
    return plain and windows == {"full_attention"} and model.model.rotary_emb.rope_type == "default"


def _below(model: PreTrainedModel) -> list[nn.Module]:
    return [module for module in model.modules() if module is not model]


def _is_plain(module: nn.Module, parts: set[type]) -> bool:
    """Whether a module computes what its class says: no adapter, quantization, hook or forward of its own."""
    hooked = module._forward_hooks or module._forward_pre_hooks or "forward" in vars(module)
    known = type(module) in parts or type(module) in TORCH_PARTS or type(module).__module__ in ACTIVATION_FILES
    return known and not hooked


def _copies(model: PreTrainedModel) -> bool:
    return sum(parameter.nbytes for parameter in model.parameters()) <= COPIED_BYTES


def _gpt2_plan(model: GPT2LMHeadModel) -> Plan:
    body = model.transformer
    tokens, positions = body.wte.weight.detach(), body.wpe.weight.detach()
    copy = _copies(model)
    layers = []
    for block in body.h:
        widen, narrow, activation = (
            product([block.mlp.c_fc], copy=copy),
            product([block.mlp.c_proj], copy=copy),
            _activation(block.mlp.act),
        )
        layers.append(
            Layer(
                norm=_norm(block.ln_1),
                queries_keys_values=product([block.attn.c_attn], copy=copy),
                head_norm=None,
                scaling=block.attn.scaling,
                output=product([block.attn.c_proj], copy=copy),
                mlp_norm=_norm(block.ln_2),
                mlp=_chain(widen, activation, narrow),
            )
        )
    heads = model.config.num_attention_heads
    head = _chain(_norm(body.ln_f), product([model.lm_head], copy=copy))
    return Plan(lambda ids, at: tokens[ids] + positions[at], None, tuple(layers), head, heads, heads, body.h[0].attn.head_dim)


def _rotary_plan(model: PreTrainedModel) -> Plan:
    body, first = model.model, model.model.layers[0].self_attn
    tokens = body.embed_tokens.weight.detach()
    copy = _copies(model)
    num_heads, num_key_value_heads = (each.out_features // first.head_dim for each in (first.q_proj, first.k_proj))
    layers = []
    for layer in body.layers:
        attention, mlp = layer.self_attn, layer.mlp
        head_norm = None
        if isinstance(attention, qwen3.Qwen3Attention):
            norms = [attention.q_norm.weight.expand(num_heads, -1), attention.k_norm.weight.expand(num_key_value_heads, -1)]
            head_norm = root_mean_square_norm(torch.cat(norms), attention.q_norm.variance_epsilon)
        layers.append(
            Layer(
                norm=_norm(layer.input_layernorm),
                queries_keys_values=product([attention.q_proj, attention.k_proj, attention.v_proj], copy=copy),
                head_norm=head_norm,
                scaling=attention.scaling,
                output=product([attention.o_proj], copy=copy),
                mlp_norm=_norm(layer.post_attention_layernorm),
                mlp=_gated(mlp, copy),
            )
        )
    head = _chain(_norm(body.norm), product([model.lm_head], copy=copy))
    dimensions = (num_heads, num_key_value_heads, first.head_dim)
    return Plan(lambda ids, at: tokens[ids], body.rotary_emb, tuple(layers), head, *dimensions, row=row_plan(model))


def _gated(mlp: nn.Module, copy: bool) -> Product:
    gate_and_up, down, activation = (
        product([mlp.gate_proj, mlp.up_proj], copy=copy),
        product([mlp.down_proj], copy=copy),
        mlp.act_fn,
    )

    def run(rows: Tensor) -> Tensor:
        gate, up = gate_and_up(rows).chunk(2, dim=-1)
        return down(activation(gate) * up)

    return run


def _activation(module: nn.Module) -> Callable[[Tensor], Tensor]:
    """The same formula in one operation where transformers writes it in eight."""
    return (lambda rows: F.gelu(rows, approximate="tanh")) if isinstance(module, NewGELUActivation) else module


def _norm(module: nn.Module) -> Product:
    weight, bias, epsilon = module.weight.detach(), getattr(module, "bias", None), getattr(module, "eps", None)
    if isinstance(module, nn.LayerNorm):
        return lambda rows: F.layer_norm(rows, weight.shape, weight, bias, epsilon)
    return root_mean_square_norm(weight, module.variance_epsilon)


def root_mean_square_norm(weight: Tensor, epsilon: float) -> Product:
    """What `F.rms_norm` computes, in half as many operations: x / sqrt(mean(x²) + ε) = x √n / hypot(|x|, √(n ε))."""
    size = weight.shape[-1]
    scaled, least = weight * size**0.5, weight.new_tensor((size * epsilon) ** 0.5)
    return lambda rows: (rows * scaled).div_(torch.linalg.vector_norm(rows, dim=-1, keepdim=True).hypot_(least))


def _chain(*steps: Callable[[Tensor], Tensor]) -> Product:
    def run(rows: Tensor) -> Tensor:
        for step in steps:
            rows = step(rows)
        return rows

    return run
