"""Trains the built-in model `story` from nothing and saves it as a Hugging Face folder.

Comes in: the recipe and, from the command line, where to save and how much of it to run. Goes out: the folder, with
`training.json` that states what was done, how long it took and which losses were reached, and a time-lapse of it. It does not
measure quality: that is `benchmarks/story_quality.py`.
"""

import argparse
import json
import platform
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast

from aigc_toolkit import (
    GPT,
    Corpus,
    GPTConfig,
    LanguageModel,
    TrainConfig,
    TrainStep,
    evaluate_loss,
    load_timelapse,
    record_timelapse,
    story_corpus,
    train,
)
from aigc_toolkit.corpora import measure_rulers
from aigc_toolkit.timelapse import log_spaced
from aigc_toolkit.training.checkpoints import latest_checkpoint

from .practice import practise
from .recipe import CONTEXT, MODEL, PRACTICE, STAGES, TIMELAPSE_PROMPTS, Practice, Stage

SNAPSHOTS = 13  # of the first stage at most
STEPS_BETWEEN_CHECKPOINTS = {Stage: 250, Practice: 20}


def main() -> None:
    arguments = _arguments()
    gpt, tokenizer, facts = None, None, []
    for stage in STAGES:
        corpus = _corpus(stage, tokenizer, arguments.documents)
        tokenizer = corpus.tokenizer
        gpt = _with_theta(gpt or GPT(GPTConfig.modern(vocabulary_size=len(tokenizer), context=CONTEXT, **MODEL)), stage.rope_theta)
        facts.append(_run(gpt, corpus, stage, arguments))
    corpus = _corpus(PRACTICE, tokenizer, arguments.documents)
    facts.append(_practise(gpt, corpus, arguments))
    folder = LanguageModel.from_gpt(gpt, tokenizer, "story").save(arguments.folder)
    timelapse, *later = (load_timelapse(_timelapse(stage, arguments)) for stage in (*STAGES, PRACTICE))
    for stage, following in zip((*STAGES[1:], PRACTICE), later, strict=True):
        timelapse.extend(following, mark=stage.name)
    timelapse.save(folder / "timelapse.safetensors")
    report = {"model": asdict(gpt.config), "num_parameters": gpt.num_parameters, "stages": facts, "machine": _machine()}
    (folder / "training.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"saved {folder}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m aigc_toolkit.builtin", description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent / "story", help="where to save the model")
    parser.add_argument(
        "--run", type=Path, default=Path("runs/story"), help="where checkpoints are; a killed run goes on from them"
    )
    parser.add_argument("--steps", type=int, help="optimizer steps of each stage, instead of the recipe's")
    parser.add_argument("--documents", type=int, help="training documents of each stage, instead of the recipe's")
    return parser.parse_args()


def _corpus(stage: Stage | Practice, tokenizer: PreTrainedTokenizerFast | None, num_documents: int | None) -> Corpus:
    corpus = story_corpus(num_documents or stage.num_documents, seed=stage.seed, forms=stage.forms, tokenizer=tokenizer)
    print(f"{stage.name}: {corpus}, {len(corpus.token_ids('train')):,} training tokens", flush=True)
    return corpus


def _with_theta(gpt: GPT, rope_theta: float) -> GPT:
    """The same weights, with positions that turn by another base."""
    changed = GPT(replace(gpt.config, rope_theta=rope_theta))
    changed.load_state_dict(gpt.state_dict())
    return changed


def _run(gpt: GPT, corpus: Corpus, stage: Stage, arguments: argparse.Namespace) -> dict:
    """Trains one stage and gives what was done."""
    config = _kept(stage, arguments)
    _record(train(gpt, corpus, config, resume=True), gpt, corpus, stage, arguments)
    lines = Path(config.metrics_path).read_text(encoding="utf-8").splitlines()  # also those before a run was killed and went on
    steps = [json.loads(line) for line in lines]
    num_tokens = config.batch_size * config.context  # per step
    return _facts(gpt, corpus, stage) | {
        "training": asdict(config),
        "num_training_tokens_read": config.num_steps * num_tokens,
        "training_loss_of_last_100_steps": sum(step["loss"] for step in steps[-100:]) / len(steps[-100:]),
        "seconds": round(sum(num_tokens / step["tokens_per_second"] for step in steps)),
    }


def _practise(gpt: GPT, corpus: Corpus, arguments: argparse.Namespace) -> dict:
    """Runs the stage of practice and gives what was done."""
    practice = replace(PRACTICE, training=_kept(PRACTICE, arguments))
    _record(practise(gpt, corpus, practice), gpt, corpus, practice, arguments)
    done = latest_checkpoint(practice.training.folder).facts
    return _facts(gpt, corpus, practice) | {
        "practice": asdict(practice),
        "num_training_tokens_read": done["num_tokens"],
        "seconds": round(done["seconds"]),
    }


def _kept(stage: Stage | Practice, arguments: argparse.Namespace) -> TrainConfig:
    """A stage's settings, with the folder that a run that was killed goes on from."""
    return replace(
        stage.training,
        num_steps=arguments.steps or stage.training.num_steps,
        folder=str(arguments.run / stage.name),
        checkpoint_every=STEPS_BETWEEN_CHECKPOINTS[type(stage)],
        metrics_path=str(_metrics(stage, arguments)),
    )


def _record(steps: Iterator[TrainStep], gpt: GPT, corpus: Corpus, stage: Stage | Practice, arguments: argparse.Namespace) -> None:
    """Takes the steps of a stage, prints every fiftieth and keeps a time-lapse of them."""
    recorded = record_timelapse(
        steps,
        gpt,
        tokenizer=corpus.tokenizer,
        prompts=TIMELAPSE_PROMPTS,
        path=_timelapse(stage, arguments),
        metrics=_metrics(stage, arguments),
        at=_snapshots(stage, arguments.steps or stage.training.num_steps),
        rulers=measure_rulers(corpus).losses(),
        name="story",
    )
    for step in recorded:
        if step.step % 50 == 0:
            print(f"step {step.step:>5}  loss {step.loss:.4f}  {step.tokens_per_second:,.0f} tokens/s", flush=True)


def _snapshots(stage: Stage | Practice, num_steps: int) -> list[int]:
    """The steps that are kept: every fourth one after the first stage, in which most changes."""
    spaced = log_spaced(num_steps, SNAPSHOTS)
    return spaced if stage is STAGES[0] else sorted({*spaced[::4], num_steps})


def _facts(gpt: GPT, corpus: Corpus, stage: Stage | Practice) -> dict:
    """What a stage read, and what was reached."""
    return {
        "name": stage.name,
        "forms": stage.forms,
        "seed_of_documents": stage.seed,
        "num_documents": len(corpus.train),
        "num_training_tokens_available": len(corpus.token_ids("train")),
        "num_validation_tokens": len(corpus.token_ids("validation")),
        "validation_loss": evaluate_loss(gpt, corpus.token_ids("validation"), context=CONTEXT),
    }


def _timelapse(stage: Stage | Practice, arguments: argparse.Namespace) -> Path:
    return arguments.run / f"{stage.name}.safetensors"


def _metrics(stage: Stage | Practice, arguments: argparse.Namespace) -> Path:
    return arguments.run / f"{stage.name}.jsonl"


def _machine() -> str:
    return f"{torch.get_num_threads()} threads, {platform.machine()}, torch {torch.__version__}"


if __name__ == "__main__":
    main()
