import copy

import pytest
import torch

from aigc_toolkit.generation import compare_strategies, detect_watermark, generate, microscope, replay, score
from aigc_toolkit.generation.records import Prompt
from aigc_toolkit.generation.replay import winner
from aigc_toolkit.generation.sampling import gumbel_noise
from aigc_toolkit.generation.settings import DecodingSettings
from aigc_toolkit.generation.strategies import distinct, repetition
from aigc_toolkit.language_model import LanguageModel

PROMPT = "Mia 找到了 a"
SETTINGS = {"temperature": 0.4, "top_k": 30, "top_p": 0.9, "repetition_penalty": 1.2, "bad_words": ["Tom"]}


def test_the_microscope_shows_what_each_processor_did(endless):
    generation = generate(endless, PROMPT, max_new_tokens=12, seed=1, **SETTINGS)
    steps = generation.microscope(num_candidates=400)
    assert [step.id for step in steps] == [step.id for step in generation.tokens]
    for step, token in zip(steps, generation.tokens, strict=True):
        assert step.stages == ("model", "repetition_penalty", "bad_words", "temperature", "top_k", "top_p")
        assert step.num_left[0] == 400 and step.num_left[4] == 30 >= step.num_left[5] >= 1
        probabilities = torch.tensor([each.probabilities for each in step.candidates], dtype=torch.float64)
        torch.testing.assert_close(probabilities.sum(0), torch.ones(6, dtype=torch.float64), rtol=0, atol=1e-4)
        assert (probabilities > 0).sum(0)[-1] == step.num_left[-1]
        drawn = {each.id: each.noise + torch.tensor(each.probabilities[-1]).log().item() for each in step.candidates}
        assert max(drawn, key=drawn.get) == token.id  # the noise decides among what is left
        own = next(each for each in step.candidates if each.id == token.id)
        assert own.probabilities[0] == pytest.approx(2.718281828**token.logprob, abs=1e-4)


def test_the_microscope_of_greedy_text_has_no_noise(endless):
    step = microscope(generate(endless, PROMPT, max_new_tokens=1, temperature=0), num_candidates=3)[0]
    assert step.stages == ("model",) and step.num_left == (400,) and [each.noise for each in step.candidates] == [None] * 3


@pytest.mark.parametrize(
    "settings", [{"temperature": 1.3}, {"temperature": 0.3, "top_p": 0.9}, SETTINGS], ids=["hot", "cut", "all"]
)
def test_reading_again_with_the_same_settings_flips_nothing(endless, settings):
    generation = generate(endless, PROMPT, max_new_tokens=20, seed=4, **settings)
    again = generation.replay(read_again=True)
    assert again.flips == [] and again.unknown == [] and again.num_same == 20


@pytest.mark.parametrize(
    "changed", [{"temperature": 0.4}, {"temperature": 2.0}, {"top_k": 3}, {"top_p": 0.6}, {"min_p": 0.3}, {"temperature": 0}]
)
@pytest.mark.parametrize("num_alternatives", [5, 40, 400])
def test_a_replay_from_kept_candidates_is_right_or_says_it_does_not_know(endless, changed, num_alternatives):
    generation = generate(endless, PROMPT, max_new_tokens=40, seed=2, temperature=0.8, num_alternatives=num_alternatives)
    quick, whole = replay(generation, **changed), replay(generation, read_again=True, **changed)
    for one, other in zip(quick.steps, whole.steps, strict=True):
        assert one.new_id in (None, other.new_id)
    if num_alternatives == 400:
        assert quick.unknown == []
    rerun = generate(endless, PROMPT, max_new_tokens=40, seed=2, **{"temperature": 0.8} | changed)
    first = whole.num_same
    assert rerun.ids[: len(generation.prompt_ids) + first] == generation.ids[: len(generation.prompt_ids) + first]
    if first < 40:
        assert rerun.tokens[first].id == whole.steps[first].new_id and not any(
            step.same_before for step in whole.steps[first + 1 :]
        )


def test_the_same_settings_need_no_further_reading(endless):
    generation = generate(endless, PROMPT, max_new_tokens=40, seed=2, num_alternatives=3)
    found = generation.replay(temperature=1.0)
    assert found.unknown == [] and found.num_same == 40
    assert str(found) == "temperature=1.0: 40 of 40 tokens stay, 0 flip, 0 unknown"


def test_no_kept_candidate_tells_nothing(endless):
    step = generate(endless, PROMPT, max_new_tokens=1, seed=2, num_alternatives=0).tokens[0]
    assert winner(step, gumbel_noise(2, 0, 400, torch.device("cpu")), DecodingSettings()) is None


def test_what_cannot_be_replayed(endless, lm):
    sampled = generate(endless, PROMPT, max_new_tokens=3, seed=2)
    with pytest.raises(ValueError, match=r"repetition_penalty cannot be followed from the kept candidates;.*Pass read_again=True"):
        sampled.replay(repetition_penalty=1.5)
    with pytest.raises(ValueError, match="was not sampled in one go .*Generate with a temperature above 0"):
        generate(endless, PROMPT, max_new_tokens=3, temperature=0).replay(temperature=1)
    with pytest.raises(ValueError, match="is a copy or was loaded; a model on this computer .*score"):
        copy.deepcopy(sampled).replay(temperature=1)
    with pytest.raises(ValueError, match="top_k is 0; 1 to 400"):
        sampled.replay(top_k=0)


def test_prompt_tokens_have_the_numbers_of_a_score(endless):
    generation = generate(endless, PROMPT, max_new_tokens=2, seed=0)
    steps = generation.prompt_tokens
    assert tuple(step.id for step in steps) == generation.prompt_ids and "".join(step.text for step in steps) == PROMPT
    assert (steps[0].logprob, steps[0].rank, steps[0].entropy, steps[0].alternatives) == (None, None, None, ())
    with torch.inference_mode():
        logprobs = endless.model(torch.tensor([generation.prompt_ids])).logits[0].log_softmax(-1)
    for step in steps[1:]:
        assert step.logprob == pytest.approx(logprobs[step.position - 1, step.id].item(), abs=1e-4)
        assert step.rank == 1 + (logprobs[step.position - 1] > logprobs[step.position - 1, step.id]).sum()
    assert score(endless, PROMPT).tokens == steps


def test_a_score_is_the_loss_of_transformers(lm):
    ids = torch.tensor([lm.texts.encode("Once upon a time a girl")])
    found = score(lm, "Once upon a time a girl")
    assert found.mean_logprob == pytest.approx(-lm.model(ids, labels=ids).loss.item(), abs=1e-4)
    assert found.perplexity == pytest.approx(2.718281828**-found.mean_logprob, rel=1e-6) and found.num_predicted == ids.shape[1] - 1


def test_a_text_beyond_the_context_is_scored_in_windows(lm):
    text = "Once upon a time a girl named Mia lost her red lantern in the forest. " * 15
    ids = lm.texts.encode(text)
    found = score(lm, text)
    assert len(ids) > 2 * 128 and len(found.tokens) == len(ids) and found.num_predicted == len(ids) - 1
    with torch.inference_mode():
        logprobs = lm.model(torch.tensor([ids[64:192]])).logits[0].log_softmax(-1)
    assert found.tokens[150].logprob == pytest.approx(logprobs[150 - 64 - 1, ids[150]].item(), abs=1e-4)


def test_an_encoder_decoder_scores_an_answer(tokenizer):
    from small_models import small_model

    lm = LanguageModel(small_model("bart"), tokenizer, "bart")
    found = score(lm, "Tom", source="Mia")
    labels = torch.tensor([lm.texts.encode("Tom")])
    loss = lm.model(torch.tensor([lm.texts.encode("Mia")]), labels=labels).loss
    assert found.mean_logprob == pytest.approx(-loss.item(), abs=1e-4)
    with pytest.raises(ValueError, match="'bart' needs the source it answers, as source=….*Pass the text"):
        score(lm, "Tom")


def test_what_cannot_be_scored(lm):
    with pytest.raises(ValueError, match="'tiny' reads one text, so source is not allowed. Leave source out"):
        score(lm, "Tom", source="Mia")
    with pytest.raises(ValueError, match="The text has 1 tokens; at least 2 are needed.*Pass a longer text"):
        score(lm, Prompt("", (5,)))


def test_strategies_side_by_side(endless):
    strategies = {"greedy": {"temperature": 0}, "hot": {"temperature": 3.0, "seed": 1}, "beams": {"temperature": 0, "num_beams": 3}}
    found = compare_strategies(endless, PROMPT, strategies, max_new_tokens=15)
    assert list(found.table.index) == list(strategies) == list(found.generations)
    assert found.generations["greedy"] == generate(endless, PROMPT, max_new_tokens=15, temperature=0)
    for name, generation in found.generations.items():
        row = found.table.loc[name]
        assert row["mean_logprob"] == pytest.approx(sum(step.logprob for step in generation.tokens) / 15)
        assert row["mean_entropy"] == pytest.approx(sum(step.entropy for step in generation.tokens) / 15)
        assert row["num_tokens"] == 15 and row["text"] == generation.text and 0 < row["distinct_1"] <= row["distinct_3"] <= 1
    assert found.table.loc["beams", "mean_logprob"] >= found.table.loc["greedy", "mean_logprob"] - 1e-6
    assert found.table.loc["hot", "mean_logprob"] < found.table.loc["greedy", "mean_logprob"]
    assert "greedy" in found._repr_html_() and "<script" not in compare_strategies(endless, PROMPT, {"<script>": {}})._repr_html_()


def test_numbers_of_repetition():
    assert distinct([1, 2, 1, 2, 1], 1) == 0.4 and distinct([1, 2, 1, 2, 1], 2) == 0.5 and distinct([1], 2) is None
    assert repetition([1, 2, 1, 3]) == 0.25 and repetition([]) is None
    assert repetition([9, *range(100, 132), 9]) == 0 and repetition([9, *range(100, 131), 9]) == pytest.approx(1 / 33)


def test_strategies_that_cannot_be_compared(endless):
    with pytest.raises(ValueError, match="There is no strategy; at least one is needed. Pass"):
        compare_strategies(endless, PROMPT, {})
    with pytest.raises(ValueError, match="strategy 'many' gives several texts; one for each.*Leave num_return_sequences out"):
        compare_strategies(endless, PROMPT, {"many": {"num_return_sequences": 2}}, max_new_tokens=2)


@pytest.mark.parametrize(
    "watermark", [{"bias": 6.0}, {"bias": 6.0, "seeding_scheme": "selfhash"}, {"ngram_len": 4, "keys": list(range(20, 40))}]
)
def test_a_watermark_is_found_where_it_is_and_nowhere_else(endless, watermark):
    settings = {"max_new_tokens": 100, "seed": 0, "temperature": 1.5}
    marked, plain = generate(endless, PROMPT, watermark=watermark, **settings), generate(endless, PROMPT, **settings)
    found = detect_watermark(endless, marked, watermark)
    assert found.is_watermarked and found.share > found.share_by_chance and found.p_value < 0.01
    assert not detect_watermark(endless, plain, watermark).is_watermarked
    assert not detect_watermark(
        endless, "Once upon a time a girl named Mia lost her red lantern in the forest.", watermark
    ).is_watermarked


def test_what_cannot_be_looked_at_for_a_watermark(lm):
    with pytest.raises(ValueError, match="watermark is None; the settings the text was written with are needed. Use {}"):
        detect_watermark(lm, "Mia", None)
    with pytest.raises(ValueError, match="The text has 1 tokens; at least 3 are needed to tell. Pass a longer"):
        detect_watermark(lm, "Z", {})
