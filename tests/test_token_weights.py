"""What the assistant says and what the document said before may count for more: where they stand, how much, and nothing else."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import PreTrainedTokenizerFast

from aigc_toolkit import GPT, GPTConfig, TrainConfig, story_corpus, text_corpus, train
from aigc_toolkit.training.losses import next_token_loss
from aigc_toolkit.training.token_weights import TokenWeights, token_weights

CONFIG = TrainConfig(num_steps=2, batch_size=4, context=64)
WEIGHTED = replace(CONFIG, answer_weight=5.0, recall_weight=3.0)


@pytest.fixture(scope="module")
def corpus():
    return story_corpus(40, forms={"lesson": 1}, vocabulary_size=400)


def model(corpus) -> GPT:
    return GPT(GPTConfig.modern(vocabulary_size=len(corpus.tokenizer), context=64, num_layers=1, num_heads=2, width=32))


def test_answers_with_their_end_weigh_more_and_the_mean_is_one():
    batch = torch.tensor([[7, 5, 8, 1, 7, 2], [3, 8, 3, 3, 3, 3]])  # 7 begins an answer, 8 ends it
    weights = TokenWeights(answer=3.0, begin_id=7, end_id=8)(batch)
    assert (weights / weights.min()).round(decimals=3).tolist() == [[3, 3, 1, 1, 3], [1, 1, 1, 1, 1]]
    assert weights.mean().item() == pytest.approx(1)


def test_what_a_document_said_before_weighs_more():
    batch = torch.tensor([[4, 5, 4, 9, 4, 5], [6, 6, 9, 9, 6, 9]])  # 9 ends a document
    weights = TokenWeights(recall=3.0, document_end_id=9)(batch)
    assert (weights / weights.min()).round(decimals=3).tolist() == [[1, 3, 1, 1, 1], [3, 1, 1, 1, 1]]
    assert weights.mean().item() == pytest.approx(1)


def test_without_documents_the_whole_sequence_counts_as_one():
    batch = torch.randint(30, (3, 40), generator=torch.Generator().manual_seed(0))
    weights = TokenWeights(recall=2.0)(batch)
    slow = torch.tensor([[2.0 if row[t] in row[:t] else 1.0 for t in range(1, len(row))] for row in batch.tolist()])
    torch.testing.assert_close(weights, slow / slow.mean())


def test_both_weights_multiply():
    batch = torch.tensor([[5, 7, 5, 6, 8, 5]])  # 7 begins an answer, 8 ends it
    weights = TokenWeights(answer=3.0, recall=2.0, begin_id=7, end_id=8)(batch)
    assert (weights / weights.min()).round(decimals=3).tolist() == [[1, 6, 3, 3, 2]]


def test_the_weighed_loss_equals_its_formula_in_value_and_gradient():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(300, 11, generator=generator).requires_grad_()
    targets, weights = torch.randint(11, (300,), generator=generator), torch.rand(300, generator=generator)
    ours, slow = next_token_loss(logits, targets, weights), (F.cross_entropy(logits, targets, reduction="none") * weights).mean()
    torch.testing.assert_close(ours, slow)
    torch.testing.assert_close(*(torch.autograd.grad(loss, logits)[0] for loss in (ours, slow)))


@pytest.mark.parametrize("name", ["answer_weight", "recall_weight"])
def test_what_weighs_more_is_learned_faster(corpus, name):
    ids = torch.from_numpy(corpus.token_ids("train")[:2000]).long()
    inside = token_weights(corpus.tokenizer, replace(CONFIG, **{name: 9.0}))(ids[None])[0] > 1  # (N - 1)
    losses = {}
    for weight in (0.1, 9.0):
        gpt = model(corpus)
        list(train(gpt, corpus, replace(CONFIG, num_steps=25, **{name: weight})))
        with torch.no_grad():
            logits = torch.cat([gpt(piece[None])[0] for piece in ids[:-1].split(64)])  # (N - 1, V)
        losses[weight] = F.cross_entropy(logits[inside], ids[1:][inside]).item()
    assert losses[9.0] < losses[0.1]


def test_parts_of_a_batch_weigh_as_the_whole(corpus):
    whole, parts = model(corpus), model(corpus)
    first = [step.loss for step in train(whole, corpus, WEIGHTED)]
    second = [step.loss for step in train(parts, corpus, replace(WEIGHTED, gradient_accumulation=2))]
    assert first == pytest.approx(second, abs=1e-5)
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-3, rtol=1e-3)


def test_a_weight_without_dialogues_is_refused():
    words = Tokenizer(WordLevel({"some": 0, "text": 1, "end": 2}, unk_token="text"))
    words.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="end")
    texts = text_corpus(["some text " * 50] * 4, tokenizer=tokenizer)
    with pytest.raises(ValueError, match=r"answer_weight=5.0 with a tokenizer that lacks .*assistant.*Leave answer_weight at 1"):
        train(model(texts), texts, WEIGHTED)


@pytest.mark.parametrize("name", ["answer_weight", "recall_weight"])
def test_a_weight_has_to_be_positive(name):
    with pytest.raises(ValueError, match=f"{name}=0: above 0 is allowed"):
        TrainConfig(**{name: 0})
