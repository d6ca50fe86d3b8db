"""Numbers as an exported table writes them.

In: a float. Out: its digits, the same in Python and in a browser (`static/export_csv.js`): weights are float16, whose product with
ten million is exact in double precision.
"""

import math


def number(value: float) -> str:
    """Seven decimals, ties upwards: the same digits in Python and in a browser.

    >>> number(-0.00390625)
    '-0.0039063'
    """
    scaled = int(math.floor(abs(float(value)) * 1e7 + 0.5))
    return f"{'-' if value < 0 and scaled else ''}{scaled // 10**7}.{scaled % 10**7:07d}"
