"""What the assistant says may count for more in the loss: where it stands, how much, and that nothing else changes."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import PreTrainedTokenizerFast

from aigc_toolkit import GPT, GPTConfig, TrainConfig, story_corpus, text_corpus, train
from aigc_toolkit.training.answers import AnswerWeights
from aigc_toolkit.training.losses import next_token_loss

CONFIG = TrainConfig(num_steps=2, batch_size=4, context=64, answer_weight=5.0)


@pytest.fixture(scope="module")
def corpus():
    return story_corpus(40, forms={"lesson": 1}, vocabulary_size=400)


def model(corpus) -> GPT:
    return GPT(GPTConfig.modern(vocabulary_size=len(corpus.tokenizer), context=64, num_layers=1, num_heads=2, width=32))


def test_answers_with_their_end_weigh_more_and_the_mean_is_one():
    batch = torch.tensor([[7, 5, 8, 1, 7, 2], [3, 8, 3, 3, 3, 3]])  # 7 begins an answer, 8 ends it
    weights = AnswerWeights(weight=3.0, begin_id=7, end_id=8)(batch)
    assert (weights / weights.min()).tolist() == [[3, 3, 1, 1, 3], [1, 1, 1, 1, 1]]
    assert weights.mean().item() == pytest.approx(1)


def test_the_weighed_loss_equals_its_formula_in_value_and_gradient():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(300, 11, generator=generator).requires_grad_()
    targets, weights = torch.randint(11, (300,), generator=generator), torch.rand(300, generator=generator)
    ours, slow = next_token_loss(logits, targets, weights), (F.cross_entropy(logits, targets, reduction="none") * weights).mean()
    torch.testing.assert_close(ours, slow)
    torch.testing.assert_close(*(torch.autograd.grad(loss, logits)[0] for loss in (ours, slow)))


def test_a_weight_on_answers_lowers_their_loss_faster(corpus):
    ids = torch.from_numpy(corpus.token_ids("train")[:2000]).long()
    vocabulary = corpus.tokenizer.get_vocab()
    inside = AnswerWeights(9.0, vocabulary["<|assistant|>"], vocabulary["<|end|>"])(ids[None])[0] > 1  # (N - 1)
    losses = {}
    for weight in (0.1, 9.0):
        gpt = model(corpus)
        list(train(gpt, corpus, replace(CONFIG, num_steps=25, answer_weight=weight)))
        with torch.no_grad():
            logits = torch.cat([gpt(piece[None])[0] for piece in ids[:-1].split(64)])  # (N - 1, V)
        losses[weight] = F.cross_entropy(logits[inside], ids[1:][inside]).item()
    assert losses[9.0] < losses[0.1]


def test_parts_of_a_batch_weigh_as_the_whole(corpus):
    whole, parts = model(corpus), model(corpus)
    first = [step.loss for step in train(whole, corpus, CONFIG)]
    second = [step.loss for step in train(parts, corpus, replace(CONFIG, gradient_accumulation=2))]
    assert first == pytest.approx(second, abs=1e-5)
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-3, rtol=1e-3)


def test_a_weight_without_dialogues_is_refused():
    words = Tokenizer(WordLevel({"some": 0, "text": 1, "end": 2}, unk_token="text"))
    words.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="end")
    texts = text_corpus(["some text " * 50] * 4, tokenizer=tokenizer)
    with pytest.raises(ValueError, match=r"answer_weight=5.0 with a tokenizer that lacks .*assistant.*Leave answer_weight at 1"):
        train(model(texts), texts, CONFIG)


def test_a_weight_has_to_be_positive():
    with pytest.raises(ValueError, match="answer_weight=0: above 0 is allowed"):
        TrainConfig(answer_weight=0)
