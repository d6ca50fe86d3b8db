"""The built-in model: small, standard, lossless, and as good as its card says, on a sample."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

import aigc_toolkit
from aigc_toolkit import capture_attention, generate, load_timelapse
from aigc_toolkit.builtin.__main__ import main
from aigc_toolkit.builtin.recipe import PRACTICE, STAGES
from aigc_toolkit.corpora.story_world import make_document

FOLDER = Path(aigc_toolkit.__file__).parent / "builtin" / "story"


@pytest.fixture(scope="module")
def card() -> str:
    return (FOLDER / "README.md").read_text(encoding="utf-8")


def test_it_is_small_and_standard(story_lm):
    assert story_lm.num_parameters <= 5_000_000 and story_lm.context_length == 512
    assert sum(file.stat().st_size for file in FOLDER.iterdir() if file.name != "timelapse.safetensors") <= 12_000_000
    plain = AutoModelForCausalLM.from_pretrained(FOLDER)
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    ids = torch.tensor([tokenizer.encode("Once upon a time, there was a girl.")])
    assert torch.equal(plain(ids).logits, story_lm.model(ids).logits)


@pytest.mark.parametrize("text", ["Once upon a time", "从前，有一个男孩。", "👩‍👩‍👧 🎈 ﷽ \x00", "<b>&amp;</b>\n\t ~"])
def test_its_tokenizer_is_lossless(story_lm, text):
    assert story_lm.texts.decode(story_lm.texts.encode(text)) == text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_most_of_its_answers_follow_from_the_story(story_lm, language):
    right = []
    for number in range(12):
        document = make_document(2, "validation", number, languages=(language,), form="dialogue")
        for turn, asked in enumerate(document.asked):
            chat = [{"role": m.role, "content": m.content} for m in document.messages[: 2 * turn + 1]]
            prompt = story_lm.tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
            right.append(generate(story_lm, prompt, temperature=0, max_new_tokens=60).text.strip() in asked.accepted)
    assert len(right) > 40 and sum(right) / len(right) >= 0.7


def test_it_ends_its_texts(story_lm):
    assert generate(story_lm, "Mia was a kind girl. Mia had a kite.", max_new_tokens=400, seed=1).stop_reason == "end_of_text"


def test_its_attention_is_proven(story_lm):
    assert capture_attention(story_lm, "Mia put the kite in the drawer.").verify().passed


def test_its_time_lapse_ends_with_the_model_itself(story_lm):
    timelapse = load_timelapse("story")
    assert (FOLDER / "timelapse.safetensors").stat().st_size < 10_000_000 and timelapse.steps[0] == 0
    for number, prompt in enumerate(timelapse.prompts):
        expected = timelapse.next_tokens(timelapse.steps[-1], prompt=number)
        ids = torch.tensor([story_lm.texts.encode(prompt)])
        probs = story_lm.model(ids).logits[0, -1].softmax(-1)  # (V)
        assert probs[expected.id.tolist()].tolist() == pytest.approx(expected.probability.tolist(), abs=1e-3)


def test_its_recipe_runs_in_seven_stages_and_a_finished_run_is_not_run_again(tmp_path, monkeypatch):
    small = ["--folder", str(tmp_path / "story"), "--run", str(tmp_path / "run"), "--steps", "2", "--documents", "40"]
    monkeypatch.setattr("sys.argv", ["builtin", *small])
    few = dict(num_stories=2, num_questions=3, num_summaries=2, longest_story=20, longest_answer=8)
    monkeypatch.setattr("aigc_toolkit.builtin.__main__.PRACTICE", replace(PRACTICE, **few))
    main()
    made = load_file(tmp_path / "story" / "model.safetensors")
    facts = json.loads((tmp_path / "story" / "training.json").read_text(encoding="utf-8"))
    names = [stage["name"] for stage in facts["stages"]]
    assert names == ["stories", "lessons", "recitals", "gatherings", "everything", "telling", "practice"]
    assert [stage["num_training_tokens_read"] for stage in facts["stages"][:-1]] == [2 * 8 * 512] * 6
    assert facts["stages"][-1]["num_training_tokens_read"] > 2 * 4 * 513
    timelapse = load_timelapse(tmp_path / "story" / "timelapse.safetensors")
    assert timelapse.steps == [0, 1, 2, 4, 6, 8, 10, 12, 14]
    assert list(timelapse.marks.values()) == ["lessons", "recitals", "gatherings", "everything", "telling", "practice"]
    main()
    again = load_file(tmp_path / "story" / "model.safetensors")
    assert all(torch.equal(made[name], again[name]) for name in made)


@pytest.mark.parametrize(("number", "stage"), enumerate(STAGES))
def test_it_was_trained_by_its_recipe(number, stage):
    done = json.loads((FOLDER / "training.json").read_text(encoding="utf-8"))["stages"][number]
    assert (done["name"], done["num_documents"], done["seed_of_documents"]) == (stage.name, stage.num_documents, stage.seed)
    assert done["forms"] == stage.forms
    for name in ("num_steps", "batch_size", "context", "learning_rate", "adam_learning_rate", "weight_decay", "cooldown_fraction"):
        assert done["training"][name] == getattr(stage.training, name), name
    assert done["training"].get("answer_weight", 1) == stage.training.answer_weight


def test_it_has_practised_by_its_recipe():
    done = json.loads((FOLDER / "training.json").read_text(encoding="utf-8"))["stages"][-1]
    kept = ("folder", "metrics_path", "checkpoint_every")
    recipe, practice = asdict(PRACTICE), done["practice"]
    assert {name: practice["training"].pop(name) for name in kept}["folder"] == "runs/story/practice"
    for name in kept:
        del recipe["training"][name]
    assert practice == recipe and done["num_documents"] == PRACTICE.num_documents


def test_its_card_states_what_was_measured(card):
    training = json.loads((FOLDER / "training.json").read_text(encoding="utf-8"))
    quality = json.loads((FOLDER / "quality.json").read_text(encoding="utf-8"))
    assert f"{training['num_parameters']:,}" in card
    for stage in training["stages"]:
        assert f"{stage['validation_loss']:.3f}" in card and f"{stage['num_documents']:,} documents" in card
        assert f"{stage['num_training_tokens_read']:,}" in card and f"{stage['seconds'] / 60:.0f} minutes" in card
    for language in ("en", "zh"):
        for measure in ("answers_right", "not_said_right", "summaries_right", "continuations_without_contradiction"):
            assert f"{100 * quality[language][measure]['share']:.1f} %" in card, (language, measure)
