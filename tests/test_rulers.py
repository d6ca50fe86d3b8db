"""Rulers: n-gram models that are probabilities and equal their equation, and losses that mean what they say."""

import gzip
import math
from collections import Counter, defaultdict
from itertools import product

import numpy as np
import pytest

from aigc_toolkit.corpora import measure_rulers, text_corpus
from aigc_toolkit.corpora.corpus import Corpus
from aigc_toolkit.corpora.ngrams import NGramModel

RHYME = "the cat sat on the mat and the cat saw the rat on the mat while the rat sat still and the cat sat on. " * 3 + "a dog ran."


def letters(text: str) -> np.ndarray:
    return np.array([ord(letter) - ord(" ") for letter in text])


class Equation:
    """The same model from dictionaries, one probability at a time, straight from the equation at the head of `ngrams`."""

    def __init__(self, ids: list[int], order: int, vocabulary_size: int):
        self.order, self.vocabulary_size = order, vocabulary_size
        grams = {k: Counter(tuple(ids[i : i + k]) for i in range(len(ids) - k + 1)) for k in range(1, order + 1)}
        self.counts = {order: grams[order]}
        for k in range(1, order):
            self.counts[k] = Counter(gram[1:] for gram in grams[k + 1])  # one for each different token in front
        self.following = {k: defaultdict(dict) for k in self.counts}
        for k, counts in self.counts.items():
            for gram, count in counts.items():
                self.following[k][gram[:-1]][gram[-1]] = count

    def discount(self, k: int, count: int) -> float:
        n = Counter(self.counts[k].values())
        if not (n[1] and n[2] and n[3]):
            return 0.5 if count else 0
        y = n[1] / (n[1] + 2 * n[2])
        c = min(count, 3)
        return min(max(c - (c + 1) * y * n[c + 1] / n[c], 0.01), c) if c else 0

    def prob(self, word: int, context: tuple[int, ...], k: int) -> float:
        if k == 0:
            return 1 / self.vocabulary_size
        shorter = self.prob(word, context[1:], k - 1)
        after = self.following[k].get(context)
        if not after:
            return shorter
        total = sum(after.values())
        kept = max(after.get(word, 0) - self.discount(k, after.get(word, 0)), 0) / total
        return kept + sum(self.discount(k, count) for count in after.values()) / total * shorter


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_it_equals_the_equation(order):
    ids, row = letters(RHYME), letters("the rat and the dog sat zz on the cat")
    fast = np.exp(NGramModel(ids, order=order, vocabulary_size=95).log_probabilities(row))
    slow = Equation(ids.tolist(), order, 95)
    for place in range(order - 1, len(row)):
        context = tuple(row[place - order + 1 : place].tolist())
        assert fast[place] == pytest.approx(slow.prob(int(row[place]), context, order), rel=1e-12)


@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_the_probabilities_of_a_context_sum_to_one(order):
    model = NGramModel(letters(RHYME), order=order, vocabulary_size=95)
    for context in ("the ", " cat", "zzzz", "n. a", "ran."):
        rows = [np.append(letters(context), word) for word in range(95)]
        assert sum(math.exp(model.log_probabilities(row)[-1]) for row in rows) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_next_to_nothing_to_count_still_gives_probabilities(length):
    model = NGramModel(np.arange(length), order=5, vocabulary_size=4)
    total = sum(math.exp(model.log_probabilities(np.array(row)).sum()) for row in product(range(4), repeat=3))
    assert total == pytest.approx(1)  # over all rows of three tokens


def test_what_was_counted_often_is_likely_and_longer_contexts_help():
    ids = letters(RHYME)
    losses = [-NGramModel(ids, order=order, vocabulary_size=95).log_probabilities(ids).mean() for order in (0, 1, 2, 5)]
    assert losses[0] == pytest.approx(math.log(95))
    assert losses == sorted(losses, reverse=True) and losses[3] < 1


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    held_out = "the cat sat on the mat and the rat ran on the mat. 猫"
    return text_corpus([RHYME, RHYME.upper(), held_out], validation_fraction=0.3, tokenizer="characters")


def test_rulers_share_the_same_nats_among_tokens_and_bytes(corpus):
    rulers = measure_rulers(corpus)
    assert corpus.rulers() == rulers
    ids, num_bytes = corpus.token_ids("validation"), len(corpus.validation[0].encode())
    assert list(rulers.losses()) == ["uniform", "unigram", "bigram", "5-gram", "gzip"]
    assert rulers.num_predicted == len(ids) - 1 and rulers.num_counted == len(corpus.token_ids("train"))
    for ruler in rulers.rulers:
        assert ruler.nats_per_token * rulers.num_predicted == pytest.approx(ruler.nats_per_byte * num_bytes)
        assert ruler.bits_per_byte == pytest.approx(ruler.nats_per_byte * 1.442695)
    losses = rulers.losses()
    assert losses["uniform"] == pytest.approx(math.log(len(corpus.tokenizer)))
    assert losses["5-gram"] < losses["bigram"] < losses["unigram"] < losses["uniform"]


def test_gzip_is_the_size_of_the_packed_text(corpus):
    gzip_ruler = measure_rulers(corpus).rulers[-1]
    packed, plain = gzip.compress(corpus.validation[0].encode(), 9), corpus.validation[0].encode()
    assert gzip_ruler.bits_per_byte == pytest.approx(8 * len(packed) / len(plain))


def test_the_table_says_what_was_measured(corpus):
    table = str(measure_rulers(corpus))
    assert table.splitlines()[1].split()[:2] == ["uniform", f"{math.log(len(corpus.tokenizer)):.3f}"]


def test_counting_stops_where_it_is_told(corpus):
    few = measure_rulers(corpus, max_training_tokens=20)
    assert few.num_counted == 20 and few.losses()["5-gram"] > measure_rulers(corpus).losses()["5-gram"]


def test_bad_input_says_what_to_do(corpus):
    with pytest.raises(ValueError, match="order=-1 is no length.*5 is usual"):
        NGramModel(np.arange(3), order=-1, vocabulary_size=3)
    with pytest.raises(ValueError, match="Token ids from 0 to 3 with vocabulary_size=3: ids from 0 to 2 are allowed"):
        NGramModel(np.arange(4), order=2, vocabulary_size=3)
    empty = Corpus("empty", corpus.train, [], corpus.tokenizer)
    with pytest.raises(ValueError, match="0 validation tokens: at least 2 are needed.*Hold out more"):
        measure_rulers(empty)
