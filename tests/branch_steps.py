"""What tests of branches share: the prompt, another token than the one taken, and the numbers of one pass over everything."""

import torch

PROMPT = "Mia lost her"


def steps_of_one_pass(lm, ids, first):
    """The numbers of `ids[first:]` from one pass over everything."""
    with torch.inference_mode():
        logprobs = lm.model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return [logprobs[position - 1, ids[position]].item() for position in range(first, len(ids))]


def other_token(step):
    return step.alternatives[1]
