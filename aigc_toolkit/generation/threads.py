"""How many processor threads a model is run with.

In: a model. Out: whether it is small, and a context in which torch uses one thread. A small model's operations take microseconds;
threads that wait for each other win little there, and where other programs run each wait can take a time slice of the
system. Does not know what is run.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from transformers import PreTrainedModel

SMALL_BYTES = 2**25  # of all weights


def is_small(model: PreTrainedModel) -> bool:
    """Whether one thread is enough: a model on the processor with few weights."""
    return model.device.type == "cpu" and sum(parameter.nbytes for parameter in model.parameters()) <= SMALL_BYTES


@contextmanager
def one_thread(wanted: bool = True) -> Iterator[None]:
    """Run what is inside with one thread; afterwards the number is what it was. Where it is not `wanted` nothing changes.

    >>> with one_thread():
    ...     torch.get_num_threads()
    1
    """
    before = torch.get_num_threads()
    if not wanted or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
