"""Pictures as PNG, by the standard library alone.

In: colours (height, width, 3), or numbers of colours and a palette. Out: the bytes of a PNG file (ISO/IEC 15948), and data
addresses of them.
"""

import base64
import struct
import zlib

import numpy as np


def png_bytes(pixels: np.ndarray, palette: np.ndarray | None = None) -> bytes:
    """A PNG of uint8 `pixels` (height, width, 3), or (height, width) numbers of colours in `palette` (colours, 3).

    >>> png_bytes(np.zeros((2, 2, 3), dtype=np.uint8))[1:4]
    b'PNG'
    """
    height, width = pixels.shape[:2]
    color_type = 2 if palette is None else 3
    rows = np.zeros((height, 1 + pixels[0].size), dtype=np.uint8)  # the byte before each row: no filter
    rows[:, 1:] = pixels.reshape(height, -1)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, color_type, 0, 0, 0))]
    if palette is not None:
        chunks.append((b"PLTE", palette.astype(np.uint8).tobytes()))
    chunks += [(b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def data_url(png: bytes) -> str:
    """An address that holds the picture itself."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
