"""Any file in, 8-bit RGB out — and an honest word about what was changed on the way.

`load_image` is the only door in, `save_png` and `png_bytes` the only ones out. The colour
arithmetic that everything else shares (YCbCr, luma, crop to a multiple of the scale) lives here.
"""

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageChops, ImageCms
from scipy.ndimage import distance_transform_edt

from sr_demo.storage import write_atomically

# The largest original whose ×4 reduction still fits the default network limit of 4 Mpx. Read from
# the header, before any pixel is decoded: a small file that claims to be enormous costs nothing.
MAX_PIXELS = 64_000_000

# What a person may have a picture in. Pillow reads more, and some of that starts other programs:
# EPS runs Ghostscript, and IPTC hands whatever it wraps, EPS too, to any decoder. MPO is a JPEG.
FORMATS = (
    "AVIF", "BMP", "DCX", "DDS", "DIB", "GIF", "ICNS", "ICO", "JPEG", "JPEG2000", "PCX",
    "PNG", "PPM", "PSD", "QOI", "SGI", "TGA", "TIFF", "WEBP", "XBM",
)  # fmt: skip

# MATLAB's rgb2ycbcr: BT.601 studio range in 8-bit units, for RGB in [0, 1].
YCBCR = np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]])
YCBCR_OFFSET = np.array([16.0, 128.0, 128.0])

_MODES = {
    "1": "black and white",
    "L": "grayscale",
    "LA": "grayscale",
    "P": "palette",
    "PA": "palette",
    "I": "grayscale",
    "I;16": "grayscale",
    "I;16B": "grayscale",
    "F": "grayscale",
    "CMYK": "CMYK",
    "LAB": "Lab",
    "YCbCr": "YCbCr",
    "HSV": "HSV",
}

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

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

    pixels   uint8 (H, W, 3) RGB, sRGB as far as the file tells
    opacity  uint8 (H, W), or None when every pixel is opaque
    changes  what was changed about the file's picture, each a short plain phrase
    """

    pixels: np.ndarray
    opacity: np.ndarray | None
    changes: tuple[str, ...]


# --- in -------------------------------------------------------------------------------------------


def load_image(path: str | Path) -> Loaded:
    """Open any picture file as a person expects to see it; raise ImageError in plain words.

    Animations give their first frame, EXIF rotation is applied, colours are converted to sRGB by
    the embedded profile, deeper values are reduced to 8 bits. A fully transparent pixel hides an
    arbitrary colour that upscaling would bleed into the visible edge, so it takes the colour of
    the nearest visible pixel; the opacity itself is kept.
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
            return _decode(path, file)
    except OSError as error:
        reason = (error.strerror or "the system refused").lower()
        raise ImageError(f"{path.name} cannot be read: {reason}.") from error


def _decode(path: Path, file: BinaryIO) -> Loaded:
    head = file.read(4096)
    file.seek(0)
    try:
        image = Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except Exception as error:  # on broken headers Pillow's decoders raise a dozen kinds
        raise ImageError(f"{path.name} is {_what_it_is(head)}.") from error
    if path.suffix.lower() in _CAMERA_RAW:  # Pillow would show its thumbnail
        raise ImageError(f"{path.name} is a camera raw file: export it as PNG or JPEG first.")
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(path, image.size)
    try:
        changes = [*_frames(image), *_depth(image)]
        upright = _upright(image, changes)
        opacity = _opacity(upright)
        if upright.width * upright.height > MAX_PIXELS:  # more than its header said
            raise _too_large(path, upright.size)
        pixels = np.array(_to_srgb(upright, changes))
    except ImageError:
        raise
    except Exception as error:
        message = f"{path.name} cannot be decoded: it is damaged or cut short, or of a rare kind; "
        raise ImageError(message + "copy it again or save it as PNG.") from error
    if opacity is not None:
        pixels = _fill_hidden(pixels, opacity, changes)
    return Loaded(pixels, opacity, tuple(changes))


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


def _frames(image: Image.Image) -> Iterator[str]:
    if not getattr(image, "is_animated", False):
        return
    try:
        count = str(image.n_frames)  # type: ignore[attr-defined]
    except (OSError, EOFError, SyntaxError, ValueError):  # a later frame is broken: no matter
        count = "several"
    unit = {"TIFF": "pages", "MPO": "pictures", "DCX": "pages"}.get(image.format or "", "frames")
    yield f"{count} layers flattened" if image.format == "PSD" else f"first of {count} {unit}"


def _depth(image: Image.Image) -> Iterator[str]:
    # Pillow reduces 16-bit colour on its own while decoding: only the raw mode tells.
    if any(";16" in str(tile[3]) for tile in getattr(image, "tile", ())) and image.mode[0] != "I":
        yield "16-bit reduced to 8"


def _upright(image: Image.Image, changes: list[str]) -> Image.Image:
    """Decode, and turn the picture as its EXIF orientation asks."""
    before = image.getexif().get(ExifTags.Base.Orientation, 1)
    image.load()
    # PNG may keep its EXIF behind the pixels; TIFF has by now been turned by Pillow itself.
    after = image.getexif().get(ExifTags.Base.Orientation, 1)
    if before in _TURNS or after in _TURNS:
        mirrored = {before, after} & {2, 4}
        changes.append("mirrored by its EXIF tag" if mirrored else "rotated by its EXIF tag")
    if after not in _TURNS:
        return image
    turned = image.transpose(_TURNS[after])
    turned.info = image.info
    return turned


def _opacity(image: Image.Image) -> np.ndarray | None:
    """The opacity plane, unless it is opaque everywhere."""
    if not image.has_transparency_data or image.mode[0] in "IF":
        return None
    opacity = np.array(image.convert("RGBA").getchannel("A"))
    return None if opacity.min() == 255 else opacity


def _to_srgb(image: Image.Image, changes: list[str]) -> Image.Image:
    """Any mode -> RGB, by the embedded colour profile where it makes a visible difference."""
    profile = image.info.get("icc_profile")
    if image.mode in _MODES:
        changes.append(f"{_MODES[image.mode]} to RGB")
    if image.mode[0] in "IF":
        image = Image.fromarray(_to_8_bits(np.asarray(image), changes))
    elif image.mode == "LAB":
        return _by_profile(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    elif image.mode == "LA":
        image = image.convert("L")
    elif image.mode in ("P", "PA"):
        image = image.convert("RGBA")  # a transparent palette does not go to RGB in one step
    rgb = image.convert("RGB")
    if not profile:
        return rgb
    if image.mode not in ("L", "CMYK"):
        image = rgb  # their profiles speak of RGB
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = _by_profile(image, source)
        name = ImageCms.getProfileDescription(source).strip()
    except (ImageCms.PyCMSError, OSError):
        changes.append("unusable colour profile ignored")
        return rgb
    # Every maker's sRGB differs from ours by a rounding: where none is seen, pixels stay exact.
    if np.asarray(ImageChops.difference(rgb, converted)).max() <= 2:
        return rgb
    changes.append(f"colours converted from {name or 'the embedded profile'} to sRGB")
    return converted


def _by_profile(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    converted = ImageCms.profileToProfile(
        image,
        source,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert converted is not None  # only a conversion in place returns nothing
    return converted


def _to_8_bits(values: np.ndarray, changes: list[str]) -> np.ndarray:
    """16- and 32-bit grey values, integer or float -> uint8, by the range they seem to be in."""
    if values.dtype.itemsize == 2:
        changes.append("16-bit reduced to 8")
        return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    values = np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0)
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= 65535:
        fractions = values.dtype.kind == "f" and high <= 1
        low, high = 0.0, 1.0 if fractions else 255.0 if high <= 255 else 65535.0
    changes.append(f"values {low:g} … {high:g} mapped to 0 … 255")
    return np.rint((values - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)


def _fill_hidden(pixels: np.ndarray, opacity: np.ndarray, changes: list[str]) -> np.ndarray:
    """Give fully transparent pixels the colour of the nearest visible one."""
    hidden = opacity == 0
    if not hidden.any() or hidden.all():
        return pixels
    changes.append("colours under full transparency taken from the nearest visible pixels")
    rows, columns = distance_transform_edt(hidden, return_distances=False, return_indices=True)
    return pixels[rows, columns]


# --- out ------------------------------------------------------------------------------------------


def png_bytes(pixels: np.ndarray, opacity: np.ndarray | None = None) -> bytes:
    """uint8 (H, W, 3), optionally with opacity (H, W), as the bytes of a lossless PNG file."""
    if opacity is not None:
        pixels = np.dstack([pixels, opacity])
    buffer = io.BytesIO()
    # Level 1: five times faster than the default, for a tenth more bytes on photographs.
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def save_png(path: str | Path, pixels: np.ndarray, opacity: np.ndarray | None = None) -> None:
    """Write `png_bytes` to `path`, with its folder: all of it or, on a full disk, none."""
    write_atomically(Path(path), png_bytes(pixels, opacity))


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
