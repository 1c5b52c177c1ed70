"""The perception–distortion plane: where pictures lie, what is not reached, how it is drawn."""

import itertools
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

import sr_demo
from sr_demo.figures import perception_distortion as plane
from sr_demo.figures.perception_distortion import Plane, Point
from sr_demo.methods import METHODS
from sr_demo.metrics.niqe import niqe
from tests.helpers import present


def point(rmse: float, naturalness: float, name: str = "bicubic") -> Point:
    return Point(
        name, name.title(), math.inf if not rmse else 20 * math.log10(255 / rmse), naturalness
    )


ORIGINAL = point(0, 3, "original")
BETWEEN = [replace(point(11.3 + 1.7 * a * a, 7 - 2.2 * a), name=f"{a:g}") for a in (0, 0.5, 1)]
PLANE = Plane(  # one as a photo gives it: five methods and two curves
    ORIGINAL,
    (
        point(13.8, 9.6, "bicubic"),
        point(12.3, 8.2, "srcnn"),
        point(12.2, 7.7, "espcn"),
        point(11.3, 7.0, "srresnet"),
        point(13.0, 4.8, "srgan"),
    ),
    {"networks": BETWEEN, "pictures": BETWEEN[1:]},
    (
        replace(point(12.6, 10.4), testset="Set14"),
        replace(point(10.0, 8.0, "srresnet"), testset="Set14"),
    ),
)


# --- where pictures lie ---------------------------------------------------------------------------


def test_every_method_lies_at_its_error_and_its_niqe() -> None:
    photo = astronaut()[:384, :384]
    comparison = sr_demo.compare(photo, 4, ["bicubic", "espcn"])
    of = present(plane.plane_of(comparison))
    assert [p.name for p in of.methods] == ["bicubic", "espcn"]
    for p, result in zip(of.methods, comparison.results, strict=True):
        cut = np.s_[4:-4, 4:-4]
        weights = np.array([65.481, 128.553, 24.966]) / 255
        error = (result.image[cut].astype(float) - photo[cut]) @ weights
        assert p.rmse == pytest.approx(np.sqrt(np.square(error).mean()), rel=1e-6)
        assert p.niqe == niqe(result.image)
    assert (of.original.rmse, of.original.niqe) == (0, niqe(photo))


def test_scores_on_rgb_do_not_move_the_plane() -> None:
    photo = astronaut()[:384, :384]
    luma, rgb = (
        sr_demo.compare(photo, 4, ["bicubic"], color_space=space) for space in ("y", "rgb")
    )
    assert present(plane.plane_of(luma)).methods == present(plane.plane_of(rgb)).methods


def test_no_plane_without_an_original_or_of_a_picture_too_small_for_niqe(photo: np.ndarray) -> None:
    assert plane.plane_of(sr_demo.compare(photo, 4, ["bicubic"])) is None
    photo = astronaut()[:384, :384]
    assert plane.plane_of(sr_demo.compare(photo[::4, ::4], 4, [], has_original=False)) is None
    assert plane.plane_of(sr_demo.compare(photo, 4, [])) is None
    assert plane.measure("a", "A", photo[:6, :6], photo[:6, :6].copy(), 4) is None


@pytest.mark.parametrize("psnr", [20.0, 28.13, 45.0])
def test_rmse_and_psnr_are_two_names_of_one_thing(psnr: float) -> None:
    assert 20 * math.log10(255 / plane.rmse_of(psnr)) == pytest.approx(psnr)
    assert plane.rmse_of(math.inf) == 0


# --- not reached ----------------------------------------------------------------------------------


def test_the_front_is_what_nothing_beats_in_both(rng: np.random.Generator) -> None:
    points = tuple(point(*xy) for xy in rng.uniform([5, 3], [15, 10], (60, 2)))
    front = Plane(ORIGINAL, points).front
    for p in points:
        beaten = any(q.rmse < p.rmse and q.niqe < p.niqe for q in points)
        assert (p in front) != beaten
    assert [p.rmse for p in front] == sorted(p.rmse for p in front)


def test_the_shaded_part_is_what_its_caption_says_and_no_dot_lies_in_it(
    rng: np.random.Generator,
) -> None:
    scattered = tuple(point(*xy) for xy in rng.uniform([5, 3.5], [15, 10], (20, 2)))
    for drawn in (PLANE, Plane(ORIGINAL, scattered[:12], testset_means=scattered[12:])):
        outline, frame = plane.not_reached(drawn), drawn.frame
        curves = itertools.chain(*drawn.curves.values())
        dots = [(p.rmse, p.niqe) for p in (*drawn.methods, *curves, *drawn.testset_means)]
        for rmse, natural in dots:
            around = [(frame.x(rmse), frame.y(natural) + step) for step in (1e-9, 0.01, 0.2)]
            assert not any(inside(outline, at) for at in around)
        assert not inside(outline, (frame.x(0), frame.y(ORIGINAL.niqe)))
        closest = min(rmse for rmse, _ in dots)
        for rmse, natural in rng.uniform([0, frame.bottom], [frame.right, frame.top], (200, 2)):
            as_close = [low for other, low in dots if other <= rmse]
            unreached = rmse > closest and natural < min(as_close)
            assert inside(outline, (frame.x(rmse), frame.y(natural))) == unreached


def inside(outline: list[tuple[float, float]], at: tuple[float, float]) -> bool:
    """By the number of edges that a ray to the right crosses."""
    crossings = 0
    for (x0, y0), (x1, y1) in zip(outline, outline[1:] + outline[:1], strict=True):
        if (y0 > at[1]) != (y1 > at[1]):
            crossings += at[0] < x0 + (at[1] - y0) / (y1 - y0) * (x1 - x0)
    return crossings % 2 == 1


# --- axes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("far", [1.0, 8.0, 200.0])
@pytest.mark.parametrize("near", [0.2, 0.9])
def test_everything_lies_within_the_axes_in_its_order(near: float, far: float) -> None:
    points = (point(near * far, 9), point(far, 2.5, "srgan"))
    frame = Plane(ORIGINAL, points, testset_means=PLANE.testset_means[:1]).frame
    places = [frame.x(rmse) for rmse in np.linspace(0, max(far, 12.6), 50)]
    assert places == sorted(set(places))
    assert places[0] == pytest.approx(plane.ORIGIN)
    assert places[-1] < 1
    for p in (*points, ORIGINAL):
        assert 0 < frame.y(p.niqe) < 1


def test_the_axis_is_broken_only_where_all_methods_are_far_from_the_original() -> None:
    assert Plane(ORIGINAL, (point(11, 8), point(13, 5))).frame.start > 5
    assert Plane(ORIGINAL, (point(3, 8), point(13, 5))).frame.start == 0


def test_ticks_lie_on_the_axes_and_do_not_touch() -> None:
    frame = PLANE.frame
    for values, place in (
        (frame.x_ticks, frame.x),
        (frame.y_ticks, frame.y),
        (frame.psnr_ticks, lambda t: frame.x(plane.rmse_of(t))),
    ):
        places = sorted(place(value) for value in values)
        assert len(places) >= 3
        assert min(np.diff(places)) > 0.05
        assert 0 <= places[0] <= places[-1] <= 1


def test_labels_cover_neither_dots_nor_each_other(rng: np.random.Generator) -> None:
    for _ in range(50):
        dots = [tuple(xy) for xy in rng.uniform([20, 20], [480, 380], (6, 2))]
        apart = (math.dist(a, b) for a, b in itertools.combinations(dots, 2))
        if min(apart) < 30:
            continue
        sizes = [(w, 14.0) for w in rng.uniform(40, 70, 6)]
        corners = plane.place_labels(dots, sizes, (500, 400))
        boxes = [(*corner, *size) for corner, size in zip(corners, sizes, strict=True)]
        for a, b in itertools.combinations(boxes, 2):
            assert not (abs(a[0] - b[0]) * 2 + abs(a[2] - b[2]) < a[2] + b[2] - 8 and
                        abs(a[1] - b[1]) < 10)  # fmt: skip
        for (x, y), (left, top, width, height) in itertools.product(dots, boxes):
            assert not (left < x < left + width and top < y < top + height)
        for left, top, width, height in boxes:
            assert -1 < left < 501 - width
            assert -1 < top < 401 - height


# --- means over test sets ------------------------------------------------------------------------


def test_the_means_hold_what_the_benchmark_measured(tmp_path: Path) -> None:
    scores: dict[str, dict[str, float | None]] = {
        "bicubic": {"psnr": 26.09, "niqe": 10.4, "ssim": 0.7},
        "srgan": {"psnr": None, "niqe": 5},
    }
    path = tmp_path / "testset_means.json"
    path.write_text(json.dumps({"4": {"Set14": plane.testset_means_entry(scores)}}))
    (only,) = plane.read_testset_means(4, path)
    assert (only.name, only.psnr, only.niqe) == ("bicubic", 26.09, 10.4)
    assert "Set14" in only.label
    assert plane.read_testset_means(2, path) == ()
    assert plane.read_testset_means(4, tmp_path / "none.json") == ()


def test_the_shipped_means_have_every_method_that_ships() -> None:
    ours = {name for name, method in METHODS.items() if method.shipped}
    assert {p.name for p in plane.read_testset_means(4)} == ours


# --- drawing --------------------------------------------------------------------------------------


def test_the_figure_for_slides_holds_the_same_points(tmp_path: Path) -> None:
    figure = plane.plane_figure(PLANE, "cat, ×4")
    axes = figure.axes[0]
    places = {tuple(np.round(xy, 6)) for line in axes.lines for xy in np.asarray(line.get_xydata())}
    for p in (*PLANE.methods, *PLANE.testset_means, *PLANE.curves["networks"], ORIGINAL):
        assert tuple(np.round((PLANE.frame.x(p.rmse), PLANE.frame.y(p.niqe)), 6)) in places
    words = " ".join(text.get_text() for text in (*axes.texts, *figure.texts))
    for word in ("Srresnet", "Original", "not reached", "mean of Set14", "cat, ×4"):
        assert word in words
    for suffix in ("png", "svg"):
        plane.save_plane(PLANE, tmp_path / f"plane.{suffix}")
    with Image.open(tmp_path / "plane.png") as picture:
        assert min(picture.size) >= 900
    assert re.search(r"<svg[ \n]", (tmp_path / "plane.svg").read_text())
