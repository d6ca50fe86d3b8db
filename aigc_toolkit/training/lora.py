"""Fine-tuning a few numbers instead of all: low-rank adapters (LoRA) through peft.

In: a Hugging Face causal model. Out: the same model with trainable low-rank matrices beside its frozen ones, which `train` takes as
any other; and merged again, a plain model. Does not know how it is trained. peft is optional and imported on first use.
"""

from typing import TYPE_CHECKING

from transformers import PreTrainedModel

from .optional import require

if TYPE_CHECKING:
    from peft import PeftModel


def add_lora(model: PreTrainedModel, *, rank: int = 8, alpha: float | None = None, dropout: float = 0.0) -> "PeftModel":
    r"""`model` with all weights frozen and, beside every linear layer but the head, $\frac{\alpha}{r} B A$ to be trained.

    $A$ is `rank` x inputs and random, $B$ outputs x `rank` and zero, so that nothing changes at first; `alpha` is 2 `rank` by
    default. Trained by AdamW: `adam_learning_rate` is the one that counts.
    Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", arXiv:2106.09685, section 4.1.
    Raises ValueError for a model that is not a Hugging Face one, a rank below 1, and without peft.

    >>> lora = add_lora(load_model("story").model, rank=4)
    >>> lora.get_nb_trainable_parameters()  # trained, of
    (69120, 2688896)
    """
    if not isinstance(model, PreTrainedModel):
        raise ValueError(
            f"A model of type {type(model).__name__} was given; adapters are for Hugging Face models. "
            "Convert a GPT with to_hugging_face first, or train all of it."
        )
    if rank < 1:
        raise ValueError(f"rank={rank}: at least 1 is allowed. 8 is usual.")
    require("peft", "A model with low-rank adapters (add_lora)")
    from peft import LoraConfig, get_peft_model

    alpha = 2 * rank if alpha is None else alpha
    config = LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules="all-linear", task_type="CAUSAL_LM")
    return get_peft_model(model, config)


def merge_lora(model: "PeftModel") -> PreTrainedModel:
    """The plain model with what the adapters learnt added to its weights: saved and loaded as any other.

    >>> type(merge_lora(lora)).__name__
    'Qwen3ForCausalLM'
    """
    return model.merge_and_unload()
