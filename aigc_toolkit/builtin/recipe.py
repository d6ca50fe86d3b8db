"""How the built-in model `story` is made: its shape, six stages of training on documents, a seventh of practice.

In: nothing. Out: frozen records. It trains nothing: `python -m aigc_toolkit.builtin` does.
"""

from dataclasses import dataclass, replace

from aigc_toolkit import TrainConfig

CONTEXT = 512  # tokens
MODEL = dict(num_layers=5, num_heads=6, num_key_value_heads=3, width=192, head_dim=32, mlp_width=512)

TIMELAPSE_PROMPTS = (
    "<|user|>Once there was a clever boy called Omar. Omar had a red kite. He put the kite in the drawer.\n\n"
    "Which colour is the kite?<|end|><|assistant|>It is",
    "<|user|>从前有一个聪明的女孩，叫琳琳。琳琳有一只红色的风筝。她把风筝放在抽屉里。\n\n风筝是什么颜色的？<|end|><|assistant|>风筝是",
)  # what is looked at on the way


@dataclass(frozen=True)
class Stage:
    """One stage: the documents it reads and how it trains on them."""

    name: str
    num_documents: int
    seed: int  # of the documents
    forms: dict[str, float]  # shares of the documents
    training: TrainConfig
    rope_theta: float = 10_000.0  # base of the rotary wavelengths from this stage on


@dataclass(frozen=True)
class Practice:
    """A stage in which the model writes and is told what was right.

    `training` has the rounds (`num_steps`), AdamW's rate, the schedule, and the sequences of a corpus that each round reads too.
    """

    name: str
    seed: int  # of the documents
    seed_of_exercises: int
    num_stories: int  # to go on with, in a round
    num_questions: int
    num_summaries: int
    longest_story: int  # tokens written
    longest_answer: int  # tokens
    attempts: int  # at each question and summary
    weight_of_attempts: float  # of all those at one exercise together, where a right answer that is always missed weighs 1
    weight_of_corpus: float  # of the loss on the corpus
    weight_of_change: float  # of the divergence from what was expected before practice
    num_documents: int  # of the corpus
    forms: dict[str, float]  # shares of the documents
    training: TrainConfig


STORIES = Stage(
    "stories",
    num_documents=120_000,
    seed=0,
    forms={"story": 0.2, "dialogue": 0.6, "summary": 0.2},
    training=TrainConfig(
        num_steps=5_000,
        batch_size=8,
        context=CONTEXT,
        start_at_documents=True,
        learning_rate=0.008,
        adam_learning_rate=0.004,
        weight_decay=0.05,
        warmup_fraction=0.02,
        cooldown_fraction=0.6,
        mixed_precision="bfloat16",
    ),
)

LESSONS = Stage(
    "lessons",
    num_documents=120_000,
    seed=2,  # 1 is the one its quality is measured with
    forms={"story": 0.2, "dialogue": 0.2, "summary": 0.15, "lesson": 0.45},
    training=replace(STORIES.training, answer_weight=2.0, learning_rate=0.006, adam_learning_rate=0.003),
)

RECITALS = Stage(
    "recitals",
    num_documents=30_000,
    seed=3,
    forms={"recital": 0.8, "gathering": 0.1, "lesson": 0.1},
    training=replace(
        LESSONS.training,
        num_steps=2_000,
        cooldown_fraction=0.0,  # the next stage goes on at the same rate
        answer_weight=10.0,
        mixed_precision="no",
    ),
    rope_theta=1e6,
)

GATHERINGS = Stage(
    "gatherings",
    num_documents=60_000,
    seed=4,
    forms={"story": 0.1, "dialogue": 0.1, "summary": 0.08, "lesson": 0.18, "gathering": 0.3, "recital": 0.24},
    training=replace(RECITALS.training, num_steps=3_000, cooldown_fraction=0.5, answer_weight=4.0),
    rope_theta=1e6,
)

EVERYTHING = Stage(
    "everything",
    num_documents=60_000,
    seed=5,
    forms={"story": 0.15, "dialogue": 0.2, "summary": 0.08, "lesson": 0.22, "gathering": 0.25, "recital": 0.1},
    training=replace(GATHERINGS.training, num_steps=4_000, cooldown_fraction=0.6),
    rope_theta=1e6,
)

TELLING = Stage(
    "telling",
    num_documents=60_000,
    seed=6,
    forms={"story": 0.4, "dialogue": 0.2, "summary": 0.1, "lesson": 0.15, "gathering": 0.1, "opening": 0.05},
    training=replace(EVERYTHING.training, answer_weight=1.0, learning_rate=0.005, adam_learning_rate=0.0025, cooldown_fraction=0.7),
    rope_theta=1e6,
)

PRACTICE = Practice(
    "practice",
    seed=12,
    seed_of_exercises=11,
    num_stories=64,
    num_questions=16,
    num_summaries=8,
    longest_story=130,
    longest_answer=60,
    attempts=6,
    weight_of_attempts=4.0,
    weight_of_corpus=0.3,
    weight_of_change=0.05,
    num_documents=4_000,
    forms={"story": 0.3, "dialogue": 0.1, "summary": 0.2, "lesson": 0.2, "gathering": 0.1, "opening": 0.1},
    training=TrainConfig(
        num_steps=480, batch_size=4, context=CONTEXT, adam_learning_rate=5e-4, warmup_fraction=0.025, cooldown_fraction=0.5
    ),
)

STAGES = (STORIES, LESSONS, RECITALS, GATHERINGS, EVERYTHING, TELLING)
