"""What queries may see, in two words: causal, and how far back.

In: the sites of one kind of attention. Out: whether queries see earlier keys only, and the window of each layer. Looks at the mask
where there is one, and at the weights of families that show nothing else. Does not know tokens.
"""

from collections.abc import Sequence

import numpy as np
import torch

from .sites import AnySite

NUM_LOOKED_AT = 16  # query rows, evenly spread


@torch.inference_mode()
def is_causal(sites: Sequence[AnySite]) -> bool:
    """Whether no query sees a later key in any layer."""
    return not any(site.sees_ahead for site in sites)


@torch.inference_mode()
def window(site: AnySite) -> int | None:
    """w where every query sees the keys less than w positions away and no others; None where it sees further or differently.

    The query itself counts: a window of 1 sees itself alone.
    """
    if site.num_queries != site.num_keys:
        return None
    last = site.num_queries - 1
    rows = np.unique(np.linspace(0, last, min(last + 1, NUM_LOOKED_AT)).round().astype(np.int64))  # (R,)
    seen = site.seen(torch.as_tensor(rows, device=site.device)).cpu().numpy()  # (R, K)
    first_seen = int(seen[-1].argmax())
    if first_seen == 0:
        return None
    length = last - first_seen + 1
    distance = rows[:, None] - np.arange(site.num_keys)  # (R, K)
    reach = distance if not site.sees_ahead else np.abs(distance)
    return length if np.array_equal(seen, (reach >= 0) & (reach < length)) else None
