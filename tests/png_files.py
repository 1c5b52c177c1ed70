"""PNG files by the specification, for what Pillow cannot write."""

import struct
import zlib

import numpy as np


def png_file(
    width: int, height: int, colour_type: int, depth: int, rows: bytes, extra: bytes = b""
) -> bytes:
    """A whole file; `extra` are chunks before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + data + chunk(b"IEND", b"")


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_rows(values: np.ndarray) -> bytes:
    """Unfiltered scan lines of 16-bit samples."""
    return b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
