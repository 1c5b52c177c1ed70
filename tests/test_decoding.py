"""What Pillow alone leaves out: all 16 bits, a PNG's own words on colour, later pages that fail."""

import zlib
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import tifffile
from PIL import Image

from sr_demo.images import ImageError, Loaded, load_image, save_png
from tests.png_files import chunk, png_file, png_rows


@pytest.fixture
def sixteen(rng: np.random.Generator) -> np.ndarray:
    values = rng.integers(0, 65536, (20, 30, 4), dtype=np.uint16)
    values[0], values[1] = 0, 65535
    values[2, :, :3] = 32896 - 1  # rounds to 127.998…: down by its high byte, up by its value
    return values


def rounded(values: np.ndarray) -> np.ndarray:
    return np.rint(values / 257).astype(np.uint8)


def loaded_png(
    tmp_path: Path, values: np.ndarray, colour_type: int, extra: bytes = b"", depth: int = 16
) -> Loaded:
    """What is read of a PNG with these values (H, W) or (H, W, channels)."""
    height, width = values.shape[:2]
    lines = values.reshape(height, -1)
    rows = png_rows(lines) if depth == 16 else b"".join(b"\0" + row.tobytes() for row in lines)
    path = tmp_path / "picture.png"
    path.write_bytes(png_file(width, height, colour_type, depth, rows, extra))
    return load_image(path)


# --- 16 bits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_a_16_bit_png_is_rounded(
    sixteen: np.ndarray, tmp_path: Path, colour_type: int, channels: int
) -> None:
    values = sixteen[..., :channels]
    loaded = loaded_png(tmp_path, values, colour_type)
    grey = channels < 3
    expected = rounded(values[..., :1].repeat(3, axis=-1) if grey else values[..., :3])
    if channels % 2:
        assert loaded.opacity is None
        np.testing.assert_array_equal(loaded.pixels, expected)
    else:
        opacity = rounded(values[..., -1])
        assert loaded.opacity is not None
        np.testing.assert_array_equal(loaded.opacity, opacity)
        np.testing.assert_array_equal(loaded.pixels[opacity > 0], expected[opacity > 0])
    assert "16-bit reduced to 8" in loaded.changes


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_16_bit_tiff_is_rounded(
    sixteen: np.ndarray, tmp_path: Path, byteorder: Literal["<", ">"], compression: str | None
) -> None:
    for values in (sixteen[..., :3], sixteen[..., 0]):
        path = tmp_path / "deep.tif"
        tifffile.imwrite(path, values, byteorder=byteorder, compression=compression,
                         photometric="rgb" if values.ndim == 3 else None)  # fmt: skip
        pixels = load_image(path).pixels
        np.testing.assert_array_equal(pixels if values.ndim == 3 else pixels[..., 0],
                                      rounded(values))  # fmt: skip


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3)])
def test_the_hidden_colour_of_a_16_bit_png_hides_that_colour_alone(
    sixteen: np.ndarray, tmp_path: Path, colour_type: int, channels: int
) -> None:
    values = sixteen[..., :channels].copy()
    values[5, 5], values[6, 6] = 4660, 4661  # the same in 8 bits
    key = chunk(b"tRNS", np.full(channels, 4660, ">u2").tobytes())
    loaded = loaded_png(tmp_path, values, colour_type, key)
    hidden = (values == 4660).all(axis=-1)
    assert loaded.opacity is not None
    np.testing.assert_array_equal(loaded.opacity, np.where(hidden, 0, 255))


# --- a PNG's own words on colour ------------------------------------------------------------------


def gamma(value: float) -> bytes:
    return chunk(b"gAMA", round(value * 100_000).to_bytes(4, "big"))


@pytest.mark.parametrize(("depth", "top"), [(8, 255), (16, 65535)])
@pytest.mark.parametrize("value", [1.0, 1 / 1.8])
def test_a_gamma_is_undone(
    rng: np.random.Generator, tmp_path: Path, depth: int, top: int, value: float
) -> None:
    values = rng.integers(0, top + 1, (9, 8, 3)).astype(np.uint16 if depth == 16 else np.uint8)
    loaded = loaded_png(tmp_path, values, 2, gamma(value), depth)
    light = (values / top) ** (1 / value)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(loaded.pixels - 255 * encoded).max() <= 0.51
    assert f"gamma {1 / value:.2g} converted to sRGB" in loaded.changes


@pytest.mark.parametrize(
    "extra", [gamma(0.45455), gamma(1.0) + chunk(b"sRGB", b"\0"), gamma(0), b""]
)
def test_what_is_srgb_or_nonsense_stays(photo: np.ndarray, tmp_path: Path, extra: bytes) -> None:
    loaded = loaded_png(tmp_path, photo, 2, extra, 8)
    np.testing.assert_array_equal(loaded.pixels, photo)
    assert loaded.changes == ()


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ((9, 16, 0, 1), ("HDR (PQ) in BT.2020 shown as if it were sRGB",)),
        ((12, 13, 0, 1), ("Display P3 shown as if it were sRGB",)),
        ((1, 13, 0, 1), ()),
    ],
)
def test_colours_beyond_srgb_are_told(
    photo: np.ndarray, tmp_path: Path, codes: tuple[int, ...], said: tuple[str, ...]
) -> None:
    loaded = loaded_png(tmp_path, photo, 2, chunk(b"cICP", bytes(codes)), 8)
    np.testing.assert_array_equal(loaded.pixels, photo)
    assert loaded.changes == said


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt", b"tEXt"])
def test_long_text_does_not_matter(photo: np.ndarray, tmp_path: Path, name: bytes) -> None:
    """As ComfyUI writes its workflows; Pillow refuses more than a megabyte as an attack."""
    text = b"workflow " * 400_000
    packed = {b"zTXt": b"\0" + zlib.compress(text), b"iTXt": b"\1\0\0\0" + zlib.compress(text)}
    loaded = loaded_png(tmp_path, photo, 2, chunk(name, b"key\0" + packed.get(name, text)), 8)
    np.testing.assert_array_equal(loaded.pixels, photo)


def test_text_that_turns_the_picture_is_obeyed(photo: np.ndarray, tmp_path: Path) -> None:
    xmp = b'<x:xmpmeta tiff:Orientation="3"/>' + b" " * 2000
    text = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)
    loaded = loaded_png(tmp_path, photo, 2, text, 8)
    np.testing.assert_array_equal(loaded.pixels, photo[::-1, ::-1])
    assert loaded.changes == ("rotated by its EXIF tag",)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_nonsense_for_exif_does_not_matter(photo: np.ndarray, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"odd.{suffix}"
    Image.fromarray(photo).save(path, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(40))
    assert load_image(path).pixels.shape == photo.shape


# --- several pages --------------------------------------------------------------------------------

COLOURS = ["red", "lime", "blue", "white", "gray", "black"]


def several(path: Path) -> list[bytes]:
    """Save six pages; the files of the first page alone, of the first two and so on."""
    pages = [Image.new("RGB", (60, 40), colour) for colour in COLOURS]
    saved = []
    for count in range(1, 7):
        pages[0].save(path, save_all=True, append_images=pages[1:count])
        saved.append(path.read_bytes())
    return saved


@pytest.mark.parametrize("suffix", ["tif", "gif", "png", "webp"])
@pytest.mark.parametrize("kept", np.arange(0.05, 1, 0.05).round(2))
def test_the_first_page_is_shown_or_none(tmp_path: Path, suffix: str, kept: float) -> None:
    path = tmp_path / f"pages.{suffix}"
    files = several(path)
    path.write_bytes(files[-1][: int(len(files[-1]) * kept)])
    try:
        loaded = load_image(path)
    except ImageError:
        assert len(path.read_bytes()) < len(files[0]) + 80 or suffix == "webp"
    else:
        assert np.abs(loaded.pixels.astype(int) - (255, 0, 0)).max() <= 2  # WebP is lossy
        assert any(word in " ".join(loaded.changes) for word in ("first of", "palette"))


def test_a_broken_later_page_is_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    several(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    loaded = load_image(path)
    assert (loaded.pixels == (255, 0, 0)).all()
    assert loaded.changes == ("first of several pages",)


def test_the_page_of_a_whole_file_is_the_first(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    several(path)
    loaded = load_image(path)
    assert (loaded.pixels == (255, 0, 0)).all()
    assert loaded.changes == ("first of 6 pages",)


# --- colours under full transparency --------------------------------------------------------------


def test_hidden_colours_are_near_also_where_no_visible_pixel_is(tmp_path: Path) -> None:
    """Exact to 32 px, to a block of 16 px beyond; on a picture of several tiles."""
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (1100, 1300, 3), dtype=np.uint8)
    opacity = np.zeros(pixels.shape[:2], np.uint8)
    places = np.array([(5, 7), (1030, 20), (600, 1025), (1020, 1030), (40, 1290)])
    opacity[tuple(places.T)] = 200
    save_png(tmp_path / "hidden.png", pixels, opacity)
    filled = load_image(tmp_path / "hidden.png").pixels
    for place in [
        *rng.integers(0, 1100, (300, 2)),
        *(places + 9) % 1100,
        *np.maximum(places - 20, 0),
    ]:
        distance = np.hypot(*(places - place).T)
        allowed = distance.min() + (2 * 16 * 2**0.5 if distance.min() > 32 else 0)
        near = pixels[tuple(places[distance <= allowed].T)]
        assert filled[tuple(place)].tolist() in near.tolist()
    np.testing.assert_array_equal(filled[opacity > 0], pixels[opacity > 0])


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 1), (17, 15), (1, 2)])
def test_any_shape_is_filled(tmp_path: Path, shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), 90, np.uint8)
    opacity = np.zeros(shape, np.uint8)
    pixels[0, 0], opacity[0, 0] = (1, 2, 3), 255
    save_png(tmp_path / "hidden.png", pixels, opacity)
    assert (load_image(tmp_path / "hidden.png").pixels == (1, 2, 3)).all()
