"""What a model says about a few prompts at one moment of its training.

In: a `LanguageModel` and prompts. Out: a `Snapshot` of NumPy arrays and texts: queries and keys of every head, what the model
expects after every token, a sample, and what each head does on the prompt and on random tokens that come twice. The definitions of
head scores are those of `Attention.head_scores`. Does not know training, files or how anything is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aigc_toolkit import Attention, LanguageModel, capture_attention, generate, score

from .kept_attention import LayerFacts, PromptText, layer_facts, rounded_difference

SCORES = ("previous_token", "induction", "same_token", "first_token")  # of `Attention.head_scores`, which defines them
KINDS = ("none of these", "previous token", "induction", "same token", "first token")
NUM_REPEATED = 32  # random tokens that come twice (Olsson et al. 2022: where induction heads show)
TEMPERATURE = 0.8  # of samples, as in training
LARGEST_DIFFERENCE = 0.05  # of a weight, from which queries and keys alone do not say what a head does


@dataclass(frozen=True)
class HeadScores:
    """What each head does: `values` float32 (scores, L, H) in the order of `SCORES`, `kinds` int8 (L, H), places in `KINDS`."""

    values: np.ndarray
    kinds: np.ndarray


@dataclass(frozen=True)
class PromptSnapshot:
    """One prompt at one moment; arrays as the kernel had them, after rotation and norms."""

    query: np.ndarray  # (L, H, T, D), float16
    key: np.ndarray  # (L, Hkv, T, D), float16
    next_ids: np.ndarray  # (T, k), int32: the k most likely tokens after each, the likeliest first
    next_logprobs: np.ndarray  # (T, k), float32, nats
    text_logprobs: np.ndarray  # (T - 1,), float32, nats: of the prompt's own tokens from the second on
    scores: HeadScores
    sample: str  # what the model wrote after the prompt
    max_error: float  # of softmax(q k) v against the model's own output, by `Attention.verify`
    max_error_layer: int
    max_difference: float  # of a weight, when it is computed from what is kept


@dataclass(frozen=True)
class Snapshot:
    """All prompts after `step` steps, and the heads on repeated random tokens."""

    step: int
    prompts: tuple[PromptSnapshot, ...]
    repeated: HeadScores


@dataclass(frozen=True)
class Subject:
    """What does not change from snapshot to snapshot: the prompts, the layers' settings, the texts of tokens."""

    model_name: str
    prompts: tuple[PromptText, ...]
    layers: tuple[LayerFacts, ...]
    token_texts: dict[int, str]  # of every token that was expected somewhere; grows with the snapshots
    definitions: dict[str, str]  # of the head scores
    tolerance: float  # of `Attention.verify`, by the model's dtype
    num_next: int
    sample_tokens: int
    seed: int
    score_names: tuple[str, ...] = SCORES
    kind_names: tuple[str, ...] = KINDS


def read_subject(lm: LanguageModel, prompts: Sequence[str], *, num_next: int, sample_tokens: int, seed: int) -> Subject:
    """The prompts as `lm` reads them. Raises ValueError for none, for one too short or too long, and for other attention."""
    if isinstance(prompts, str) or not prompts:
        raise ValueError(f"prompts is {prompts!r}; a list of one or more texts is needed. Write prompts=['Once upon a time'].")
    attentions = [_attention(lm, prompt, sample_tokens) for prompt in prompts]
    return Subject(
        model_name=lm.name,
        prompts=tuple(PromptText.of(attention, prompt) for attention, prompt in zip(attentions, prompts, strict=True)),
        layers=layer_facts(attentions[0]),
        token_texts={},
        definitions={name: attentions[0].head_scores().attrs["definitions"][name] for name in (*SCORES, "kind")},
        tolerance=attentions[0].verify().tolerance,
        num_next=num_next,
        sample_tokens=sample_tokens,
        seed=seed,
    )


def take_snapshot(lm: LanguageModel, subject: Subject, step: int) -> Snapshot:
    """What `lm` says about the subject's prompts, as the state after `step` steps.

    >>> subject = read_subject(lm, ["Mia found her lantern."], num_next=8, sample_tokens=8, seed=0)
    >>> take_snapshot(lm, subject, 0).prompts[0].query.shape
    (5, 6, 6, 32)
    """
    return Snapshot(
        step=step,
        prompts=tuple(_prompt_snapshot(lm, prompt.text, subject) for prompt in subject.prompts),
        repeated=_head_scores(capture_attention(lm, _repeated_ids(lm, subject.seed))),
    )


def _prompt_snapshot(lm: LanguageModel, prompt: str, subject: Subject) -> PromptSnapshot:
    attention = capture_attention(lm, prompt)
    inputs = [attention.score_inputs(layer) for layer in range(attention.num_layers)]
    difference = max(rounded_difference(attention, layer, subject.layers[layer]) for layer in range(attention.num_layers))
    if not difference <= LARGEST_DIFFERENCE:
        raise ValueError(
            f"Weights of {lm.name!r} computed from its queries and keys alone are {difference:.2f} off; up to "
            f"{LARGEST_DIFFERENCE} is allowed: something else shapes them, such as position biases or sinks. "
            "Use a model without, such as GPT(...)."
        )
    proof = attention.verify()
    read = score(lm, prompt, num_alternatives=subject.num_next).tokens
    written = generate(
        lm,
        prompt,
        max_new_tokens=subject.sample_tokens,
        temperature=TEMPERATURE,
        seed=subject.seed,
        num_alternatives=subject.num_next,
    )
    expected = [step.alternatives for step in (*read[1:], written.tokens[0])]  # after each token of the prompt
    subject.token_texts.update({one.id: one.text for several in expected for one in several})
    return PromptSnapshot(
        query=np.ascontiguousarray(np.stack([layer.query for layer in inputs]), dtype=np.float16),
        key=np.ascontiguousarray(np.stack([layer.key for layer in inputs]), dtype=np.float16),
        next_ids=np.array([[one.id for one in several] for several in expected], dtype=np.int32),
        next_logprobs=np.array([[one.logprob for one in several] for several in expected], dtype=np.float32),
        text_logprobs=np.array([step.logprob for step in read[1:]], dtype=np.float32),
        scores=_head_scores(attention),
        sample=written.text,
        max_error=proof.max_error,
        max_error_layer=proof.layer,
        max_difference=difference,
    )


def _head_scores(attention: Attention) -> HeadScores:
    table = attention.head_scores()
    shape = (attention.num_layers, attention.num_heads)  # rows of the table are in this order
    values = np.stack([table[name].to_numpy(np.float32).reshape(shape) for name in SCORES])  # (scores, L, H)
    return HeadScores(values, np.array([KINDS.index(kind) for kind in table["kind"]], dtype=np.int8).reshape(shape))


def _repeated_ids(lm: LanguageModel, seed: int) -> list[int]:
    """Random ordinary tokens, all of them twice; fewer where the context is short."""
    ordinary = np.setdiff1d(np.arange(len(lm.tokenizer)), sorted(lm.tokenizer.added_tokens_decoder))
    num = min(NUM_REPEATED, (lm.context_length or 2 * NUM_REPEATED) // 2, len(ordinary))
    once = np.random.default_rng(seed).choice(ordinary, num, replace=False)
    return [*once.tolist(), *once.tolist()]


def _attention(lm: LanguageModel, prompt: str, sample_tokens: int) -> Attention:
    attention = capture_attention(lm, prompt)
    num_tokens, context = len(attention.tokens), lm.context_length
    if num_tokens < 2 or (context is not None and num_tokens + sample_tokens > context):
        most = "" if context is None else f" to {context - sample_tokens}, which leaves room for sample_tokens={sample_tokens},"
        raise ValueError(
            f"The prompt {prompt[:40]!r} has {num_tokens} tokens; 2{most or ' or more'} are allowed. Give a text of such a length."
        )
    if attention.kind != "decoder" or attention.has_sink or len(set(attention.heads_of_layers)) > 1 or attention.other_layers:
        raise ValueError(
            f"{lm.name!r} has {attention.kind} attention with layers that differ, or sinks; a time-lapse takes decoders whose "
            "layers all attend alike. Use such a model, for example GPT(...)."
        )
    return attention
