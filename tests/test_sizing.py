"""Pictures of exactly the size that was asked for, in the library and on the command line."""

from pathlib import Path

import numpy as np
import pytest

import sr_demo
from sr_demo import sizing
from sr_demo.boxes import Box
from sr_demo.cli.main import main
from sr_demo.images import load_image, save_png
from sr_demo.resize import imresize, imresize_to
from sr_demo.sizing import MAX_SIDE, Size, parse_size, upscale_to


@pytest.mark.parametrize(
    ("text", "size"),
    [("1920x1080", Size(1920, 1080)), ("640X", Size(640)), (" x48 ", Size(None, 48)),
     ("7×9", Size(7, 9))],
)  # fmt: skip
def test_a_size_is_both_sides_or_one(text: str, size: Size) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "x", "12", "axb", "-3x4", "1.5x2", "9999999999x1"])
def test_what_is_no_size_is_told_how_one_looks(text: str) -> None:
    with pytest.raises(ValueError, match="give 1920x1080, or one side"):
        parse_size(text)


@pytest.mark.parametrize("text", ["0x5", f"{MAX_SIDE + 1}x"])
def test_a_side_that_cannot_be_made_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be made"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "box", "new"),
    [
        (Size(320), Box(0, 0, 160, 120), (320, 240)),
        (Size(None, 90), Box(0, 0, 160, 120), (120, 90)),
        (Size(longer=200), Box(0, 0, 160, 120), (200, 150)),
        (Size(320, 240), Box(0, 0, 160, 120), (320, 240)),
        (Size(321, 240), Box(0, 0, 160, 120), (321, 240)),  # within a pixel: nothing is cut
        (Size(320, 180), Box(0, 15, 160, 90), (320, 180)),
        (Size(200, 200), Box(20, 0, 120, 120), (200, 200)),
        (Size(1, 1), Box(20, 0, 120, 120), (1, 1)),
    ],
)
def test_the_picture_keeps_its_proportions(size: Size, box: Box, new: tuple[int, int]) -> None:
    assert size.of(160, 120) == (box, *new)


def test_each_axis_is_resized_by_a_scale_of_its_own(photo: np.ndarray) -> None:
    """Exact where MATLAB's two ways meet, and as resizing the axes one by one elsewhere."""
    for height, width, scale in ((240, 320, 2), (30, 40, 0.25)):
        np.testing.assert_array_equal(imresize_to(photo, height, width), imresize(photo, scale))
    wide = imresize_to(photo, 120, 333)
    assert wide.shape == (120, 333, 3)
    turned = imresize_to(photo.swapaxes(0, 1), 333, 120).swapaxes(0, 1)
    np.testing.assert_array_equal(wide, turned)


def test_sixteen_bits_are_resized_as_floats_are(photo: np.ndarray) -> None:
    deep = photo.astype(np.uint16) * 257
    exact = imresize(deep.astype(np.float64), 0.5)
    assert np.abs(imresize(deep, 0.5) - np.clip(exact, 0, 65535)).max() < 1.5  # rounded twice


def test_the_next_scale_enlarges_and_bicubic_does_the_rest(photo: np.ndarray) -> None:
    made = upscale_to(photo, Size(400), "espcn")
    whole = sr_demo.upscale(photo, "espcn", 3)
    np.testing.assert_array_equal(made.image, imresize_to(whole, 300, 400))
    assert made.changes == ("reduced from 480 × 360 by bicubic",)
    exact = upscale_to(photo, Size(longer=320), "espcn")
    np.testing.assert_array_equal(exact.image, sr_demo.upscale(photo, "espcn", 2))
    assert exact.changes == ()


def test_a_method_with_one_scale_alone_uses_that(
    photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizing, "available_at", lambda _name, scale: scale == 4)
    small = np.ascontiguousarray(photo[:20, :24])
    made = upscale_to(small, Size(36), "srgan")
    np.testing.assert_array_equal(made.image, imresize_to(sr_demo.upscale(small, "srgan"), 30, 36))


def test_what_is_large_already_is_reduced_and_what_stays_small_enlarged(photo: np.ndarray) -> None:
    reduced = upscale_to(photo, Size(80), "srresnet")
    np.testing.assert_array_equal(reduced.image, imresize(photo, 0.5))
    assert reduced.changes == ("reduced from 160 × 120 by bicubic",)
    enlarged = upscale_to(photo[:30, :40], Size(400), "bicubic")
    assert enlarged.image.shape == (300, 400, 3)
    assert enlarged.changes == ("enlarged from 160 × 120 by bicubic",)


def test_the_command_line_writes_exactly_that(
    photo: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opacity = np.full(photo.shape[:2], 99, np.uint8)
    save_png(tmp_path / "cat.png", photo, opacity)
    upscale = ["upscale", str(tmp_path / "cat.png"), "-o", str(tmp_path), "--method", "bicubic"]
    assert main([*upscale, "--size", "300x150"]) == 0
    loaded = load_image(tmp_path / "cat_300x150_bicubic.png")
    assert loaded.pixels.shape == (150, 300, 3)
    assert loaded.opacity is not None
    assert (loaded.opacity == 99).all()
    assert "(the middle, 160 × 80, used; reduced from 320 × 160" in capsys.readouterr().out
    assert main([*upscale, "--max-side", "200"]) == 0
    assert load_image(tmp_path / "cat_max200_bicubic.png").pixels.shape == (150, 200, 3)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--size", "big"], "is no size"),
        (["--max-side", "many"], "is no number of pixels"),
        (["--max-side", "0"], "cannot be made"),
        (["--max-side", "99", "--scale", "2"], "not allowed with"),
        (["--size", "30000x30000"], "ask for 256 megapixels at most"),
    ],
)
def test_a_size_that_cannot_be_is_one_line(
    options: list[str], reason: str, photo: np.ndarray, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    save_png(tmp_path / "cat.png", photo)
    with pytest.raises(SystemExit, match="2"):
        raise SystemExit(main(["upscale", str(tmp_path / "cat.png"), "-o", "x", *options]))
    line = capsys.readouterr().err
    assert reason in line
    assert line.count("\n") == 1
