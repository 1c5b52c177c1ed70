"""PNG files: by Pillow, but for 16 bits a colour, which it reads and cannot write."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

_COLOUR_TYPES = {3: 2, 4: 6}  # channels -> the standard's number
_UP = 2  # the filter: each byte less the one above, which of photos leaves a third less to store


def encode(pixels: np.ndarray, profile: bytes | None = None, exif: bytes | None = None) -> bytes:
    """The bytes of a file.

    Args:
        pixels: contiguous uint8 or uint16 (H, W, 3) or (H, W, 4).
        profile: ICC, of the pixels' colours.
        exif: as Pillow has it.
    """
    if pixels.dtype == np.uint16:
        return _deep(pixels, profile, exif)
    buffer = io.BytesIO()
    # Level 1: five times faster than the default, for a tenth more bytes on photographs.
    Image.fromarray(pixels).save(
        buffer, "PNG", compress_level=1, icc_profile=profile, exif=exif or b""
    )
    return buffer.getvalue()


def _deep(pixels: np.ndarray, profile: bytes | None, exif: bytes | None) -> bytes:
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0)
    chunks = [_chunk(b"IHDR", header)]
    if profile:
        chunks.append(_chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile)))
    if exif:
        chunks.append(_chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")))
    data = zlib.compress(_filtered(pixels).tobytes(), 1)
    chunks += [_chunk(b"IDAT", data), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _filtered(pixels: np.ndarray) -> np.ndarray:
    """The scan lines as the standard has them: uint8 (H, 1 + bytes of a row)."""
    rows = pixels.astype(">u2").view(np.uint8).reshape(len(pixels), -1)
    lines = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
    lines[:, 0] = _UP
    lines[0, 1:] = rows[0]  # above the first lies 0
    np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
    return lines


def _chunk(name: bytes, data: bytes) -> bytes:
    """With its length and check sum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
