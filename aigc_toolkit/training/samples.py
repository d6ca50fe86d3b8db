"""A few words from a model in training, to watch it learn.

In: a model, its tokenizer, a prompt. Out: the prompt with its continuation, as text.
One full pass per token, no cache, nothing to choose: writing with a finished model is the business of `generation`.
"""

import torch
from torch import nn

from .evaluation import logits_of, mode

TEMPERATURE = 0.8


@torch.no_grad()
def draw_sample(model: nn.Module, tokenizer, *, prompt: str, num_tokens: int, context: int, seed: int) -> str:
    """`prompt` and what the model writes after it, at temperature 0.8; the same seed gives the same text.

    The model sees the last `context` tokens, runs in eval mode and is left in the mode it was in. Writing stops at the
    tokenizer's end-of-text token.

    >>> draw_sample(gpt, tokenizer, prompt="Once upon a time", num_tokens=8, context=256, seed=0)
    'Once upon a time there was a girl who kept a lamp'
    """
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    ids = list(tokenizer.encode(prompt))
    with mode(model, training=False):
        for _ in range(num_tokens):
            logits = logits_of(model, torch.tensor([ids[-context:]], device=device))[0, -1]  # (V)
            probabilities = torch.softmax(logits.float().cpu() / TEMPERATURE, -1)  # (V)
            next_id = int(torch.multinomial(probabilities, 1, generator=generator))
            if next_id == tokenizer.eos_token_id:
                break
            ids.append(next_id)
    return tokenizer.decode(ids)
