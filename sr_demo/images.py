"""Any file in, 8-bit RGB out — and an honest word about what was changed on the way.

On request 16 bits stay 16, and colour profile and EXIF come along.

`load_image` is the only door in, `save_png` and `png_bytes` the only ones out. The colour
arithmetic that everything else shares (YCbCr, luma, crop to a multiple of the scale) lives here.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from sr_demo import png
from sr_demo.decoding import decode, exif_of, rgb_profile
from sr_demo.headers import JPEG, PNG, jpeg_scans, png_without_text
from sr_demo.hidden import fill_hidden
from sr_demo.storage import write_atomically

# The largest original whose ×4 reduction still fits the default network limit of 4 Mpx. Read from
# the header, before any pixel is decoded: a small file that claims to be enormous costs nothing.
MAX_PIXELS = 64_000_000
MAX_SCANS = 500  # of a JPEG over its picture: a progressive one has ten, a bomb 100,000

# What a person may have a picture in. Pillow reads more, and some of that starts other programs:
# EPS runs Ghostscript, and IPTC hands whatever it wraps, EPS too, to any decoder. MPO is a JPEG.
FORMATS = (
    "AVIF", "BMP", "DCX", "DDS", "DIB", "GIF", "ICNS", "ICO", "JPEG", "JPEG2000", "PCX",
    "PNG", "PPM", "PSD", "QOI", "SGI", "TGA", "TIFF", "WEBP", "XBM",
)  # fmt: skip

# MATLAB's rgb2ycbcr: BT.601 studio range in 8-bit units, for RGB in [0, 1].
YCBCR = np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]])
YCBCR_OFFSET = np.array([16.0, 128.0, 128.0])

_CAMERA_RAW = {".arw", ".cr2", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".srw"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_NOT_PICTURES = {
    b"%!PS": "a PostScript drawing: export it as PNG or JPEG first",
    b"\xc5\xd0\xd3\xc6": "a PostScript drawing: export it as PNG or JPEG first",
    b"%PDF": "a PDF document: export the page as PNG or JPEG first",
    b"PK\x03\x04": "a ZIP archive or an office document: take the picture out of it first",
    b"II*\0": "damaged or a TIFF of a rare kind: save it as a plain TIFF or PNG",
    b"MM\0*": "damaged or a TIFF of a rare kind: save it as a plain TIFF or PNG",
    b"\xff\x0a": "a JPEG XL picture, which is not supported: convert it to PNG first",
    b"\0\0\0\x0cJXL ": "a JPEG XL picture, which is not supported: convert it to PNG first",
}


class ImageError(ValueError):
    """A picture that cannot be used: the message says in one plain sentence why and what to do."""


@dataclass(frozen=True)
class Loaded:
    """A picture, ready for every method.

    pixels   uint8 (H, W, 3) RGB, sRGB as far as the file tells; uint16 where depth was kept
    opacity  (H, W) of the same dtype, or None when every pixel is opaque
    changes  what was changed about the file's picture, each a short plain phrase
    profile  ICC, of the pixels' colours, where that was kept
    exif     as of a picture that stands upright, where that was kept
    """

    pixels: np.ndarray
    opacity: np.ndarray | None
    changes: tuple[str, ...]
    profile: bytes | None = None
    exif: bytes | None = None


# --- in -------------------------------------------------------------------------------------------


def load_image(
    path: str | Path,
    *,
    admit: Callable[[int], None] | None = None,
    keep_depth: bool = False,
    keep_profile: bool = False,
) -> Loaded:
    """Open any picture file as a person expects to see it.

    Animations give their first frame, EXIF rotation is applied, colours are converted to sRGB by
    the embedded profile, deeper values are reduced to 8 bits. A fully transparent pixel hides an
    arbitrary colour that upscaling would bleed into the visible edge, so it takes the colour of
    the nearest visible pixel; the opacity itself is kept.

    Args:
        path: of the file. A stranger's belongs to `sr_demo.gate`, which limits time and memory.
        admit: told how many pixels the header promises, before any is decoded; what it raises
            ends the reading.
        keep_depth: leave 16 bits a colour as they are. They are not converted either: an RGB
            profile comes along.
        keep_profile: leave colours as they are where there is an RGB profile, which comes along,
            as EXIF does.

    Raises:
        ImageError: for what is no usable picture, in plain words.
    """
    path = Path(path)
    try:
        if not path.is_file():
            kind = "a folder" if path.is_dir() else "not a file"
            what = f"is {kind}" if path.exists() else "does not exist"
            raise ImageError(f"{path} {what}: choose a picture file.")
        # Pillow's warnings are meant for programmers; what a person should know is in `changes`.
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            source, image = _open(path, file)
            if admit:
                admit(image.width * image.height)
            return _decode(path, source, image, keep_depth, keep_profile)
    except OSError as error:
        reason = (error.strerror or "the system refused").lower()
        raise ImageError(f"{path.name} cannot be read: {reason}.") from error


def _open(path: Path, file: BinaryIO) -> tuple[BinaryIO, Image.Image]:
    """Read the header: the file to decode from, and its picture, small enough by what it says."""
    head = file.read(4096)
    try:
        if head.startswith(PNG):
            file = png_without_text(file)
        elif head.startswith(JPEG) and jpeg_scans(file) > MAX_SCANS:
            raise too_slow(path.name)
        file.seek(0)
        image = Image.open(file, formats=FORMATS)
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except Exception as error:  # on broken headers Pillow's decoders raise a dozen kinds
        raise ImageError(f"{path.name} is {_what_it_is(head)}.") from error
    if path.suffix.lower() in _CAMERA_RAW:  # Pillow would show its thumbnail
        raise ImageError(f"{path.name} is a camera raw file: export it as PNG or JPEG first.")
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(path, image.size)
    return file, image


def _decode(
    path: Path, file: BinaryIO, image: Image.Image, keep_depth: bool, keep_profile: bool
) -> Loaded:
    try:
        pixels, opacity, changes = decode(
            image, file, MAX_PIXELS, keep_depth=keep_depth, keep_profile=keep_profile
        )
        kept = keep_profile or pixels.dtype == np.uint16
        profile = rgb_profile(image) if kept else None
        exif = exif_of(image) if keep_profile else None
    except Image.DecompressionBombError as error:  # more than its header said
        raise _too_large(path) from error
    except MemoryError as error:
        message = f"{path.name} needs too much memory to decode: "
        raise ImageError(message + "reduce it, or save it anew as PNG or JPEG.") from error
    except Exception as error:
        message = f"{path.name} cannot be decoded: it is damaged or cut short, or of a rare kind; "
        raise ImageError(message + "copy it again or save it as PNG.") from error
    if opacity is not None and fill_hidden(pixels, opacity):
        changes.append("colours under full transparency taken from the nearest visible pixels")
    return Loaded(pixels, opacity, tuple(changes), profile, exif)


def too_slow(name: str) -> ImageError:
    """The refusal of a file that would take more time than any usual picture of its size."""
    return ImageError(
        f"{name} takes too long to decode: reduce it, or save it anew as PNG or JPEG."
    )


def _too_large(path: Path, size: tuple[int, int] | None = None) -> ImageError:
    measured = f" ({size[0]} × {size[1]} pixels)" if size else ""
    limit = MAX_PIXELS // 1_000_000
    return ImageError(f"{path.name} is too large{measured}: reduce it to {limit} megapixels.")


def _what_it_is(head: bytes) -> str:
    """Name a file that Pillow cannot open, by its first bytes, and say what to do with it."""
    if not head:
        return "empty: copy or download it again"
    for magic, kind in _NOT_PICTURES.items():
        if head.startswith(magic):
            return kind
    brand = head[8:12] if head[4:8] == b"ftyp" else b"avif"
    if brand in _HEIF_BRANDS:
        return "a HEIC photo, which is not supported: convert it to JPEG or PNG first"
    if brand not in (b"avif", b"avis"):
        return "a video: save one frame as PNG or JPEG"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page: save the picture itself"
    if b"<svg" in start:
        return "an SVG drawing: export it as PNG first"
    if min(head) >= 9:  # no control characters but white space
        return "a text file: choose a picture"
    return "damaged or not a picture in a known format: try PNG or JPEG"


# --- out ------------------------------------------------------------------------------------------


def png_bytes(
    pixels: np.ndarray,
    opacity: np.ndarray | None = None,
    *,
    profile: bytes | None = None,
    exif: bytes | None = None,
) -> bytes:
    """The bytes of a lossless PNG file.

    Args:
        pixels: uint8 or uint16 (H, W, 3); or (H, W, 4), with opacity in it.
        opacity: (H, W), of the same dtype.
        profile: ICC, of the pixels' colours.
        exif: as `Loaded` has it.
    """
    if opacity is not None:
        pixels = np.dstack([pixels, opacity])
    return png.encode(np.ascontiguousarray(pixels), profile, exif)


def save_png(
    path: str | Path,
    pixels: np.ndarray,
    opacity: np.ndarray | None = None,
    *,
    profile: bytes | None = None,
    exif: bytes | None = None,
) -> None:
    """Write `png_bytes` to `path`, with its folder: all of it or, on a full disk, none."""
    write_atomically(Path(path), png_bytes(pixels, opacity, profile=profile, exif=exif))


# --- colour and shape -----------------------------------------------------------------------------


def luma(rgb: np.ndarray) -> np.ndarray:
    """uint8 RGB (H, W, 3) -> the Y that papers score: float64 (H, W) in 16 … 235, not rounded."""
    return rgb @ (YCBCR[0] / 255) + YCBCR_OFFSET[0]


def luma_difference(rgb: np.ndarray) -> np.ndarray:
    """Difference of two 8-bit RGB pictures, float (H, W, 3) -> difference of their `luma`."""
    return rgb @ (YCBCR[0] / 255).astype(rgb.dtype)


def crop_to_multiple(image: np.ndarray, scale: int) -> np.ndarray:
    """Trim (H, W, ...) at the right and bottom so that `scale` divides both sides: `modcrop`."""
    height, width = image.shape[0] // scale * scale, image.shape[1] // scale * scale
    return image[:height, :width]
