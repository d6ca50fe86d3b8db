"""The views' sequential colours in Python: the ones of the light style sheet.

In: the style sheet's stops. Out: 256 colours, joined in OKLab (Ottosson 2020, https://bottosson.github.io/posts/oklab/) as
`static/color_scale.js` joins them.
"""

import re
from functools import cache

import numpy as np

from aigc_toolkit.views.bundle import style_sheet

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.793617785, -0.0040720468],
        [1.9779984951, -2.428592205, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.808675766],
    ]
)


@cache
def color_ramp(name: str = "scale") -> np.ndarray:
    """256 colours from the least to the most, uint8 (256, 3), of the custom properties --aigc-<name>-0, 1, 2 …

    >>> color_ramp()[0].tolist()
    [241, 245, 248]
    """
    stops: dict[int, str] = {}
    for number, color in re.findall(rf"--aigc-{name}-(\d+): #([0-9a-f]{{6}})", style_sheet()):
        stops.setdefault(int(number), color)  # the light ones come first
    colors = np.array([list(bytes.fromhex(stops[number])) for number in sorted(stops)])  # (S, 3)
    linear = np.where(colors <= 10.31475, colors / 3294.6, ((colors / 255 + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T  # (S, 3)
    places = np.linspace(0, len(stops) - 1, 256)
    joined = np.stack([np.interp(places, np.arange(len(stops)), lab[:, channel]) for channel in range(3)], axis=1)  # (256, 3)
    light = np.clip((joined @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T, 0, 1)  # (256, 3)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * encoded).astype(np.uint8)
