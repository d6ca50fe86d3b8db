import math

import pytest

from aigc_toolkit.generation import DecodingSettings, stream
from aigc_toolkit.generation.processors import bad_word_ids, processors_for


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_new_tokens": 0}, "max_new_tokens is 0; 1 or more is allowed. Ask for at least one token"),
        (
            {"max_new_tokens": 129},
            "max_new_tokens is 129; 'tiny' reads 128 tokens, prompt included, so 1 to 128 is allowed. Ask for fewer",
        ),
        ({"num_alternatives": -1}, r"num_alternatives is -1; 0 to 400 \(the vocabulary\) is allowed. Use 10"),
        ({"num_alternatives": 401}, r"num_alternatives is 401; 0 to 400"),
        ({"temperature": -1}, r"temperature is -1; 0 \(greedy\) or a positive number is allowed. Use 1"),
        ({"temperature": math.nan}, "temperature is nan; 0"),
        ({"temperature": math.inf}, "temperature is inf; 0"),
        ({"top_k": 0}, r"top_k is 0; 1 to 400 \(the vocabulary\) is allowed. Use None"),
        ({"top_k": 401}, "top_k is 401; 1 to 400"),
        ({"top_p": 0}, "top_p is 0; above 0 and up to 1 is allowed. Use None or 1"),
        ({"top_p": 1.1}, "top_p is 1.1; above 0"),
        ({"min_p": -0.5}, "min_p is -0.5; above 0"),
        ({"typical_p": math.nan}, "typical_p is nan; above 0"),
        ({"no_repeat_ngram_size": 0}, "no_repeat_ngram_size is 0; 1 or more is allowed. Leave it out"),
        ({"num_beams": 0}, "num_beams is 0; 1 or more"),
        ({"num_return_sequences": 0}, "num_return_sequences is 0; 1 or more"),
        ({"repetition_penalty": 0}, "repetition_penalty is 0; a number above 0 is allowed. Leave it out"),
        ({"max_time": -1}, "max_time is -1; a number above 0"),
        ({"truncation": "right"}, "truncation is 'right'; 'refuse' or 'left' is allowed. 'left' keeps"),
        ({"bad_words": [""]}, "bad_words has ''; texts and lists of token ids from 0 to 399 are allowed.*Pass the words"),
        ({"bad_words": [[400]]}, r"bad_words has \[400\]; texts"),
        ({"stop": ""}, None),
        ({"stop": [""]}, "stop has an empty text; texts of at least one character are allowed. Leave stop out"),
        (
            {"temperature": 0, "top_p": 0.9},
            "temperature is 0, which takes the most likely token, and top_p=0.9 cuts.*Leave the cut out",
        ),
        ({"temperature": 0, "top_k": 5, "min_p": 0.1}, "and top_k=5, min_p=0.1 cuts"),
        ({"num_beams": 3}, "num_beams is 3 and temperature 1.0; beams are not sampled.*Pass temperature=0"),
        (
            {"temperature": 0, "num_return_sequences": 2},
            "num_return_sequences is 2 with temperature 0 and 1 beams;.*Use a temperature",
        ),
        ({"watermark": 5}, "watermark is a int; a WatermarkingConfig.*Use watermark={}"),
        ({"watermark": {"green": 1}}, "watermark is {'green': 1}; the settings of transformers' WatermarkingConfig are allowed"),
    ],
)
def test_settings_are_refused_before_anything_is_computed(lm, settings, message):
    if message is None:
        assert DecodingSettings(**settings).stops == ("",)
        message = "stop has an empty text"
    with pytest.raises(ValueError, match=message):
        stream(lm, "Mia", **settings)


@pytest.mark.parametrize("stop", [[5], [None], ["a", b"b"]])
def test_a_stop_that_is_no_text(lm, stop):
    with pytest.raises(TypeError, match="stop has a (int|NoneType|bytes); a text or several texts are allowed. Pass for example"):
        stream(lm, "Mia", stop=stop)


def test_an_unknown_setting(lm):
    with pytest.raises(TypeError, match="unexpected keyword argument 'warmth'"):
        stream(lm, "Mia", warmth=1)


def test_settings_that_go_together():
    allowed = [
        {"temperature": 0, "seed": 3},
        {"temperature": 0, "top_p": 1.0},
        {"temperature": 0, "num_beams": 4, "num_return_sequences": 4},
    ]
    for settings in allowed:
        DecodingSettings(**settings)._check_together()


def test_processors_come_in_the_order_of_transformers(lm):
    settings = DecodingSettings(
        temperature=0.7,
        top_k=20,
        top_p=0.9,
        min_p=0.1,
        typical_p=0.8,
        repetition_penalty=1.2,
        no_repeat_ngram_size=3,
        bad_words=["Mia"],
    )
    config = lm.model.generation_config.__class__(
        do_sample=True,
        temperature=0.7,
        top_k=20,
        top_p=0.9,
        min_p=0.1,
        typical_p=0.8,
        repetition_penalty=1.2,
        no_repeat_ngram_size=3,
    )
    config.bad_words_ids = bad_word_ids(settings, lm)
    config._eos_token_tensor = None
    theirs = [type(each) for each in lm.model._get_logits_processor(config, input_ids_seq_length=3, device="cpu")]
    assert [type(each.apply) for each in processors_for(settings, lm)] == theirs


def test_a_bad_word_is_forbidden_with_and_without_the_space_before_it(lm):
    ids = bad_word_ids(DecodingSettings(bad_words=["Mia", " Tom", [7, 8]]), lm)
    assert [lm.texts.decode(way) for way in ids[:3]] == ["Mia", " Mia", " Tom"] and ids[3] == [7, 8]
