"""A picture that Pillow has opened -> 8-bit sRGB, in strips: memory stays near the pixels' own.

Beside Pillow's pixels (4 bytes each) there are the result (3, and 1 for opacity) and, for 16-bit
colour, a second decoding (4): under 1 GB for 64 megapixels.
"""

import io
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageChops, ImageCms

from sr_demo import headers

Part = tuple[int, int, int, int]  # left, top, right, bottom: Pillow's box
Reader = Callable[[Part], Image.Image]  # a part in 8 bits, in a mode that profiles know
DeepReader = Callable[[Part], np.ndarray]  # a part as uint16 (h, w) or (h, w, channels)

STRIP = 1 << 20  # pixels worked on at once

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

_DEEP = re.compile(r"(RGB|RGBA|RGBX);16([BLN])")  # raw modes of 16 bits a colour
_NATIVE = {"little": "L", "big": "B"}[sys.byteorder]
_UNITS = {"TIFF": "pages", "MPO": "pictures", "DCX": "pages"}
_SCREEN = 1 / 2.2  # what a PNG says that was made for a usual screen


def decode(
    image: Image.Image,
    file: BinaryIO,
    max_pixels: int,
    *,
    keep_depth: bool = False,
    keep_profile: bool = False,
) -> tuple[np.ndarray, np.ndarray | None, list[str]]:
    """The first frame as a person expects to see it.

    Args:
        image: as opened from the file, not yet loaded; its pixels may be let go.
        max_pixels: allowed after decoding, where a header may have said fewer.
        keep_depth: 16 bits a colour stay, and stay in the colours of their profile; but those of
            grey with a profile, which results, being RGB, cannot have.
        keep_profile: colours that have a profile of RGB stay in it.

    Returns:
        uint8 (H, W, 3) RGB; uint8 (H, W) opacity or None; what was changed, in plain phrases. The
        two are uint16 where depth is kept.

    Raises:
        Image.DecompressionBombError: if there are more pixels than allowed.
        Exception: a dozen kinds, from Pillow's decoders, for a damaged file.
    """
    turns: list[str] = []
    raw = _raw_mode(image)
    upright = _upright(image, turns)
    if upright.width * upright.height > max_pixels:
        raise Image.DecompressionBombError
    deep = _deep_values(upright, image.format, raw, file)
    profile = rgb_profile(upright)
    kept = keep_depth and deep and (profile or not upright.info.get("icc_profile"))
    # Pillow reduces 16-bit colour on its own while decoding: only the raw mode tells.
    reduced = ";16" in raw and upright.mode[0] != "I" and not kept
    depth = ["16-bit reduced to 8"] if reduced else []
    changes = [*_frames(image, file), *depth, *turns]
    if upright.mode in _MODES:
        changes.append(f"{_MODES[upright.mode]} to RGB")
    gamma = _png_gamma(upright, file, changes) if image.format == "PNG" else None
    if kept and deep:
        levels = None if gamma is None else _by_gamma(gamma, 65536, 65535)
        return _deep_pixels(upright, deep, levels), _opacity(upright, deep, np.uint16), changes
    read = _reader(upright, deep, gamma, changes)
    if keep_profile and profile:
        return _as_they_are(upright, read), _opacity(upright, deep), changes
    return _to_srgb(upright, read, changes), _opacity(upright, deep), changes


def _frames(image: Image.Image, file: BinaryIO) -> Iterator[str]:
    try:
        if image.format in ("GIF", "TIFF"):  # they count by walking on, away from what is loaded
            file.seek(0)
            image = Image.open(file, formats=[image.format])
        count = getattr(image, "n_frames", 1)
        if count == 1:
            return
    except Exception:  # a later frame is broken: no matter
        count = "several"
    unit = _UNITS.get(image.format or "", "frames")
    yield f"{count} layers flattened" if image.format == "PSD" else f"first of {count} {unit}"


def _upright(image: Image.Image, changes: list[str]) -> Image.Image:
    """Decode, and turn the picture as its EXIF orientation asks."""
    # Pillow itself turns a TIFF while loading it; others may keep their EXIF behind the pixels.
    before = _orientation(image) if image.format == "TIFF" else 1
    image.load()
    after = _orientation(image)
    if before in _TURNS or after in _TURNS:
        mirrored = {before, after} & {2, 4}
        changes.append("mirrored by its EXIF tag" if mirrored else "rotated by its EXIF tag")
    if after not in _TURNS:
        return image
    turned = image.transpose(_TURNS[after])
    turned.info = image.info
    Image.Image.close(image)  # its pixels alone: the file may be read again
    return turned


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # what cannot be read does not turn the picture
        return 1
    return value if isinstance(value, int) else 1


# --- in parts -------------------------------------------------------------------------------------


def strips(width: int, height: int) -> Iterator[Part]:
    """The whole picture in parts of whole rows, each of about a megapixel."""
    rows = max(1, STRIP // width)
    for top in range(0, height, rows):
        yield 0, top, width, min(top + rows, height)


def _raw_mode(image: Image.Image) -> str:
    """How the file's values lie, where a decoder of Pillow's says it; "" where it does not."""
    tiles = getattr(image, "tile", ())
    raw = {tile.args if isinstance(tile.args, str) else (tile.args or ("",))[0] for tile in tiles}
    return str(raw.pop()) if len(raw) == 1 else ""


def _deep_values(
    image: Image.Image, kind: str | None, raw: str, file: BinaryIO
) -> DeepReader | None:
    """Exact values where a file has 16 bits a channel and Pillow can be made to tell them.

    Of 16-bit colour Pillow keeps the high bytes. Told that they lie the other way round, it keeps
    the low ones: two decodings give the whole values.
    """
    if image.mode.startswith("I;16"):
        return lambda part: np.asarray(image.crop(part)).astype(np.uint16)
    if kind not in ("PNG", "TIFF"):
        return None
    if raw == "LA;16B":  # four bytes a pixel, as RGBA has: high and low grey, high and low opacity
        four = _again(file, kind, "RGBA")
        return lambda part: _joined(*np.moveaxis(_pairs(four.crop(part)), -1, 0))
    if not (match := _DEEP.fullmatch(raw)):
        return None
    order = _NATIVE if match[2] == "N" else match[2]
    low = _again(file, kind, f"{match[1]};16{'B' if order == 'L' else 'L'}")
    return lambda part: _joined(np.asarray(image.crop(part)), np.asarray(low.crop(part)))


def _again(file: BinaryIO, kind: str, raw: str) -> Image.Image:
    """The first frame once more, its values read in another way."""
    file.seek(0)
    image: Any = Image.open(file, formats=[kind])
    image.tile = [
        tile._replace(args=raw if isinstance(tile.args, str) else (raw, *tile.args[1:]))
        for tile in image.tile
    ]
    return _upright(image, [])


def _pairs(image: Image.Image) -> np.ndarray:
    return np.asarray(image).reshape(image.height, image.width, 2, 2)


def _joined(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    return (high.astype(np.uint16) << 8) | low


def _opacity(
    image: Image.Image, deep: DeepReader | None, dtype: type[np.unsignedinteger[Any]] = np.uint8
) -> np.ndarray | None:
    """The opacity plane, unless it is opaque everywhere; in 16 bits only of 16-bit values."""
    top = np.iinfo(dtype).max
    key = image.info.get("transparency")  # of a picture without opacity: a colour that is hidden

    def of(part: Part) -> np.ndarray:
        if deep and key is not None:
            hidden = deep(part) == np.array(key)
            return np.where(hidden.all(axis=-1) if hidden.ndim == 3 else hidden, 0, top)
        if deep:
            own = deep(part)[..., -1]
            return own if dtype == np.uint16 else _ROUNDED[own]
        return np.asarray(image.crop(part).convert("RGBA").getchannel("A"))

    if not image.has_transparency_data or (image.mode[0] in "IF" and not deep):
        return None
    opacity = np.empty((image.height, image.width), dtype)
    for part in strips(*image.size):
        opacity[part[1] : part[3]] = of(part)
    return None if opacity.min() == top else opacity


# --- to 8 bits ------------------------------------------------------------------------------------


def _reader(
    image: Image.Image, deep: DeepReader | None, gamma: float | None, changes: list[str]
) -> Reader:
    """How to get a part of the picture in 8 bits, in a mode that colour profiles know."""
    mode = image.mode
    if deep:
        if mode[0] == "I":
            changes.append("16-bit reduced to 8")
        levels = _ROUNDED if gamma is None else _by_gamma(gamma, 65536)
        return lambda part: Image.fromarray(levels[_colour(deep(part))])
    if mode[0] in "IF":
        return _by_range(image, changes)
    kept = mode if mode in ("L", "CMYK", "LAB") else "L" if mode == "LA" else "RGB"
    curve = None if gamma is None else _by_gamma(gamma, 256).tolist()

    def read(part: Part) -> Image.Image:
        strip = image.crop(part)
        if mode in ("P", "PA"):
            strip = strip.convert("RGBA")  # a transparent palette does not go to RGB in one step
        strip = strip.convert(kept)
        return strip.point(curve * len(kept)) if curve else strip

    return read


def _colour(values: np.ndarray) -> np.ndarray:
    """Values without their opacity, (h, w) or (h, w, 3)."""
    if values.ndim == 2:
        return values
    return values[..., 0] if values.shape[-1] == 2 else values[..., :3]


# Rounded, where Pillow's own way of 16 bits to 8 leaves the low byte out
_ROUNDED = ((np.arange(65536, dtype=np.uint32) + 128) // 257).astype(np.uint8)


def _by_gamma(gamma: float, levels: int, top: int = 255) -> np.ndarray:
    """As sRGB, up to `top`, each level of a file whose values are light to the power of `gamma`."""
    light = np.linspace(0, 1, levels) ** (1 / gamma)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(top * encoded).astype(np.uint8 if top == 255 else np.uint16)


def _by_range(image: Image.Image, changes: list[str]) -> Reader:
    """32-bit grey values, integer or float, by the range they seem to be in."""

    def values(part: Part) -> np.ndarray:
        exact = np.asarray(image.crop(part)).astype(np.float64)
        return np.nan_to_num(exact, posinf=0, neginf=0)

    ends = [(part.min(), part.max()) for part in map(values, strips(*image.size))]
    low, high = float(min(low for low, _ in ends)), float(max(high for _, high in ends))
    if low >= 0 and high <= 65535:
        fractions = image.mode == "F" and high <= 1
        low, high = 0.0, 1.0 if fractions else 255.0 if high <= 255 else 65535.0
    changes.append(f"values {low:g} … {high:g} mapped to 0 … 255")
    factor = 255 / max(high - low, 1e-12)
    return lambda part: Image.fromarray(np.rint((values(part) - low) * factor).astype(np.uint8))


def _deep_pixels(image: Image.Image, read: DeepReader, levels: np.ndarray | None) -> np.ndarray:
    """RGB in 16 bits; grey becomes three equal colours."""
    result = np.empty((image.height, image.width, 3), np.uint16)
    for part in strips(*image.size):
        values = _colour(read(part))
        if levels is not None:
            values = levels[values]
        result[part[1] : part[3]] = values[..., None] if values.ndim == 2 else values
    return result


# --- what may come along --------------------------------------------------------------------------

_ABOUT = {  # EXIF of the picture, not of how its file lies
    ExifTags.Base.ImageDescription, ExifTags.Base.Make, ExifTags.Base.Model,
    ExifTags.Base.Software, ExifTags.Base.DateTime, ExifTags.Base.Artist, ExifTags.Base.Copyright,
}  # fmt: skip
_OF_FILE = {  # of the original alone: its size, and what only its maker can read
    ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight, ExifTags.Base.MakerNote,
    ExifTags.Base.ExifInteroperabilityOffset,
}  # fmt: skip


def rgb_profile(image: Image.Image) -> bytes | None:
    """The embedded profile, if it is one of RGB, which a result may have too."""
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or profile[16:20] != b"RGB ":
        return None
    return profile if image.mode in ("RGB", "RGBA", "RGBX", "P", "PA") else None


def exif_of(image: Image.Image) -> bytes | None:
    """Who made the picture, when, where and with what; without orientation, size and thumbnail."""
    try:
        old, new = image.getexif(), Image.Exif()
        for tag in _ABOUT & set(old):
            new[tag] = old[tag]
        for ifd in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            values = {k: v for k, v in old.get_ifd(ifd).items() if k not in _OF_FILE}
            if values:
                new[ifd] = values
        return new.tobytes() if len(new) else None
    except Exception:  # what cannot be read does not come along
        return None


# --- to sRGB --------------------------------------------------------------------------------------


def _png_gamma(image: Image.Image, file: BinaryIO, changes: list[str]) -> float | None:
    """The gamma to undo, where nothing says more of a PNG's colours; tell what is not undone."""
    if image.info.get("icc_profile"):
        return None
    if space := headers.png_colour_space(file):
        changes.append(f"{space} shown as if it were sRGB")
        return None
    gamma = image.info.get("gamma", 0)
    if "srgb" in image.info or gamma <= 0 or abs(gamma / _SCREEN - 1) < 0.05:
        return None
    changes.append(f"gamma {1 / gamma:.2g} converted to sRGB")
    return float(gamma)


def _as_they_are(image: Image.Image, read: Reader) -> np.ndarray:
    """RGB, whatever its values mean."""
    parts = [np.asarray(read(part).convert("RGB")) for part in strips(*image.size)]
    return np.concatenate(parts)


def _to_srgb(image: Image.Image, read: Reader, changes: list[str]) -> np.ndarray:
    """RGB, by the embedded colour profile where it makes a visible difference."""
    transform = _profile(image, read, changes)
    result = np.empty((image.height, image.width, 3), np.uint8)
    for part in strips(*image.size):
        strip = read(part)
        rgb = _apply(transform, strip) if transform else strip.convert("RGB")
        result[part[1] : part[3]] = np.asarray(rgb)
    return result


def _profile(
    image: Image.Image, read: Reader, changes: list[str]
) -> ImageCms.ImageCmsTransform | None:
    """The conversion by the picture's profile, if it has one that changes what is seen."""
    mode = read((0, 0, 1, 1)).mode
    if mode == "LAB":
        return _transform(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), mode)
    if not (profile := image.info.get("icc_profile")):
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = _transform(source, mode)
        name = ImageCms.getProfileDescription(source).strip()
    except (ImageCms.PyCMSError, OSError):
        changes.append("unusable colour profile ignored")
        return None
    # Every maker's sRGB differs from ours by a rounding: where none is seen, pixels stay exact.
    if all(_same(read(part), transform) for part in strips(*image.size)):
        return None
    changes.append(f"colours converted from {name or 'the embedded profile'} to sRGB")
    return transform


def _transform(source: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


def _apply(transform: ImageCms.ImageCmsTransform, strip: Image.Image) -> Image.Image:
    converted = ImageCms.applyTransform(strip, transform)
    assert converted is not None  # only a conversion in place returns nothing
    return converted


def _same(strip: Image.Image, transform: ImageCms.ImageCmsTransform) -> bool:
    difference = ImageChops.difference(strip.convert("RGB"), _apply(transform, strip))
    return bool(np.asarray(difference).max() <= 2)
