"""The crop sheet shows the right pixels under the right names, and nothing overlaps."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox
from PIL import Image

from sr_demo.boxes import Box
from sr_demo.comparison import Comparison, Result, compare
from sr_demo.degradation import SETTINGS
from sr_demo.figures.crop_sheet import busiest_box, crop_sheet, save_crop_sheet
from sr_demo.images import crop_to_multiple
from sr_demo.methods import METHODS
from sr_demo.metrics.scores import Scores


def comparison_of(image: np.ndarray, methods: int = 4, original: bool = True) -> Comparison:
    """Bicubic under as many names as wanted, each a little darker and with scores of its own."""
    real = compare(image, 4, ["bicubic"], has_original=original)
    names = (list(METHODS) * methods)[:methods]
    results = [
        Result(
            name,
            (real.results[0].image * (1 - 0.05 * i)).astype(np.uint8),
            0.1,
            0,
            Scores(30.0 + i, 0.9 - 0.01 * i, 40.0) if original else Scores(None, None, 40.0),
        )
        for i, name in enumerate(names)
    ]
    return replace(real, results=tuple(results))


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts if text.get_text()]


def shown(figure: Figure) -> list[np.ndarray]:
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes]


# --- what is shown --------------------------------------------------------------------------------


def test_the_panels_are_the_pictures_and_their_crops(photo: np.ndarray) -> None:
    comparison, window = comparison_of(photo), np.s_[24:64, 40:88]
    whole, original, enlarged, *crops = shown(crop_sheet(comparison, Box(40, 24, 48, 40)))
    np.testing.assert_array_equal(whole, comparison.sharp)
    np.testing.assert_array_equal(original, comparison.sharp[window])
    np.testing.assert_array_equal(enlarged[::4, ::4], comparison.lr[6:16, 10:22])
    for crop, result in zip(crops, comparison.results, strict=True):
        np.testing.assert_array_equal(crop, result.image[window])


def test_crops_are_enlarged_without_interpolation(photo: np.ndarray) -> None:
    figure = crop_sheet(comparison_of(photo), Box(40, 24, 48, 40))
    assert {axes.images[0].get_interpolation() for axes in figure.axes[1:]} == {"nearest"}


def test_the_box_is_drawn_around_its_pixels(photo: np.ndarray) -> None:
    figure = crop_sheet(comparison_of(photo), Box(40, 24, 48, 40))
    boxes = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    # matplotlib's pixel centres are whole numbers
    assert {box.get_bbox().bounds for box in boxes} == {(39.5, 23.5, 48, 40)}


def test_every_crop_is_named_and_the_best_scores_are_bold(photo: np.ndarray) -> None:
    comparison = comparison_of(photo)
    written = texts(crop_sheet(comparison, Box(0, 0, 40, 40), name="$a$.png"))
    for label in ("Original", *(METHODS[result.method].label for result in comparison.results)):
        assert label in written
    assert r"30.00 / $\mathbf{0.9000}$" in written  # bicubic: best SSIM here
    assert r"$\mathbf{33.00}$ / 0.8700" in written
    assert "31.00 / 0.8900" in written
    assert "of the whole picture: luma, 4 px border left out" in written[-1]
    assert written[-2] == "$a$.png: enlarged ×4; the crop is 40 × 40 pixels at (0, 0)."
    degraded = replace(comparison, degradation=SETTINGS["medium"])
    written = texts(crop_sheet(degraded, Box(0, 0, 40, 40)))
    assert written[-2].endswith("Input: blur σ 1.2, noise σ 5, JPEG 50.")


def test_equal_scores_are_both_bold(photo: np.ndarray) -> None:
    comparison = comparison_of(photo, methods=2)
    same = tuple(replace(r, scores=Scores(30.0, 0.9, 40.0)) for r in comparison.results)
    written = texts(crop_sheet(replace(comparison, results=same), Box(0, 0, 40, 40)))
    assert written.count(r"$\mathbf{30.00}$ / $\mathbf{0.9000}$") == 2


def test_without_an_original_no_score_is_ever_shown(photo: np.ndarray) -> None:
    comparison = comparison_of(photo[:40, :40], original=False)
    figure = crop_sheet(comparison, Box(0, 0, 40, 40))
    written = " ".join(texts(figure))
    assert "PSNR" not in written
    assert "SSIM" not in written
    assert "Original" not in written
    assert "Input" in written
    np.testing.assert_array_equal(shown(figure)[0], comparison.results[-1].image)


def test_transparency_shows_the_paper(photo: np.ndarray, rng: np.random.Generator) -> None:
    comparison = comparison_of(photo)
    opacity = rng.integers(0, 256, photo.shape[:2], dtype=np.uint8)
    for picture in shown(crop_sheet(replace(comparison, opacity=opacity), Box(0, 0, 30, 20)))[1:]:
        np.testing.assert_array_equal(picture[..., 3], opacity[:20, :30])


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((10, 20, 30, 40), (10, 20, 30, 40)),
        ((-10, -20, 30, 40), (0, 0, 20, 20)),
        ((90, 70, 30, 40), (90, 70, 10, 10)),
        ((-5, -5, 500, 500), (0, 0, 100, 80)),
        ((300, 300, 10, 10), (99, 79, 1, 1)),
        ((-90, -90, 10, 10), (0, 0, 1, 1)),
        ((50, 40, 0, 0), (50, 40, 1, 1)),
    ],
)
def test_a_box_is_cut_to_the_picture(
    box: tuple[int, int, int, int], expected: tuple[int, int, int, int]
) -> None:
    assert Box(*box).clamped(100, 80) == expected


def test_a_box_partly_outside_shows_what_is_inside(photo: np.ndarray) -> None:
    whole, original, *_ = shown(crop_sheet(comparison_of(photo), Box(140, 100, 60, 60)))
    np.testing.assert_array_equal(original, whole[100:, 140:])


@pytest.mark.parametrize("place", [(0, 0), (30, 50), (90, 130)])
def test_the_busiest_box_finds_the_texture(
    rng: np.random.Generator, place: tuple[int, int]
) -> None:
    picture = np.full((120, 160, 3), 128, np.uint8)
    top, left = place
    picture[top : top + 30, left : left + 30] = rng.integers(0, 256, (30, 30, 1))
    box = busiest_box(compare(picture, 2, ["bicubic"]))
    assert box.clamped(160, 120) == box
    assert abs(box[0] + box[2] / 2 - (left + 15)) <= 15
    assert abs(box[1] + box[3] / 2 - (top + 15)) <= 15


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (13, 7)])
def test_the_busiest_box_fits_tiny_pictures(
    rng: np.random.Generator, shape: tuple[int, int]
) -> None:
    comparison = compare(
        rng.integers(0, 256, (*shape, 3), dtype=np.uint8), 4, ["bicubic"], has_original=False
    )
    box = busiest_box(comparison)
    assert box.clamped(shape[1] * 4, shape[0] * 4) == box


# --- how it looks ---------------------------------------------------------------------------------


def disjoint(boxes: list[Bbox]) -> bool:
    return not any(
        a.x0 < b.x1 - 1 and b.x0 < a.x1 - 1 and a.y0 < b.y1 - 1 and b.y0 < a.y1 - 1
        for a, b in combinations(boxes, 2)
    )


@pytest.mark.parametrize("methods", [1, 2, 3, 4, 5, 6, 12])
@pytest.mark.parametrize("original", [True, False])
@pytest.mark.parametrize(
    ("shape", "box"),
    [
        ((120, 160), (40, 24, 48, 48)),
        ((120, 160), (0, 24, 160, 12)),
        ((120, 160), (40, 0, 8, 120)),
        ((20, 600), (400, 0, 20, 20)),
        ((600, 20), (0, 400, 20, 20)),
        ((4, 4), (0, 0, 4, 4)),
    ],
)
def test_nothing_overlaps_and_nothing_is_cut_off(
    rng: np.random.Generator,
    methods: int,
    original: bool,
    shape: tuple[int, int],
    box: tuple[int, int, int, int],
) -> None:
    side = 1 if original else 4
    picture = rng.integers(0, 256, (shape[0] // side, shape[1] // side, 3), dtype=np.uint8)
    figure = crop_sheet(comparison_of(picture, methods, original), Box(*box))
    width, height = figure.get_size_inches() * figure.dpi
    pictures = [axes.get_window_extent() for axes in figure.axes]
    captions = [text.get_window_extent() for text in figure.texts if text.get_text()]
    for extent in pictures + captions:
        assert extent.x0 >= 0
        assert extent.y0 >= 0
        assert extent.x1 <= width
        assert extent.y1 <= height
    assert disjoint(pictures + captions)


@pytest.mark.parametrize(
    ("suffix", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")]
)
def test_the_sheet_is_saved_by_its_suffix(
    photo: np.ndarray, tmp_path: Path, suffix: str, magic: bytes
) -> None:
    path = tmp_path / f"sheet.{suffix}"
    save_crop_sheet(comparison_of(photo), Box(40, 24, 48, 40), path)
    assert path.read_bytes().startswith(magic)


def test_the_png_is_print_quality(photo: np.ndarray, tmp_path: Path) -> None:
    save_crop_sheet(comparison_of(photo), Box(40, 24, 48, 40), tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.width == 2160
        assert image.info["dpi"] == pytest.approx((300, 300), abs=1)


def test_an_odd_picture_has_an_odd_sheet(photo: np.ndarray) -> None:
    odd = photo[:117, :155]
    whole = shown(crop_sheet(comparison_of(odd), Box(0, 0, 20, 20)))[0]
    np.testing.assert_array_equal(whole, crop_to_multiple(odd, 4))
