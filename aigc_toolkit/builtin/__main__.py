"""Trains the built-in model `story` from nothing and saves it as a Hugging Face folder.

Comes in: the recipe below and, from the command line, where to save and how much of it to run. Goes out: the folder, with
`training.json` that states what was done, how long it took and which losses were reached. It does not measure quality: that is
`benchmarks/story_quality.py`.
"""

import argparse
import json
import platform
import time
from dataclasses import asdict, replace
from pathlib import Path

import torch

from aigc_toolkit import (
    GPT,
    Corpus,
    GPTConfig,
    LanguageModel,
    TrainConfig,
    TrainStep,
    evaluate_loss,
    story_corpus,
    train,
)

NUM_DOCUMENTS = 120_000
SEED = 0
MODEL = dict(num_layers=5, num_heads=6, num_key_value_heads=3, width=192, head_dim=32, mlp_width=512)
CONTEXT = 512  # tokens
TRAINING = TrainConfig(
    num_steps=5_000,
    batch_size=8,
    context=CONTEXT,
    start_at_documents=True,
    learning_rate=0.008,
    adam_learning_rate=0.004,
    weight_decay=0.05,
    warmup_fraction=0.02,
    cooldown_fraction=0.6,
    mixed_precision="bfloat16",
    seed=SEED,
)


STEPS_BETWEEN_CHECKPOINTS = 250


def main() -> None:
    arguments = _arguments()
    config = replace(TRAINING, num_steps=arguments.steps, folder=str(arguments.run), checkpoint_every=STEPS_BETWEEN_CHECKPOINTS)
    corpus = story_corpus(arguments.documents, seed=SEED)
    print(f"{corpus}, {len(corpus.token_ids('train')):,} training tokens", flush=True)
    gpt = GPT(GPTConfig.modern(vocabulary_size=len(corpus.tokenizer), context=CONTEXT, **MODEL), seed=SEED)
    start = time.perf_counter()
    steps = _run(gpt, corpus, config)
    seconds = time.perf_counter() - start
    validation_loss = evaluate_loss(gpt, corpus.token_ids("validation"), context=CONTEXT)
    folder = LanguageModel.from_gpt(gpt, corpus.tokenizer, "story").save(arguments.folder)
    facts = _facts(gpt, corpus, config, steps, seconds, validation_loss)
    (folder / "training.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    print(f"saved {folder}: validation loss {validation_loss:.4f} nats per token after {seconds / 60:.1f} minutes")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m aigc_toolkit.builtin", description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent / "story", help="where to save the model")
    parser.add_argument(
        "--run", type=Path, default=Path("runs/story"), help="where checkpoints are; a killed run goes on from them"
    )
    parser.add_argument("--steps", type=int, default=TRAINING.num_steps, help="optimizer steps")
    parser.add_argument("--documents", type=int, default=NUM_DOCUMENTS, help="training documents")
    return parser.parse_args()


def _run(gpt: GPT, corpus: Corpus, config: TrainConfig) -> list[TrainStep]:
    steps = []
    for step in train(gpt, corpus, config, resume=True):
        steps.append(step)
        if step.step % 50 == 0:
            recent = sum(s.loss for s in steps[-50:]) / len(steps[-50:])
            print(f"step {step.step:>5}  loss {recent:.4f}  {step.tokens_per_second:,.0f} tokens/s", flush=True)
    return steps


def _facts(gpt: GPT, corpus: Corpus, config: TrainConfig, steps: list[TrainStep], seconds: float, validation_loss: float) -> dict:
    return {
        "model": asdict(gpt.config),
        "num_parameters": gpt.num_parameters,
        "training": asdict(config),
        "num_documents": len(corpus.train),
        "num_training_tokens_available": len(corpus.token_ids("train")),
        "num_training_tokens_read": config.num_steps * config.batch_size * config.context,
        "num_validation_tokens": len(corpus.token_ids("validation")),
        "training_loss_of_last_100_steps": sum(s.loss for s in steps[-100:]) / len(steps[-100:]),
        "validation_loss": validation_loss,
        "seconds": round(seconds),
        "machine": f"{torch.get_num_threads()} threads, {platform.machine()}, torch {torch.__version__}",
    }


if __name__ == "__main__":
    main()
