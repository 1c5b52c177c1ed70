"""What a picture file says of itself that Pillow does not tell: bytes are read, never decoded."""

import io
import mmap
import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"

_TEXT = (b"tEXt", b"zTXt", b"iTXt")
_TURNS = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")  # texts that Pillow finds EXIF in
_SMALL = 1000  # bytes; no text of fewer inflates past Pillow's limit of 1 MiB

_EOI, _SOS = 0xD9, 0xDA
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")  # all but stuffing, restarts, fill bytes

_PRIMARIES = {9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}
_TRANSFERS = {8: "linear light", 16: "HDR (PQ)", 18: "HDR (HLG)"}


def png_without_text(file: BinaryIO) -> BinaryIO:
    """The same PNG file, or a copy in memory without long texts, of which Pillow refuses many.

    Programs keep whole workflows in compressed text. What may say how to turn the picture stays.
    """
    kept: list[tuple[int, int]] = []
    dropped, end = False, len(PNG)
    for name, start, length in _chunks(file):
        begin, end = end, start + length + 4
        if name in _TEXT and length > _SMALL and not file.read(32).startswith(_TURNS):
            dropped = True
        else:
            kept.append((begin, end))
    if not dropped:
        return file
    copy = io.BytesIO()
    for begin, end in [(0, len(PNG)), *kept]:
        file.seek(begin)
        copy.write(file.read(end - begin))
    return copy


def png_colour_space(file: BinaryIO) -> str | None:
    """The colours of a PNG by its cICP chunk (ITU-T H.273), in words; None for sRGB's."""
    for name, _, length in _chunks(file):
        if name == b"IDAT":
            break
        if name == b"cICP" and length == 4:
            primaries, transfer, *_ = file.read(4)
            said = [_TRANSFERS.get(transfer), _PRIMARIES.get(primaries)]
            return " in ".join(filter(None, said)) or None
    return None


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and length of each chunk's data, with the file there."""
    file.seek(len(PNG))
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        start = file.tell()
        yield name, start, length
        file.seek(start + length + 4)  # its checksum too


def jpeg_scans(file: BinaryIO) -> int:
    """How often a JPEG's data go over the picture: once to four times; progressive, about ten."""
    scans, place = 0, 2
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        while marker := _MARKER.search(data, place):
            code = data[marker.start() + 1]
            if code == _EOI:
                break
            scans += code == _SOS
            # A segment says its length; the data behind a scan's have markers of their own only
            place = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    return scans
