"""Many pictures: one box, one at a time, a bad file is no end, and a sheet that can be read."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr_demo.boxes import Box
from sr_demo.comparison import compare
from sr_demo.figures.series_sheet import SIDE, Strip, means, series_sheet, sheet_bytes
from sr_demo.images import Loaded, save_png
from sr_demo.inference.engine import Cancelled
from sr_demo.series import Skipped, compare_series, strip_of


def strips(pictures: list[np.ndarray], box: Box | None = None) -> list[Strip]:
    made = [compare(picture, 4, ["bicubic"]) for picture in pictures]
    return [strip_of(f"{number} $x$.png", one, box) for number, one in enumerate(made)]


def test_every_picture_gives_what_a_comparison_of_it_gives(
    photo: np.ndarray, tmp_path: Path
) -> None:
    pictures = {"a.png": photo, "b.png": photo[:80, :96]}
    for name, pixels in pictures.items():
        save_png(tmp_path / name, pixels)
    (tmp_path / "text.png").write_text("no picture")
    save_png(tmp_path / "dot.png", photo[:3, :3])
    told: list[tuple[int, float, str]] = []
    names = ["a.png", "text.png", "missing.png", "dot.png", "b.png"]
    made = list(
        compare_series(
            [tmp_path / name for name in names], 4, ["bicubic"], box=Box(8, 8, 40, 24),
            progress=lambda *news: told.append(news),
        )
    )  # fmt: skip
    skipped = [one for one in made if isinstance(one, Skipped)]
    assert [one.name for one in skipped] == names[1:4]
    assert ["text file" in skipped[0].reason, "too few" in skipped[2].reason] == [True, True]
    done = [one for one in made if isinstance(one, Strip)]
    for strip, pixels in zip(done, pictures.values(), strict=True):
        expected = compare(pixels, 4, ["bicubic"])
        assert strip.scores == {"bicubic": expected.results[0].scores}
        for name, image in (("original", expected.sharp), ("bicubic", expected.results[0].image)):
            np.testing.assert_array_equal(strip.crops[name], image[8:32, 8:48])
    assert told[-1] == (4, 1.0, "bicubic")


def test_only_crops_are_kept_and_they_are_small(photo: np.ndarray) -> None:
    large = np.tile(photo, (5, 5, 1))
    [strip] = strips([large], Box(0, 0, 800, 600))
    assert all(max(crop.shape) == SIDE and crop.base is None for crop in strip.crops.values())
    [strip] = strips([photo], Box(0, 0, 64, 48))
    assert all(crop.base is None for crop in strip.crops.values())  # no view of the whole


def test_a_box_beyond_a_picture_is_moved_inside() -> None:
    assert Box(90, 70, 40, 40).moved_into(96, 80) == Box(56, 40, 40, 40)
    assert Box(-5, 0, 200, 10).moved_into(96, 80) == Box(0, 0, 96, 10)


def test_it_stops_when_it_is_told(photo: np.ndarray) -> None:
    def stop(_number: int, _fraction: float, _method: str) -> None:
        raise Cancelled

    paths = [Path("a.png")]
    loaded = Loaded(photo, None, ())
    with pytest.raises(Cancelled):
        list(compare_series(paths, 4, ["bicubic"], read=lambda _: loaded, progress=stop))


@pytest.mark.parametrize("has_original", [True, False])
def test_the_sheet_shows_every_crop_and_the_means(photo: np.ndarray, has_original: bool) -> None:
    made = [
        strip_of(f"{n} $x$ 写.png", compare(p, 2, ["bicubic"], has_original=has_original), None)
        for n, p in enumerate([photo, photo[:80, :96]])
    ]
    figure = series_sheet(made, 2)
    page = figure.axes[0]
    shown = [np.asarray(image.get_array()) for image in page.get_images()]
    crops = [crop for strip in made for crop in strip.crops.values()]
    assert all(np.array_equal(a, b) for a, b in zip(shown, crops, strict=True))
    texts = [text.get_text() for text in page.texts]
    assert {"0 $x$ □.png", "1 $x$ □.png", "Bicubic"} <= set(texts)
    assert sum("□" in text for text in texts) == 2  # and nothing but the names needs such a letter
    figure.draw_without_rendering()
    width = figure.bbox.width
    assert all(
        0 <= t.get_window_extent().x0 < t.get_window_extent().x1 <= width for t in page.texts
    )
    psnr, ssim, lr_psnr, _ = means(made)["bicubic"]
    assert (psnr is None, ssim is None) == (not has_original, not has_original)
    labels = [label.get_text() for axes in figure.axes[1:] for label in axes.get_xticklabels()]
    assert any(f"{psnr if has_original else lr_psnr:.2f}" in label for label in labels)
    with Image.open(io.BytesIO(sheet_bytes(figure, "png"))) as sheet:
        assert sheet.width == 1440
    assert sheet_bytes(figure, "pdf").startswith(b"%PDF")
