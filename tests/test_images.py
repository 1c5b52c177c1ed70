"""Any picture a person would try is read as they see it, or declined in plain words."""

import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import skimage.color
import tifffile
from PIL import EpsImagePlugin, Image, ImageCms

from sr_demo.images import (
    MAX_PIXELS,
    ImageError,
    crop_to_multiple,
    load_image,
    luma,
    luma_difference,
    png_bytes,
    save_png,
)
from tests.helpers import present
from tests.png_files import png_file, png_rows

EXACT: dict[str, dict[str, Any]] = {"webp": {"lossless": True}}  # how a suffix keeps every pixel


# --- formats that lose nothing --------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp", "jp2", "tga", "ppm"])
def test_a_lossless_file_gives_its_pixels_and_nothing_to_say(
    photo: np.ndarray, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"photo.{suffix}"
    Image.fromarray(photo).save(path, **EXACT.get(suffix, {}))
    loaded = load_image(path)
    np.testing.assert_array_equal(loaded.pixels, photo)
    assert loaded.pixels.dtype == np.uint8
    assert loaded.opacity is None
    assert loaded.changes == ()


def test_the_suffix_does_not_matter(photo: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.fromarray(photo).save(path, "PNG")
    np.testing.assert_array_equal(load_image(str(path)).pixels, photo)


def test_what_is_saved_is_loaded_again(
    photo: np.ndarray, tmp_path: Path, rng: np.random.Generator
) -> None:
    save_png(tmp_path / "photo.png", photo)
    np.testing.assert_array_equal(load_image(tmp_path / "photo.png").pixels, photo)
    opacity = rng.integers(1, 256, photo.shape[:2], dtype=np.uint8)
    (tmp_path / "alpha.png").write_bytes(png_bytes(photo, opacity))
    loaded = load_image(tmp_path / "alpha.png")
    np.testing.assert_array_equal(loaded.pixels, photo)
    np.testing.assert_array_equal(loaded.opacity, opacity)


def test_one_pixel_is_a_picture(tmp_path: Path) -> None:
    save_png(tmp_path / "dot.png", np.array([[[1, 2, 3]]], np.uint8))
    assert load_image(tmp_path / "dot.png").pixels.tolist() == [[[1, 2, 3]]]


def test_twenty_megapixels_are_a_picture(tmp_path: Path) -> None:
    save_png(tmp_path / "large.png", np.full((4000, 5000, 3), 7, np.uint8))
    assert load_image(tmp_path / "large.png").pixels.shape == (4000, 5000, 3)


# --- turned by EXIF -------------------------------------------------------------------------------

# What a camera stores so that a viewer who obeys the tag sees `a`: EXIF 2.3, tag 274.
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[::-1],
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a.swapaxes(0, 1)[:, ::-1],
}


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation_is_obeyed_once(
    photo: np.ndarray, tmp_path: Path, orientation: int, suffix: str
) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / f"phone.{suffix}"
    stored = np.ascontiguousarray(STORED[orientation](photo))
    Image.fromarray(stored).save(path, exif=exif, **EXACT.get(suffix, {}))
    loaded = load_image(path)
    np.testing.assert_array_equal(loaded.pixels, photo)
    word = "mirrored" if orientation in (2, 4) else "rotated"
    assert loaded.changes == (() if orientation == 1 else (f"{word} by its EXIF tag",))


# --- fewer or other channels ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "word"), [("1", "black and white"), ("L", "grayscale"), ("P", "palette")]
)
def test_fewer_colours_become_rgb(photo: np.ndarray, tmp_path: Path, mode: str, word: str) -> None:
    image = Image.fromarray(photo).convert(mode)
    image.save(tmp_path / "few.png")
    loaded = load_image(tmp_path / "few.png")
    np.testing.assert_array_equal(loaded.pixels, np.asarray(image.convert("RGB")))
    assert loaded.changes == (f"{word} to RGB",)


@pytest.mark.parametrize(("mode", "tolerance"), [("CMYK", 1), ("LAB", 8)])
def test_print_colours_become_rgb(
    photo: np.ndarray, tmp_path: Path, mode: str, tolerance: int
) -> None:
    image = Image.fromarray(photo)
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = present(ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB"))
    else:
        image = image.convert(mode)
    image.save(tmp_path / "print.tif")
    loaded = load_image(tmp_path / "print.tif")
    assert np.abs(loaded.pixels.astype(int) - photo).max() <= tolerance
    assert "to RGB" in loaded.changes[0]


# --- transparency ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_alpha_is_kept(
    photo: np.ndarray, tmp_path: Path, rng: np.random.Generator, mode: str, suffix: str
) -> None:
    opacity = rng.integers(1, 256, photo.shape[:2], dtype=np.uint8)
    image = Image.fromarray(photo).convert(mode)
    image.putalpha(Image.fromarray(opacity))
    image.save(tmp_path / f"glass.{suffix}", **EXACT.get(suffix, {}))
    loaded = load_image(tmp_path / f"glass.{suffix}")
    np.testing.assert_array_equal(loaded.opacity, opacity)
    np.testing.assert_array_equal(loaded.pixels, np.asarray(image.convert("RGB")))


def test_a_transparent_palette_entry_becomes_alpha(photo: np.ndarray, tmp_path: Path) -> None:
    image = Image.fromarray(photo).quantize(16)
    index = np.asarray(image)
    image.save(tmp_path / "palette.png", transparency=bytes([0, 128]))
    opacity = load_image(tmp_path / "palette.png").opacity
    expected = np.full(16, 255)
    expected[:2] = 0, 128
    np.testing.assert_array_equal(opacity, expected[index])


def test_an_opaque_alpha_is_no_alpha(photo: np.ndarray, tmp_path: Path) -> None:
    save_png(tmp_path / "opaque.png", photo, np.full(photo.shape[:2], 255, np.uint8))
    loaded = load_image(tmp_path / "opaque.png")
    assert loaded.opacity is None
    assert loaded.changes == ()


def test_hidden_colours_become_those_of_the_nearest_visible_pixel(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    pixels = rng.integers(0, 256, (9, 11, 3), dtype=np.uint8)
    opacity = np.where(rng.random((9, 11)) < 0.2, 90, 0).astype(np.uint8)
    save_png(tmp_path / "hidden.png", pixels, opacity)
    loaded = load_image(tmp_path / "hidden.png")
    np.testing.assert_array_equal(loaded.opacity, opacity)
    visible = np.argwhere(opacity)
    for place in np.ndindex(9, 11):
        distance = np.hypot(*(visible - place).T)
        nearest = visible[distance == distance.min()]
        assert loaded.pixels[place].tolist() in pixels[tuple(nearest.T)].tolist()
    assert any("full transparency" in change for change in loaded.changes)


def test_a_wholly_transparent_picture_is_left_alone(photo: np.ndarray, tmp_path: Path) -> None:
    save_png(tmp_path / "ghost.png", photo, np.zeros(photo.shape[:2], np.uint8))
    np.testing.assert_array_equal(load_image(tmp_path / "ghost.png").pixels, photo)


# --- more than 8 bits -----------------------------------------------------------------------------


def assert_reduced(path: Path, sixteen: np.ndarray) -> None:
    """8 bits within one level of the exact value / 257, black and white exact."""
    loaded = load_image(path)
    gray = sixteen.ndim == 2
    got = (loaded.pixels[..., 0] if gray else loaded.pixels).astype(int)
    assert np.abs(got - sixteen / 257).max() <= 1
    assert (got[sixteen == 0] == 0).all()
    assert (got[sixteen == 65535] == 255).all()
    assert "16-bit reduced to 8" in loaded.changes


@pytest.fixture
def sixteen(rng: np.random.Generator) -> np.ndarray:
    values = rng.integers(0, 65536, (20, 30, 3), dtype=np.uint16)
    values[0], values[1] = 0, 65535
    return values


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_16_bit_tiff_is_reduced(
    sixteen: np.ndarray, tmp_path: Path, byteorder: Literal["<", ">"], compression: str | None
) -> None:
    path = tmp_path / "deep.tif"
    for values in (sixteen, sixteen[..., 0]):
        tifffile.imwrite(path, values, byteorder=byteorder, compression=compression)
        assert_reduced(path, values)


def test_16_bit_png_is_reduced(sixteen: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    path.write_bytes(png_file(30, 20, 2, 16, png_rows(sixteen.reshape(20, -1))))
    assert_reduced(path, sixteen)
    path.write_bytes(png_file(30, 20, 0, 16, png_rows(sixteen[..., 0])))
    assert_reduced(path, sixteen[..., 0])


def test_16_bit_png_keeps_its_alpha(sixteen: np.ndarray, tmp_path: Path) -> None:
    rgba = np.dstack([sixteen, np.full((20, 30), 128 * 257, np.uint16)])
    path = tmp_path / "deep.png"
    path.write_bytes(png_file(30, 20, 6, 16, png_rows(rgba.reshape(20, -1))))
    assert_reduced(path, sixteen)
    assert (present(load_image(path).opacity) == 128).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[0.0, 50.0, 200.0]], np.float32), [0, 50, 200]),
        (np.array([[0, 50, 200]], np.int32), [0, 50, 200]),
        (np.array([[0, 257, 65535]], np.int32), [0, 1, 255]),
        (np.array([[-10, 0, 10]], np.int32), [0, 128, 255]),
        (np.array([[0.0, np.nan, np.inf, 1.0]], np.float32), [0, 0, 0, 255]),
        (np.array([[-3.0, -3.0]], np.float32), [0, 0]),
    ],
)
def test_32_bit_values_are_mapped_by_their_range(
    tmp_path: Path, values: np.ndarray, expected: list[int]
) -> None:
    Image.fromarray(values).save(tmp_path / "deep.tif")
    loaded = load_image(tmp_path / "deep.tif")
    assert loaded.pixels[0, :, 0].tolist() == expected
    assert any("mapped to 0 … 255" in change for change in loaded.changes)


# --- animations -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "phrase"),
    [
        ("gif", "first of 3 frames"),
        ("webp", "first of 3 frames"),
        ("png", "first of 3 frames"),
        ("tif", "first of 3 pages"),
    ],
)
def test_an_animation_gives_its_first_frame(tmp_path: Path, suffix: str, phrase: str) -> None:
    first, *others = (Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue"))
    path = tmp_path / f"moving.{suffix}"
    first.save(path, save_all=True, append_images=others, **EXACT.get(suffix, {}))
    loaded = load_image(path)
    assert (loaded.pixels == (255, 0, 0)).all()
    assert phrase in loaded.changes


# --- declined -------------------------------------------------------------------------------------


def assert_declined(path: Path, *words: str) -> None:
    with pytest.raises(ImageError) as caught:
        load_image(path)
    message = str(caught.value)
    assert "\n" not in message
    for word in (path.name, *words):
        assert word in message


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.png", b"", "empty"),
        ("report.png", b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        ("notes.png", b"milk, bread", "text file"),
        ("saved.jpg", b"<!DOCTYPE html><html></html>", "web page"),
        ("logo.svg", b'<?xml version="1.0"?>\n<svg xmlns=""/>', "SVG"),
        ("photo.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), "HEIC"),
        ("clip.png", b"\0\0\0\x18ftypisom\0\0\0\0" + bytes(99), "video"),
        ("slides.png", b"PK\x03\x04" + bytes(99), "ZIP"),
        ("vector.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
        ("noise.png", bytes(range(256)), "not a picture"),
        ("half.webp", b"RIFF\x24\0\0\0WEBPVP8 ", "damaged"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert_declined(tmp_path / name, words)


def test_no_wrapper_reaches_a_program_that_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IPTC hands what it wraps to any decoder of Pillow's: EPS would be run by Ghostscript."""
    ran = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *a, **k: ran.append(a))
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    fields = {(3, 60): b"\x01\x00", (3, 20): b"\x00\x09", (3, 30): b"\x00\x09", (3, 120): b"\x05",
              (8, 10): eps}  # fmt: skip
    path = tmp_path / "photo.png"
    path.write_bytes(
        b"".join(bytes([28, *tag]) + len(v).to_bytes(2, "big") + v for tag, v in fields.items())
    )
    with Image.open(path) as image:
        assert image.format == "IPTC"  # Pillow itself would go on
    with pytest.raises(ImageError, match=r"photo\.png is damaged or not a picture"):
        load_image(path)
    assert not ran


def test_a_camera_raw_file_is_declined_not_shown_as_its_thumbnail(
    photo: np.ndarray, tmp_path: Path
) -> None:
    Image.fromarray(photo).save(tmp_path / "camera.dng", "TIFF")
    assert_declined(tmp_path / "camera.dng", "camera raw")


def test_float_colour_tiff_is_declined(photo: np.ndarray, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "hdr.tif", photo / np.float32(255), photometric="rgb")
    assert_declined(tmp_path / "hdr.tif", "TIFF of a rare kind")


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "webp", "tif", "jp2", "bmp"])
@pytest.mark.parametrize("kept", [0.05, 0.7])
def test_a_file_cut_short_is_declined(
    photo: np.ndarray, tmp_path: Path, suffix: str, kept: float
) -> None:
    path = tmp_path / f"short.{suffix}"
    Image.fromarray(photo).save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert_declined(path, "damaged")


@pytest.mark.parametrize("side", [9000, 10_000, 30_000])
def test_a_decompression_bomb_is_declined_from_its_header(tmp_path: Path, side: int) -> None:
    assert side**2 > MAX_PIXELS
    path, limit = tmp_path / "bomb.png", Image.MAX_IMAGE_PIXELS
    path.write_bytes(png_file(side, side, 2, 8, b""))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_declined(path, "too large", "64 megapixels")
    assert limit == Image.MAX_IMAGE_PIXELS


def test_a_missing_path_and_a_folder_are_declined(tmp_path: Path) -> None:
    assert_declined(tmp_path / "nowhere.png", "does not exist")
    assert_declined(tmp_path, "is a folder")
    assert_declined(Path("a\0b.png"), "does not exist")


# --- colour and shape -----------------------------------------------------------------------------


def test_luma_is_unrounded_and_in_studio_range(photo: np.ndarray) -> None:
    np.testing.assert_allclose(luma(photo), skimage.color.rgb2ycbcr(photo)[..., 0], atol=1e-9)
    ends = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    np.testing.assert_allclose(luma(ends), [[16, 235]])


def test_luma_of_a_difference_is_the_difference_of_lumas(rng: np.random.Generator) -> None:
    a, b = rng.integers(0, 256, (2, 9, 9, 3), dtype=np.uint8)
    difference = luma_difference(a.astype(np.float64) - b)
    np.testing.assert_allclose(difference, luma(a) - luma(b), atol=1e-9)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("shape", [(12, 12, 3), (13, 14), (7, 5, 3), (1, 9)])
def test_crop_keeps_the_top_left_multiple(
    rng: np.random.Generator, shape: tuple[int, ...], scale: int
) -> None:
    image = rng.integers(0, 256, shape, dtype=np.uint8)
    cropped = crop_to_multiple(image, scale)
    height, width = cropped.shape[:2]
    assert height % scale == width % scale == 0
    assert 0 <= shape[0] - height < scale
    assert 0 <= shape[1] - width < scale
    np.testing.assert_array_equal(cropped, image[:height, :width])
