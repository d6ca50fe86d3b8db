"""The picture a vision model looked at, small, with the grid of its patches.

In: the pixels as the model got them. Out: a `Picture` of at most 384 pixels a side. What a preprocessor took away (its mean and
standard deviation) is not known here: the darkest value becomes black, the brightest white, so colours are near the original's, not
the same.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

LARGEST_SIDE = 384


@dataclass(frozen=True)
class Picture:
    """Pixels rescaled from the smallest to the largest value, and where the patches are."""

    pixels: np.ndarray  # (height, width, 3), uint8
    rows: int  # of patches
    columns: int
    first: int  # position of the first patch among the tokens, which go row by row from there


@torch.inference_mode()
def small_picture(pixels: torch.Tensor, patch_size: int, num_tokens: int) -> Picture | None:
    """The `Picture` of pixels (1, C, height, width), or None where the tokens are not its patches, one each."""
    if not patch_size or pixels.dim() != 4:
        return None
    rows, columns = (length // patch_size for length in pixels.shape[-2:])
    first = num_tokens - rows * columns
    if not rows or not columns or first < 0:
        return None
    colors = pixels.detach().float().cpu()
    colors = colors[:, :3] if pixels.shape[1] >= 3 else colors.mean(1, keepdim=True).expand(-1, 3, -1, -1)  # (1, 3, h, w)
    longest = max(colors.shape[-2:])
    if longest > LARGEST_SIDE:
        size = [max(1, round(length * LARGEST_SIDE / longest)) for length in colors.shape[-2:]]
        colors = F.interpolate(colors, size, mode="bilinear", antialias=True)
    colors = colors - colors.min()
    levels = (255 * colors / colors.max().clamp_min(torch.finfo(torch.float32).tiny)).round().to(torch.uint8)
    return Picture(levels[0].permute(1, 2, 0).contiguous().numpy(), rows, columns, first)
