"""How fast text is written: this package, transformers' `generate` and llama.cpp, on the same weights in one run.

    python benchmarks/generation.py --threads 2 --models story gpt2 qwen2
    python benchmarks/generation.py --quick

Greedy, float32, one process. Every peer writes the same number of tokens after the same prompt; a row says whether its tokens are
those of `transformers.generate`. Speeds are medians of the repetitions, with the lowest and the highest; the peers take turns, and
a ratio is the median of those of each turn. `--quick` writes less, and nothing but one text with the largest model. The load is
that of the machine when a table begins: 0 where nothing else runs. The bandwidth limit is
what reading all weights once per token allows, at the speed of the quickest large read measured here. "—" is what was not
measured, and why.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from gguf_file import write_gguf
from machine import machine
from transformers import GPT2Config, GPT2LMHeadModel, Qwen2Config, Qwen2ForCausalLM

from aigc_toolkit import LanguageModel, generate, load_model, stream
from aigc_toolkit.generation import sampling
from aigc_toolkit.generation.records import Prompt

NUM_NEW = {"story": 128, "gpt2": 64, "qwen2": 24}
QUICK_NEW = {"story": 64, "gpt2": 24, "qwen2": 12}
NUM_PROMPT = 16
QWEN2 = {
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "vocab_size": 151_936,
    "tie_word_embeddings": True,
    "bos_token_id": None,
    "eos_token_id": None,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=list(NUM_NEW), choices=list(NUM_NEW))
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 8, 32])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="under four minutes: fewer tokens, transformers' default alone")
    parser.add_argument("--compile", action="store_true", help="transformers with a static cache and torch.compile, too (minutes)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    bandwidth = read_bandwidth()
    print(f"{machine()}, {arguments.threads} threads, largest read {bandwidth / 1e9:.1f} GB/s\n")
    for name in arguments.models:
        measure_model(name, arguments, bandwidth)


def measure_model(name: str, arguments: argparse.Namespace, bandwidth: float) -> None:
    lm = model(name)
    num_new = (QUICK_NEW if arguments.quick else NUM_NEW)[name]
    limit = bandwidth / sum(parameter.nbytes for parameter in lm.model.parameters())
    size = f"{lm.num_parameters / 1e6:.1f} M parameters"
    print(f"## {name}: {size}, at most {limit:.0f} tokens/s from memory, {num_new} tokens after {NUM_PROMPT}\n")
    print(
        "| prompts | by | tokens/s (lowest to highest) | of transformers' | first token, ms | of the limit | same tokens | load |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for num_prompts in arguments.batches if name != "qwen2" or not arguments.quick else [1]:
        prompts, load = [prompt(lm, number) for number in range(num_prompts)], os.getloadavg()[0]
        runs = timed(peers(lm, name, arguments), prompts, num_new, arguments.repeats)
        base = runs["transformers.generate"]
        for peer, run in runs.items():
            if run.missing:
                print(f"| {num_prompts} | {peer} | — {run.missing} | — | — | — | — | — |")
                continue
            middle = statistics.median(run.speeds)
            ratio = statistics.median(own / other for own, other in zip(run.speeds, base.speeds, strict=True))
            share = f"{middle / limit:.0%}" if num_prompts == 1 else "—"
            same = statistics.mean(a == b for a, b in zip(run.ids, base.ids, strict=True))
            spread = f"{middle:.1f} ({min(run.speeds):.1f} to {max(run.speeds):.1f})"
            first = 1e3 * statistics.median(run.firsts)
            print(
                f"| {num_prompts} | {peer} | {spread} | {ratio:.2f}x | {first:.1f} | {share} | {same:.0%} of texts | {load:.1f} |",
                flush=True,
            )
    print(f"\n{statistics_cost(lm, num_new)}\n{bfloat16_change(lm, num_new)}\n", flush=True)


def model(name: str) -> LanguageModel:
    """The built-in model, or a random one of a well-known shape with the same tokenizer (its texts mean nothing)."""
    story = load_model("story")
    torch.manual_seed(0)
    if name == "story":
        made = story.model
    elif name == "gpt2":
        made = GPT2LMHeadModel(GPT2Config(bos_token_id=None, eos_token_id=None, initializer_range=0.08)).eval()
    else:
        made = Qwen2ForCausalLM(Qwen2Config(**QWEN2, initializer_range=0.06)).eval()
    made.generation_config.eos_token_id = None  # every text has the same length
    made.generation_config.pad_token_id = 0
    return LanguageModel(made, story.tokenizer, name)


def prompt(lm: LanguageModel, number: int) -> tuple[int, ...]:
    return tuple(torch.randint(3, 3000, (NUM_PROMPT,), generator=torch.Generator().manual_seed(number)).tolist())


def peers(lm: LanguageModel, name: str, arguments: argparse.Namespace) -> dict[str, Callable]:
    def transformers_generate(prompts, num_tokens, **options):
        ids = torch.tensor(prompts)
        whole = lm.model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=num_tokens, **options)
        return [tuple(row[NUM_PROMPT:]) for row in whole.tolist()]

    def ours(prompts, num_tokens):
        texts = generate(lm, [Prompt("", ids) for ids in prompts], max_new_tokens=num_tokens, temperature=0)
        return [tuple(step.id for step in text.tokens) for text in texts]

    def first_of_ours(prompts, num_tokens):
        if len(prompts) > 1 or num_tokens > 1:
            return ours(prompts, num_tokens)
        return [(next(stream(lm, Prompt("", prompts[0]), max_new_tokens=2, temperature=0)).id,)]

    def best_transformers(prompts, num_tokens):
        return transformers_generate(prompts, num_tokens, cache_implementation="static")

    def compiled(prompts, num_tokens):
        config = {"cache_implementation": "static", "compile_config": __import__("transformers").CompileConfig(mode="default")}
        return transformers_generate(prompts, num_tokens, **config)

    found = {"transformers.generate": transformers_generate}
    if not arguments.quick:
        found["transformers, static cache"] = best_transformers
    if arguments.compile:
        found["transformers, static cache and compile"] = compiled
    return found | {"this package": first_of_ours, "llama.cpp": llama_cpp(lm, name)}


def llama_cpp(lm: LanguageModel, name: str) -> Callable:
    """llama-cpp-python on the same weights in float32, where it is installed and its converter is at hand."""
    try:
        import gguf  # noqa: F401  what write_gguf needs
        from llama_cpp import Llama
    except ImportError as problem:
        missing = problem.name
        return lambda prompts, num_tokens: f"not installed ({missing})"
    if name != "gpt2":
        return lambda prompts, num_tokens: "its converter is not part of the package"
    folder = Path(tempfile.mkdtemp())
    path = write_gguf(lm, folder / "model.gguf")
    llama = Llama(str(path), n_ctx=256, n_threads=torch.get_num_threads(), verbose=False)

    def write(prompts, num_tokens):
        if len(prompts) > 1:
            return "its Python binding writes one text at a time"
        llama.reset()
        tokens = llama.generate(list(prompts[0]), temp=0, repeat_penalty=1.0)
        return [tuple(next(tokens) for _ in range(num_tokens))]

    return write


@dataclass
class Run:
    """What one peer did: tokens per second and seconds to the first token of each turn, its ids; or why there are none."""

    speeds: list[float] = field(default_factory=list)
    firsts: list[float] = field(default_factory=list)
    ids: list = field(default_factory=list)
    missing: str = ""


def timed(peers: dict[str, Callable], prompts: list, num_new: int, repeats: int) -> dict[str, Run]:
    """All peers, one after the other, `repeats` times."""
    runs = {}
    for peer, write in peers.items():
        warm = write(prompts, 2)
        runs[peer] = Run(missing=warm if isinstance(warm, str) else "")
    for _ in range(repeats):
        for peer, run in runs.items():
            if run.missing:
                continue
            start = time.perf_counter()
            peers[peer](prompts, 1)
            run.firsts.append(time.perf_counter() - start)
            start = time.perf_counter()
            run.ids = peers[peer](prompts, num_new)
            run.speeds.append(len(prompts) * num_new / (time.perf_counter() - start))
    return runs


def statistics_cost(lm: LanguageModel, num_new: int) -> str:
    """Log-probability, rank, entropy and ten alternatives of each token, against only choosing it."""

    def only_chosen(logits, chosen, num_alternatives):
        return [sampling.Choice(token_id, 0.0, 1, 0.0, ()) for token_id in chosen.tolist()]

    from aigc_toolkit.generation import batch

    full, seconds = batch.measure, {"with": [], "without": []}
    try:
        for _ in range(5):
            for kind, measure in (("with", full), ("without", only_chosen)):
                batch.measure = measure
                start = time.perf_counter()
                generate(lm, Prompt("", prompt(lm, 0)), max_new_tokens=num_new, temperature=0)
                seconds[kind].append(time.perf_counter() - start)
    finally:
        batch.measure = full
    cost = min(seconds["with"]) / min(seconds["without"]) - 1
    return f"Full statistics cost {cost:.1%} (quickest of 5 each, one prompt)."


def bfloat16_change(lm: LanguageModel, num_new: int) -> str:
    """What half the bytes change: log-probabilities of a text the float32 model wrote, and speed."""
    from aigc_toolkit.generation import score

    ids = prompt(lm, 0)
    text = generate(lm, Prompt("", ids), max_new_tokens=num_new, temperature=0)
    exact = [step.logprob for step in score(lm, Prompt("", text.ids)).tokens[1:]]
    lm.model.bfloat16()
    rounded = [step.logprob for step in score(lm, Prompt("", text.ids)).tokens[1:]]
    generate(lm, Prompt("", ids), max_new_tokens=2, temperature=0)
    start = time.perf_counter()
    again = generate(lm, Prompt("", ids), max_new_tokens=num_new, temperature=0)
    speed = num_new / (time.perf_counter() - start)
    changes = [abs(a - b) for a, b in zip(exact, rounded, strict=True)]
    same = sum(a.id == b.id for a, b in zip(text.tokens, again.tokens, strict=True))
    return (
        f"bfloat16 weights: log-probability changes by {statistics.mean(changes):.4f} nats on average, {max(changes):.3f} at most; "
        f"{same} of {len(text.tokens)} greedy tokens are the same; {speed:.1f} tokens/s."
    )


def read_bandwidth() -> float:
    """Bytes per second of the quickest large read: a sum and a product with a vector over 256 MB."""
    numbers = torch.ones(64 * 2**20)
    blocks, vector = numbers.view(16, -1, 4096), torch.ones(16, 4096, 1)
    best = 0.0
    for read in (numbers.sum, lambda: torch.bmm(blocks, vector)):
        for _ in range(8):
            start = time.perf_counter()
            read()
            best = max(best, numbers.nbytes / (time.perf_counter() - start))
    return best


if __name__ == "__main__":
    with torch.inference_mode(False):
        main()
