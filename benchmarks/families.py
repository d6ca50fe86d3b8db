"""Walk every causal, masked and sequence-to-sequence architecture of the installed transformers, and check its captured attention.

Each is built small with random weights, run over token ids longer than its windows, captured, and compared with its own eager
kernel: exact (within 1e-5), refused (by name, with the reason) or wrong. Wrong must be zero. Prints a line per architecture, also
for those that cannot be built small, and why.

    python benchmarks/families.py            all of them, some minutes on 2 cores
    python benchmarks/families.py gemma t5   those whose name contains one of the words
"""

import collections
import copy
import logging
import signal
import sys
import time
import warnings

import torch
import transformers
from small_configurations import small_configuration, small_tokenizer, widened
from transformers.models.auto import modeling_auto

from aigc_toolkit import Attention, LanguageModel, capture_attention

LARGEST_DIFFERENCE = 1e-5
LARGEST_MODEL = 40_000_000  # parameters: what is larger did not become small
NUM_TOKENS, NUM_SOURCE_TOKENS = 23, 17
SECONDS_EACH = 60
MAPPINGS = {
    "causal": modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    "masked": modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    "seq2seq": modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
}


class NotBuilt(Exception):
    """Why an architecture could not be built or run small."""


def architectures() -> list[tuple[str, str, str]]:
    """(task, model type, class name) of each, a class once."""
    found = {}
    for task, mapping in MAPPINGS.items():
        for model_type, names in mapping.items():
            for name in [names] if isinstance(names, str) else names:
                found.setdefault(name, (task, model_type, name))
    return list(found.values())


def build(class_name: str) -> transformers.PreTrainedModel:
    """The architecture with small sizes and wide random weights, in the kernel it chooses itself. Raises NotBuilt."""
    model_class = getattr(transformers, class_name)
    try:
        config = small_configuration(model_class.config_class)
        with torch.device("meta"):
            size = sum(parameter.numel() for parameter in model_class(copy.deepcopy(config)).parameters())
        if size > LARGEST_MODEL:
            raise NotBuilt(f"still has {size / 1e6:.0f} M parameters")
        torch.manual_seed(0)
        return widened(model_class(config)).eval()
    except NotBuilt:
        raise
    except Exception as error:
        raise NotBuilt(in_a_line(error)) from error


@torch.inference_mode()
def run(model: transformers.PreTrainedModel, ids: list[int], source: list[int] | None, **further) -> dict:
    names = ("input_ids", "decoder_input_ids") if source else ("input_ids",)
    sides = [source, ids] if source else [ids]
    arguments = {name: torch.tensor([side]) for name, side in zip(names, sides, strict=True)}
    return model(**arguments, **further, return_dict=True)


def examine(class_name: str, tokenizer) -> tuple[str, str]:
    """(verdict, details) of one architecture. Raises NotBuilt."""
    model = build(class_name)
    numbers = torch.randint(5, 95, (NUM_TOKENS + NUM_SOURCE_TOKENS,), generator=torch.Generator().manual_seed(1)).tolist()
    ids, source = numbers[:NUM_TOKENS], numbers[NUM_TOKENS:] if model.config.is_encoder_decoder else None
    lm = LanguageModel(model, tokenizer, class_name)
    try:
        plain = run(model, ids, source, **lm.accepted(use_cache=False))
    except Exception as error:
        raise NotBuilt(f"does not run on token ids alone: {in_a_line(error)}") from error
    try:
        attention = capture_attention(lm, ids, source=source)
    except ValueError as error:
        message = str(error)
        if "cannot be recorded: " not in message:
            raise
        return "refused", message.split("cannot be recorded: ")[1].split(". Allowed are")[0]
    if not same(run(model, ids, source, **lm.accepted(use_cache=False))[0], plain[0], tolerance=0.0):
        return "wrong", "logits are not what they were before recording"
    return judge(lm, attention, plain[0], ids, source)


def judge(lm, attention: Attention, logits: torch.Tensor, ids: list[int], source: list[int] | None) -> tuple[str, str]:
    """Compare with the eager kernel; where that computes something else or says nothing, verify() is the witness."""
    proof = attention.verify()
    layers = f"{attention.num_layers} of {attention.num_model_layers} layers"
    facts = f"{lm.model.config._attn_implementation}, {'+'.join(attention.kinds)}, {layers}, {proof.compared}"
    try:
        reference = run(eager_copy(lm.model), ids, source, output_attentions=True, **lm.accepted(use_cache=False))
    except Exception as error:
        return "verified", f"{facts}; no eager kernel: {in_a_line(error)}"
    if not same(reference[0], logits, tolerance=1e-3):
        return "verified", f"{facts}; its eager kernel computes other logits"
    largest = 0.0
    for kind in attention.kinds:
        part, layers = attention.of(kind), reference.get(f"{kind}_attentions" if source else "attentions")
        layers = [layer for layer in layers or () if isinstance(layer, torch.Tensor) and layer.dim() == 4]
        if len(layers) == part.num_model_layers:  # linear layers of hybrids report their state as if it were weights
            layers = [layer for index, layer in enumerate(layers) if index not in part.other_layers or is_attention(layer)]
        if not layers:
            return "verified", f"{facts}; its eager kernel gives no {kind} weights"
        if len(layers) != part.num_layers:
            return "wrong", f"{facts}; {kind}: {part.num_layers} layers captured, {len(layers)} in the reference"
        largest = max(largest, *(difference(part, layer, weights[0]) for layer, weights in enumerate(layers)))
    return ("exact" if largest <= LARGEST_DIFFERENCE else "wrong"), f"{facts}; {largest:.1e}"


def eager_copy(model: transformers.PreTrainedModel) -> transformers.PreTrainedModel:
    """The same weights with the eager kernel. Some families choose their kernel only when they are built."""
    eager = copy.deepcopy(model)
    eager.set_attn_implementation("eager")
    if eager.config._attn_implementation != "eager":
        eager = type(model)._from_config(copy.deepcopy(model.config), attn_implementation="eager").eval()
        eager.load_state_dict(model.state_dict())
    return eager


def difference(attention: Attention, layer: int, weights: torch.Tensor) -> float:
    """Largest over the heads of a layer; `weights` is (H, Q, K).

    Eager kernels leave a learned sink's column out; some report weights from before the sink takes its share.
    """
    num_keys = weights.shape[-1]
    captured = [attention.weights(layer, head)[:, :num_keys] for head in range(attention.sites[layer].num_heads)]
    if len(captured) != len(weights) or captured[0].shape != weights[0].shape:
        return float("inf")
    theirs = weights.float().numpy()
    if attention.sites[layer].sinks is not None and abs(theirs.sum(-1) - 1).max() < LARGEST_DIFFERENCE:
        captured = [mine / mine.sum(-1, keepdims=True) for mine in captured]
    return max(abs(mine - their).max().item() for mine, their in zip(captured, theirs, strict=True))


def is_attention(weights: torch.Tensor) -> bool:
    return weights.shape[-2:] == (NUM_TOKENS, NUM_TOKENS) and abs(weights.sum(-1) - 1).max().item() < 1e-3


def same(first: torch.Tensor, second: torch.Tensor, *, tolerance: float) -> bool:
    return torch.allclose(first.float(), second.float(), rtol=tolerance, atol=tolerance * second.abs().max().item(), equal_nan=True)


def in_a_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"


def too_long(signum, frame):
    raise NotBuilt(f"took more than {SECONDS_EACH} seconds")


def main(words: list[str]) -> int:
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    logging.disable(logging.WARNING)
    signal.signal(signal.SIGALRM, too_long)
    tokenizer, counts, start = small_tokenizer(), collections.Counter(), time.perf_counter()
    for task, model_type, class_name in architectures():
        if words and not any(word in model_type for word in words):
            continue
        signal.alarm(SECONDS_EACH)
        try:
            verdict, details = examine(class_name, tokenizer)
        except NotBuilt as reason:
            verdict, details = "not built", str(reason)
        except Exception as error:
            verdict, details = "wrong", f"crashed: {in_a_line(error)}"
        finally:
            signal.alarm(0)
        counts[verdict] += 1
        print(f"{verdict:9}  {task:7}  {class_name:44}  {details}", flush=True)
    table = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ("exact", "verified", "refused", "wrong", "not built"))
    print(f"\ntransformers {transformers.__version__}: {table} in {time.perf_counter() - start:.0f} s")
    print("exact: every weight within 1e-5 of the eager kernel. verified: the eager kernel says nothing or computes other logits;")
    print("softmax(q k) v equals what the model's own kernel gave. refused: no attention given, the reason said.")
    return int(counts["wrong"] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
