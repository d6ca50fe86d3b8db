"""What transformers writes, and models that end where a test wants them to."""

import copy

import torch

from aigc_toolkit.language_model import LanguageModel


def with_end_of_text(lm, *ids):
    """The model with other end-of-text tokens."""
    model = copy.deepcopy(lm.model)
    model.generation_config.eos_token_id = list(ids) or None
    return LanguageModel(model, lm.tokenizer, "changed")


def reference_ids(lm, prompt_ids, max_new_tokens, **settings):
    """The ids transformers writes after these, greedily unless the settings say otherwise."""
    ids = torch.tensor([prompt_ids])
    options = {"do_sample": False, "max_new_tokens": max_new_tokens, "pad_token_id": 0} | settings
    return tuple(lm.model.generate(ids, attention_mask=torch.ones_like(ids), **options)[0].tolist())
