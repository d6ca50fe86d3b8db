"""Summaries and dialogues of the built-in model on stories it has never seen, through `summarize()` and `Conversation`.

    python benchmarks/summaries.py --documents 150 --save runs/summaries.json

ROUGE is the reference library's (rouge-score, F1; the best of the accepted wordings counts); Chinese is scored by characters.
Beside the model stand the first sentence and the first three sentences of the same story, and an accepted summary of another story:
what the form of a summary alone is worth. "right" equals an accepted wording to the letter. In a dialogue the model's own replies
stay in the conversation. Greedy throughout.
"""

import argparse
import collections
import json
import re
import statistics
import time
from pathlib import Path

import torch
from machine import machine
from rouge_score.rouge_scorer import RougeScorer

from aigc_toolkit import Conversation, LanguageModel, load_model, summarize
from aigc_toolkit.corpora.story_world import StoryDocument, make_document

SEED = 1  # the training corpus has seed 0
KINDS = ("rouge1", "rouge2", "rougeL")
SENTENCE = re.compile(r".*?(?:[.!?。！？][\"”」]?\s*|$)", re.DOTALL)
COLUMNS = ("right", *KINDS)


class Signs:
    """Tokens for ROUGE: words and numbers of Latin letters, every other letter by itself."""

    def tokenize(self, text: str) -> list[str]:
        return re.findall(r"[a-z0-9]+|[^\W_a-z0-9]", text.lower())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="story", help="a built-in name or a folder")
    parser.add_argument("--documents", type=int, default=150, help="stories and dialogues of each language")
    parser.add_argument("--save", type=Path, help="write the numbers to this file too")
    arguments = parser.parse_args()
    lm = load_model(arguments.model)
    start = time.perf_counter()
    report = {language: measured(lm, language, arguments.documents) for language in ("en", "zh")}
    seconds = time.perf_counter() - start
    print(table(report))
    how_many = f"{arguments.documents} stories and dialogues of each language"
    print(f"\n{how_many}, {seconds:.0f} s, {torch.get_num_threads()} threads; {machine()}")
    if arguments.save:
        arguments.save.write_text(json.dumps(report | {"machine": machine()}, indent=2) + "\n", encoding="utf-8")


def measured(lm: LanguageModel, language: str, count: int) -> dict[str, dict[str, float]]:
    """Mean scores by what was written and who wrote it."""
    scores = collections.defaultdict(list)
    documents = [document(number, language, "summary") for number in range(count)]
    for number, told in enumerate(documents):
        sentences = [sentence for sentence in SENTENCE.findall(told.story_text) if sentence]
        candidates = {
            "summary, model": summarize(lm, told.story_text, num_alternatives=0).summary,
            "summary, first sentence": sentences[0],
            "summary, first three sentences": "".join(sentences[:3]),
            "summary of another story": documents[number - 1].accepted_summaries[0],
        }
        for name, text in candidates.items():
            scores[name].append(score(text, told.accepted_summaries))
    for number in range(count):
        for text, accepted in answers(lm, document(number, language, "dialogue")):
            scores["answers in a dialogue, model"].append(score(text, accepted))
    return {name: {column: round(statistics.mean(s[column] for s in of), 4) for column in COLUMNS} for name, of in scores.items()}


def document(number: int, language: str, form: str) -> StoryDocument:
    return make_document(SEED, "validation", number, languages=(language,), form=form)


def answers(lm: LanguageModel, dialogue: StoryDocument):
    """Each reply of a conversation about a story, with the accepted wordings."""
    conversation = Conversation(lm, max_new_tokens=80, temperature=0, num_alternatives=0)
    for number, asked in enumerate(dialogue.asked):
        conversation.reply(dialogue.messages[0].content if number == 0 else asked.text)
        yield conversation.messages[-1]["content"], asked.accepted


SCORER = RougeScorer(KINDS, tokenizer=Signs())


def score(text: str, accepted: tuple[str, ...]) -> dict[str, float]:
    """ROUGE F1 against the nearest accepted wording, and whether it is one."""
    nearest = SCORER.score_multi(accepted, text)
    return {kind: nearest[kind].fmeasure for kind in KINDS} | {"right": float(text.strip() in accepted)}


def table(report: dict) -> str:
    lines = ["| language | what | right | ROUGE-1 | ROUGE-2 | ROUGE-L |", "|---|---|---|---|---|---|"]
    for language, rows in report.items():
        for name, row in rows.items():
            numbers = " | ".join([f"{100 * row['right']:.1f} %", *(f"{row[kind]:.3f}" for kind in KINDS)])
            lines.append(f"| {language} | {name} | {numbers} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
