"""Time, memory and error of getting one head's attention: eager `output_attentions=True`, BertViz's documented path, and ours.

    python benchmarks/attention.py --save attention_benchmark.json

Every measurement is a process of its own, on a model with random weights: GPT-2-small's shape, and one with grouped queries.
Seconds are from token ids to the first head's weights (BertViz: to the page that shows them). Memory is the process's peak above
what it held with the model loaded. Error is the largest difference to eager's weights over all heads in 64 rows; where eager does
not run, what `verify()` gives. BertViz is stopped where its page would need more memory than the machine has.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import transformers
from machine import GIGABYTE, free_gigabytes, machine, memory_now, memory_peak

from aigc_toolkit import LanguageModel, capture_attention
from aigc_toolkit.corpora.tokenizer import train_tokenizer

SHAPES = {
    "gpt2-small": ("GPT2LMHeadModel", {}),  # 12 layers, 12 heads, width 768
    "grouped": (
        "LlamaForCausalLM",
        {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "num_key_value_heads": 4}
        | {"intermediate_size": 2048, "vocab_size": 50257},
    ),
}
METHODS = ("eager", "bertviz", "ours")
RUNS = [  # shape, tokens, methods, repeats
    ("gpt2-small", 256, METHODS, 3),
    ("gpt2-small", 1024, METHODS, 3),
    ("gpt2-small", 4096, METHODS, 2),
    ("grouped", 1024, ("eager", "ours"), 3),
    ("grouped", 4096, ("eager", "ours"), 2),
    ("gpt2-small", 16384, ("ours",), 1),
    ("gpt2-small", 32768, ("ours",), 1),
]
NUM_ROWS, LAYER, HEAD = 64, 6, 3
LOOKS_AT = 4096  # tokens


def main() -> None:
    arguments = _arguments()
    if arguments.one:
        print(json.dumps(measure(arguments)))
        return
    print(machine(), flush=True)
    print(
        f"{'shape':<12}{'tokens':>8}  {'method':<9}{'seconds to the first head':>27}{'extra memory':>15}{'error':>10}  against",
        flush=True,
    )
    report = {"machine": machine(), "runs": [], "ours_at_4096": []}
    runs = [run for run in RUNS if run[1] <= arguments.largest]
    for long in (False, True):
        for shape, num_tokens, methods, repeats in runs:
            if (num_tokens > LOOKS_AT) == long:
                report["runs"] += compare(shape, num_tokens, methods, min(repeats, arguments.repeats), arguments.device)
        for shape in () if long else SHAPES:
            found = child(shape, min(LOOKS_AT, arguments.largest), "looks", arguments.device, None)
            print(f"{shape}: " + ", ".join(f"{name} {_spread(values)}" for name, values in found.items()), flush=True)
            report["ours_at_4096"].append({"shape": shape} | found)
    if arguments.save:
        arguments.save.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def compare(shape: str, num_tokens: int, methods: tuple[str, ...], repeats: int, device: str) -> list[dict]:
    """Measure the methods in turn, `repeats` times each, and print a line for each with its ratio to ours."""
    with tempfile.TemporaryDirectory() as folder:
        reference = Path(folder) / "eager.npy"
        found = {method: [] for method in methods}
        for _ in range(repeats):
            for method in methods:
                if not any("failed" in run for run in found[method]):
                    found[method].append(child(shape, num_tokens, method, device, reference))
    rows = [{"shape": shape, "tokens": num_tokens, "method": method} | _summary(runs) for method, runs in found.items()]
    ours = rows[-1]
    for row in rows:
        print(_line(row, ours), flush=True)
    return rows


def child(shape: str, num_tokens: int, method: str, device: str, reference: Path | None) -> dict:
    """One measurement in a process of its own; {"failed": why} where it did not come to an end."""
    command = [sys.executable, __file__, "--one", method, "--shape", shape, "--tokens", str(num_tokens), "--device", device]
    command += ["--reference", str(reference)] if reference else []
    finished = subprocess.run(command, capture_output=True, text=True)
    if finished.returncode == 0:
        return json.loads(finished.stdout.splitlines()[-1])
    lines = finished.stderr.strip().splitlines() or [f"exit code {finished.returncode}"]
    out_of_memory = finished.returncode == -9 or any("MemoryError" in line or "alloc" in line for line in lines[-3:])
    return {"failed": f"needs more than {free_gigabytes():.0f} GB" if out_of_memory else lines[-1]}


def measure(arguments: argparse.Namespace) -> dict:
    """What the child process does: build the model, then time one method."""
    free = int(free_gigabytes() * GIGABYTE)
    resource.setrlimit(resource.RLIMIT_DATA, (free, free))  # fail instead of bringing the machine to its knees
    lm, ids = model_and_ids(arguments.shape, arguments.tokens, arguments.device, eager=arguments.one in ("eager", "bertviz"))
    if arguments.one == "looks":
        return looks(lm, ids)
    head_of = {"eager": eager_head, "bertviz": bertviz_page, "ours": our_head}[arguments.one]
    head_of(lm, ids[:16])  # the first call of anything loads code
    before = memory_now(arguments.device)
    start, cpu_start = time.perf_counter(), time.process_time()
    result = head_of(lm, ids)
    times = {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu_start}
    gigabytes = (memory_peak(arguments.device) - before) / GIGABYTE
    return times | {"gigabytes": gigabytes} | errors(result, arguments.one, ids, arguments.reference)


@torch.inference_mode()
def eager_head(lm: LanguageModel, ids: list[int]) -> list[torch.Tensor]:
    attentions = lm.model(torch.tensor([ids], device=lm.device), output_attentions=True, use_cache=False).attentions
    attentions[LAYER][0, HEAD].cpu().numpy()
    return attentions


@torch.inference_mode()
def bertviz_page(lm: LanguageModel, ids: list[int]) -> None:
    """As in BertViz's README: outputs with attentions, tokens, head_view; the page is returned instead of shown."""
    from bertviz import head_view

    outputs = lm.model(torch.tensor([ids], device=lm.device), output_attentions=True)
    tokens = lm.tokenizer.convert_ids_to_tokens(ids)
    head_view(outputs.attentions, tokens, html_action="return")


def our_head(lm: LanguageModel, ids: list[int]):
    attention = capture_attention(lm, ids)
    attention.weights(LAYER, HEAD)
    return attention


@torch.inference_mode()
def looks(lm: LanguageModel, ids: list[int]) -> dict[str, list[float]]:
    """Ours alone: the cost of recording over a plain forward pass, in turn with it, and what a further look costs; in seconds."""
    inputs = {"input_ids": torch.tensor([ids], device=lm.device), "use_cache": False, "logits_to_keep": 1}
    times = {"plain_forward": [], "capture": [], "further_head": [], "tile_512": [], "tile_512_again": [], "zoomed_tile_512": []}
    lm.model(**inputs)
    for _ in range(4):
        _time(times["plain_forward"], lambda: lm.model(**inputs))
        attention = _time(times["capture"], lambda: capture_attention(lm, ids))
    for layer in range(1, 8):
        _time(times["further_head"], lambda layer=layer: attention.weights(layer, 2))
        _time(times["tile_512"], lambda layer=layer: attention.tile(layer, 2, size=512))
        _time(times["tile_512_again"], lambda layer=layer: attention.tile(layer, 2, size=512))
        part = slice(len(ids) // 2, len(ids) // 2 + 1024)
        _time(times["zoomed_tile_512"], lambda layer=layer, part=part: attention.tile(layer, 2, rows=part, columns=part, size=512))
    shares = [captured / plain - 1 for captured, plain in zip(times["capture"], times["plain_forward"], strict=True)]
    return times | {"recording_cost_as_share": shares}


def errors(result, method: str, ids: list[int], reference: Path | None) -> dict:
    """Keep eager's rows for the others, or compare with them; untimed."""
    rows = np.linspace(0, len(ids) - 1, NUM_ROWS).round().astype(int)
    if method == "eager":
        np.save(reference, np.stack([layer[0, :, rows].cpu().numpy() for layer in result]))  # (L, H, R, K)
    if method != "ours":
        return {}
    if not reference.exists():
        return {"error": result.verify().max_error, "against": "the model's output (verify)"}
    largest = 0.0
    for layer, heads in enumerate(np.load(reference)):
        for head, expected in enumerate(heads):
            largest = max(largest, float(np.abs(result.weights(layer, head, rows=rows) - expected).max()))
    return {"error": largest, "against": "eager's weights"}


def model_and_ids(shape: str, num_tokens: int, device: str, *, eager: bool) -> tuple[LanguageModel, list[int]]:
    class_name, settings = SHAPES[shape]
    model_class = getattr(transformers, class_name)
    config = model_class.config_class(**settings, max_position_embeddings=max(1024, num_tokens))
    torch.manual_seed(0)
    model = model_class._from_config(config, attn_implementation="eager" if eager else "sdpa").eval().to(device)
    tokenizer = train_tokenizer([], vocabulary_size=262, context=num_tokens)
    ids = torch.randint(97, 122, (num_tokens,), generator=torch.Generator().manual_seed(1)).tolist()  # letters
    return LanguageModel(model, tokenizer, shape), ids


def _time(times: list[float], call):
    start = time.perf_counter()
    result = call()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    times.append(time.perf_counter() - start)
    return result


def _summary(runs: list[dict]) -> dict:
    failed = next((run["failed"] for run in runs if "failed" in run), None)
    if failed:
        return {"failed": failed}
    return {
        name: [run[name] for run in runs] for name in ("seconds", "cpu_seconds", "gigabytes", "error", "against") if name in runs[0]
    }


def _line(row: dict, ours: dict) -> str:
    start = f"{row['shape']:<12}{row['tokens']:>8,}  {row['method']:<9}"
    if "failed" in row:
        return f"{start}{row['failed']:>27}"
    seconds, gigabytes = statistics.median(row["seconds"]), statistics.median(row["gigabytes"])
    line = f"{start}{_spread(row['seconds']):>27}{gigabytes:>12.2f} GB"
    if "error" in row:
        return f"{line}{max(row['error']):>10.1e}  {row['against'][0]}"
    if "failed" in ours:
        return line
    times = seconds / statistics.median(ours["seconds"]), gigabytes / statistics.median(ours["gigabytes"])
    return f"{line}  {times[0]:.1f} times our time, {times[1]:.1f} times our memory"


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=32768, help="leave out longer texts")
    parser.add_argument("--repeats", type=int, default=3, help="processes per measurement, at most")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--save", type=Path, help="write the numbers to this file too")
    for name, kind in (("--one", str), ("--shape", str), ("--tokens", int), ("--reference", Path)):
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
