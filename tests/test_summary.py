import copy
import re

import pytest
from small_models import small_model

from aigc_toolkit.corpora.story_world import make_document
from aigc_toolkit.generation import Generation, generate, summarize
from aigc_toolkit.generation.summary import INSTRUCTIONS, text_parts
from aigc_toolkit.language_model import LanguageModel

TEXT = "Mia lost her red lantern in the forest. Tom found it under a tree. 他把灯笼还给了她。"


def held_out(number, language):
    return make_document(1, "validation", number, languages=(language,), form="summary")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_model_with_a_chat_template_is_asked_in_the_language_of_the_text(story_lm, language):
    summary = summarize(story_lm, held_out(0, language).story_text)
    assert summary.method == "asked" and summary.parts == () and INSTRUCTIONS[language] in summary.prompt
    assert isinstance(summary, Generation) and summary.summary == summary.text.strip()
    assert summary.ids == generate(story_lm, summary.prompt, max_new_tokens=64, temperature=0).ids


def test_the_built_in_model_sums_up_stories_it_has_never_seen(story_lm):
    told = [summarize(story_lm, held_out(number, "en").story_text).summary for number in range(10)]
    right = sum(summary in held_out(number, "en").accepted_summaries for number, summary in enumerate(told))
    assert right >= 4  # of ten; benchmarks/summaries.py measures


def test_an_instruction_takes_the_place_of_the_usual_one(story_lm):
    text = held_out(0, "en").story_text
    assert "\n\n".join(["Say it in five words.", text]) in summarize(story_lm, text, instruction="Say it in five words.").prompt


def test_a_model_without_a_chat_template_goes_on_after_the_text_to_the_end_of_the_line(lm):
    summary = summarize(lm, TEXT, max_new_tokens=8)
    assert summary.method == "continued" and summary.prompt == TEXT + "\n\nTL;DR:"
    assert "\n" not in summary.summary and summary.stop_reason


@pytest.mark.parametrize(("family", "prefix"), [("t5", "summarize: "), ("bart", "")])
def test_an_encoder_decoder_reads_the_text_after_its_prefix(family, prefix, tokenizer):
    lm = LanguageModel(small_model(family), tokenizer, family)
    summary = summarize(lm, TEXT, max_new_tokens=6)
    assert summary.method == "encoded" and summary.prompt == prefix + TEXT
    assert summary.text == generate(lm, prefix + TEXT, max_new_tokens=6, temperature=0).text


def test_the_prefix_is_the_one_the_configuration_names(tokenizer):
    model = copy.deepcopy(small_model("t5"))
    model.config.task_specific_params = {"summarization": {"prefix": "sum up: "}}
    assert summarize(LanguageModel(model, tokenizer, "t5"), TEXT, max_new_tokens=2).prompt == "sum up: " + TEXT


def test_a_text_beyond_the_context_is_summed_up_by_parts(story_lm):
    stories = [held_out(number, "en").story_text for number in range(5)]
    summary = summarize(story_lm, "\n\n".join(stories))
    assert len(summary.parts) > 1 and all(part.parts == () for part in summary.parts)
    assert all(part.summary in summary.prompt for part in summary.parts)
    read = "".join("".join(part.prompt.split()) for part in summary.parts)
    sentences = ["".join(sentence.split()) for text in stories for sentence in re.split(r"[.!?\"]+", text)]
    assert len(sentences) > 30 and all(sentence in read for sentence in sentences)


def test_summaries_of_parts_that_do_not_fit_are_summed_up_by_parts_again(lm):
    summary = summarize(lm, TEXT * 20, max_new_tokens=8, stop=[])
    first_round = [part for part in summary.parts if TEXT[:20] in part.prompt or "Tom" in part.prompt]
    assert len(summary.parts) > len(first_round) > 5 and len(summary.ids) <= lm.context_length


@pytest.mark.parametrize("num_tokens", [5, 12, 40])
def test_parts_are_the_whole_text_within_their_size(lm, num_tokens):
    parts = text_parts(lm, TEXT * 2, num_tokens)
    assert "".join("".join(parts).split()) == "".join((TEXT * 2).split())
    assert all(len(lm.texts.encode_more(part)) <= num_tokens for part in parts)


def test_parts_end_where_sentences_end(lm):
    parts = text_parts(lm, 'Mia ran. "Stop!" said Tom. 她笑了。他也笑了。', 14)
    assert parts == ["Mia ran.", '"Stop!"', "said Tom. 她笑了。", "他也笑了。"]


def test_nothing_to_sum_up(lm):
    with pytest.raises(ValueError, match="The text is empty; a summary needs something to sum up. Pass the text"):
        summarize(lm, " \n")


def test_an_instruction_for_a_model_that_cannot_be_asked(lm):
    with pytest.raises(ValueError, match="instruction is given, but 'tiny' has no chat template.* Leave instruction out"):
        summarize(lm, TEXT, instruction="Sum it up.")


def test_a_summary_too_long_for_parts_to_get_shorter(lm):
    with pytest.raises(ValueError, match="does not fit 'tiny', and max_new_tokens is 60: parts of .* is needed. Ask for a shorter"):
        summarize(lm, TEXT * 20, max_new_tokens=60)
