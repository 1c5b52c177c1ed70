"""On request 16 bits stay 16 bits, and colour profile and EXIF come along."""

from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

import sr_demo
from sr_demo.cli.main import main
from sr_demo.images import load_image, save_png
from sr_demo.inference.engine import Engine
from sr_demo.inference.runnable import network
from tests.png_files import chunk, png_file, png_rows

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def deep(photo: np.ndarray) -> np.ndarray:
    """A picture whose 16-bit values no 8 bits hold, (24, 32, 3)."""
    low = np.random.default_rng(3).integers(0, 256, (24, 32, 3), np.uint16)
    return (photo[:24, :32].astype(np.uint16) << 8) | low


def wide_profile() -> bytes:
    """An RGB profile far from sRGB: its red and blue changed places."""
    data = bytearray(SRGB)
    red, blue = data.index(b"rXYZ"), data.index(b"bXYZ")
    data[red : red + 4], data[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(data)


def write_deep(path: Path, values: np.ndarray, extra: bytes = b"") -> Path:
    height, width, channels = values.shape
    rows = png_rows(values.reshape(height, -1))
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    path.write_bytes(png_file(width, height, kind, 16, rows, extra))
    return path


def test_sixteen_bits_come_in_and_go_out_unchanged(deep: np.ndarray, tmp_path: Path) -> None:
    opacity = deep[..., 1] | 1
    for pixels, alpha in ((deep, None), (deep, opacity)):
        save_png(tmp_path / "deep.png", pixels, alpha)
        loaded = load_image(tmp_path / "deep.png", keep_depth=True)
        np.testing.assert_array_equal(loaded.pixels, pixels)
        assert loaded.pixels.dtype == np.uint16
        assert loaded.changes == ()
        if alpha is not None:
            np.testing.assert_array_equal(loaded.opacity, alpha)
        else:
            assert loaded.opacity is None
        reduced = load_image(tmp_path / "deep.png")
        assert reduced.pixels.dtype == np.uint8
        assert reduced.changes[0] == "16-bit reduced to 8"


@pytest.mark.parametrize("channels", [1, 2])
def test_sixteen_bits_of_grey_become_three_colours(
    channels: int, deep: np.ndarray, tmp_path: Path
) -> None:
    path = write_deep(tmp_path / "grey.png", deep[..., :channels])
    loaded = load_image(path, keep_depth=True)
    for colour in range(3):
        np.testing.assert_array_equal(loaded.pixels[..., colour], deep[..., 0])
    if channels == 2:
        np.testing.assert_array_equal(loaded.opacity, deep[..., 1])


def test_a_gamma_is_undone_in_sixteen_bits(deep: np.ndarray, tmp_path: Path) -> None:
    gamma = chunk(b"gAMA", (100000).to_bytes(4, "big"))  # values are light itself
    loaded = load_image(write_deep(tmp_path / "light.png", deep, gamma), keep_depth=True)
    light = deep / 65535
    expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(loaded.pixels - 65535 * expected).max() < 0.51


def test_hidden_colours_are_filled_in_sixteen_bits(deep: np.ndarray, tmp_path: Path) -> None:
    opacity = np.full(deep.shape[:2], 65535, np.uint16)
    opacity[:, 16:] = 0
    save_png(tmp_path / "half.png", deep, opacity)
    loaded = load_image(tmp_path / "half.png", keep_depth=True)
    np.testing.assert_array_equal(loaded.pixels[:, 16], deep[:, 15])


@pytest.mark.parametrize("method", ["bicubic", "espcn", "srresnet"])
def test_a_deep_picture_is_restored_as_finely(method: str, deep: np.ndarray) -> None:
    made = sr_demo.upscale(deep, method, 2)
    assert made.dtype == np.uint16
    assert made.shape == (48, 64, 3)
    assert len(np.unique(made & 255)) > 200  # the low byte holds something
    rounded = np.rint(deep / 257).astype(np.uint8)
    shallow = sr_demo.upscale(rounded, method, 2).astype(int)
    assert np.abs(made / 257 - shallow).mean() < 1


def test_a_deep_picture_is_what_the_network_computes(deep: np.ndarray) -> None:
    import torch

    net = network("espcn", 2)
    x = torch.from_numpy(deep.astype(np.float32) / 65535).permute(2, 0, 1)[None]
    with torch.no_grad():
        exact = net(x)[0].permute(1, 2, 0).numpy() * 65535
    assert np.abs(Engine(net).restore(deep) - exact).max() < 2


def test_the_command_line_keeps_depth_profile_and_exif(deep: np.ndarray, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Ann"
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.DateTimeOriginal: "2026:01:02 03:04:05", ExifTags.Base.ExifImageWidth: 32,
    }  # fmt: skip
    profile = wide_profile()
    save_png(tmp_path / "in.png", deep, profile=profile, exif=exif.tobytes())
    options = ["--method", "bicubic", "--scale", "2", "--keep-depth", "--keep-profile"]
    out = tmp_path / "out.png"
    assert main(["upscale", str(tmp_path / "in.png"), "-o", str(out), *options]) == 0
    with Image.open(out) as image:
        assert image.size == (48, 64)  # upright
        assert image.info["icc_profile"] == profile
        kept = image.getexif()
        assert dict(kept) == {ExifTags.Base.Artist: "Ann", ExifTags.IFD.Exif: kept[0x8769]}
        assert kept.get_ifd(ExifTags.IFD.Exif) == {
            ExifTags.Base.DateTimeOriginal: "2026:01:02 03:04:05"
        }
    made = load_image(out, keep_depth=True, keep_profile=True).pixels
    np.testing.assert_array_equal(made, sr_demo.upscale(np.rot90(deep, -1).copy(), "bicubic", 2))


def test_colours_stay_in_their_profile_only_on_request(photo: np.ndarray, tmp_path: Path) -> None:
    profile = wide_profile()
    save_png(tmp_path / "in.png", photo, profile=profile)
    kept = load_image(tmp_path / "in.png", keep_profile=True)
    np.testing.assert_array_equal(kept.pixels, photo)
    assert kept.profile == profile
    assert kept.changes == ()
    converted = load_image(tmp_path / "in.png")
    assert converted.profile is None
    assert any("converted" in change for change in converted.changes)
    assert (converted.pixels != photo).any()


def test_a_profile_that_results_cannot_have_is_applied_as_ever(
    photo: np.ndarray, tmp_path: Path
) -> None:
    Image.fromarray(photo).convert("CMYK").save(tmp_path / "in.tif", icc_profile=SRGB)
    loaded = load_image(tmp_path / "in.tif", keep_profile=True)
    assert loaded.profile is None


def test_eight_bits_stay_eight(photo: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(photo).save(tmp_path / "in.jpg")
    loaded = load_image(tmp_path / "in.jpg", keep_depth=True, keep_profile=True)
    assert loaded.pixels.dtype == np.uint8
    assert loaded.profile is None
    assert loaded.exif is None
