"""What the built-in model gets right about stories it has never seen, counted against the facts of their world.

    python benchmarks/story_quality.py --documents 500 --save aigc_toolkit/builtin/story/quality.json

Every document tells of a combination of name, object and place that training never showed. Answers and summaries are greedy and
right only if they equal one of the accepted wordings to the letter; earlier answers in a dialogue are the true ones. Continuations
are sampled (temperature 0.8, each by a seed of its own) after the first half of a story, read back into events and held against the
world so far. A sentence that tells an event once more is no contradiction, but counted: a writer who only repeats himself is never
wrong.
"""

import argparse
import collections
import json
import platform
import random
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import torch

from aigc_toolkit import LanguageModel, generate, load_model
from aigc_toolkit.corpora.story_world import StoryDocument, make_document
from aigc_toolkit.corpora.story_world.beginnings import beginning

SEED = 1  # the training corpus has seed 0
LANGUAGES = ("en", "zh")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="story", help="a built-in name or a folder")
    parser.add_argument("--documents", type=int, default=300, help="documents of each kind and language")
    parser.add_argument("--save", type=Path, help="write the numbers to this file too")
    parser.add_argument("--show", type=int, default=0, help="print so many wrong answers")
    arguments = parser.parse_args()
    start = time.perf_counter()
    with ProcessPoolExecutor(len(LANGUAGES), mp_context=get_context("spawn")) as processes:
        jobs = {
            language: processes.submit(measure, arguments.model, language, arguments.documents, arguments.show)
            for language in LANGUAGES
        }
        report: dict = {language: job.result() for language, job in jobs.items()}
    report["documents_of_each_kind_and_language"] = arguments.documents
    report["seconds"] = round(time.perf_counter() - start)
    report["machine"] = f"{len(LANGUAGES)} processes of one thread, {platform.machine()}, torch {torch.__version__}"
    text = json.dumps(report, indent=2)
    print(text)
    if arguments.save:
        arguments.save.write_text(text + "\n", encoding="utf-8")


def measure(model: str, language: str, count: int, show: int) -> dict:
    torch.set_num_threads(1)
    lm = load_model(model)
    answers = collections.Counter()
    by_kind: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
    summaries = collections.Counter()
    continuations = collections.Counter()
    for number in range(count):
        for kind, said, accepted in answered(lm, document(number, language, "dialogue")):
            right = said in accepted
            answers[kind == "not_said", right] += 1
            by_kind[kind][right] += 1
            if not right and show > 0:
                show -= 1
                print(f"{kind}: {said!r}, accepted {accepted}")
        summary = document(number, language, "summary")
        summaries[reply(lm, summary.messages[:1]) in summary.accepted_summaries] += 1
        continuations += continued(lm, document(number, language, "story"), seed=number)
    return {
        "answers_right": share(answers[False, True], answers[False, False]),
        "not_said_right": share(answers[True, True], answers[True, False]),
        "summaries_right": share(summaries[True], summaries[False]),
        "continuations_without_contradiction": share(continuations["free"], continuations["contradicting"]),
        "continued_sentences_read": share(continuations["read"], continuations["unread"]),
        "read_sentences_new": share(continuations["new"], continuations["again"]),
        "answers_right_by_kind": {kind: share(c[True], c[False]) for kind, c in sorted(by_kind.items())},
    }


def document(number: int, language: str, form: str) -> StoryDocument:
    return make_document(SEED, "validation", number, languages=(language,), form=form)


def answered(lm: LanguageModel, dialogue: StoryDocument):
    """Each question of a dialogue as (kind, what the model says, accepted wordings)."""
    for turn, asked in enumerate(dialogue.asked):
        kind = asked.question.kind if asked.question.answer else "not_said"
        yield kind, reply(lm, dialogue.messages[: 2 * turn + 1]), asked.accepted


def reply(lm: LanguageModel, messages) -> str:
    chat = [{"role": message.role, "content": message.content} for message in messages]
    prompt = lm.tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    return generate(lm, prompt, max_new_tokens=80, temperature=0, num_alternatives=1).text.strip()


def continued(lm: LanguageModel, document: StoryDocument, seed: int) -> collections.Counter:
    """Tell half of the events, let the model go on, and count what its events contradict."""
    half = max(3, len(document.story.events) // 2)
    begun = beginning(document.story, document.language, half, random.Random(0))
    text = generate(lm, begun.text, max_new_tokens=160, temperature=0.8, seed=seed, num_alternatives=1).text
    found = begun.verdicts(text)
    against = any(verdict.problems for verdict in found)
    num_read, num_again = sum(verdict.is_read for verdict in found), sum(verdict.is_again for verdict in found)
    counted = dict(read=num_read, unread=len(found) - num_read, again=num_again, new=num_read - num_again)
    return collections.Counter(counted, free=not against, contradicting=against)


def share(yes: int, no: int) -> dict:
    return {"share": round(yes / (yes + no), 4) if yes + no else None, "of": yes + no}


if __name__ == "__main__":
    main()
