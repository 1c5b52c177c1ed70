"""The plane as the page draws it: an SVG whose every dot is a link that can be read aloud."""

import itertools
import math
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from sr_demo.figures import palette
from sr_demo.figures.palette import colour_of
from sr_demo.formatting import format_niqe
from sr_demo.methods import METHODS
from sr_demo.ui.lab.plane_svg import NARROW, WIDE, plane_svg
from tests.helpers import present
from tests.test_perception_distortion import ORIGINAL, PLANE


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_page_draws_every_point_where_the_axes_say(size: tuple[int, int]) -> None:
    svg = ElementTree.fromstring(plane_svg(PLANE, size))
    marks = {
        dot.attrib["data-name"]: present(dot.find("circle[@class='mark']"))
        for dot in svg.iter("g")
        if dot.get("class") == "dot"
    }
    assert set(marks) == {"original", *(p.name for p in PLANE.methods)}
    x, y = ({n: float(m.attrib[key]) for n, m in marks.items()} for key in ("cx", "cy"))
    for a, b in itertools.combinations((*PLANE.methods, ORIGINAL), 2):
        assert (a.rmse < b.rmse) == (x[a.name] < x[b.name])
        assert (a.niqe < b.niqe) == (y[a.name] > y[b.name])
    for name, mark in marks.items():
        assert mark.get("fill") == colour_of(name)
    alphas = [c.get("data-alpha") for c in svg.iter("circle") if c.get("class") == "alpha"]
    assert alphas == ["0", "0.5", "1", "0.5", "1"]
    for axis, side in (("cx", size[0]), ("cy", size[1])):
        assert all(0 < float(c.attrib[axis]) < side for c in svg.iter("circle") if c.get(axis))


def test_every_colour_means_one_thing() -> None:
    colours = [method.colour for method in METHODS.values()]
    colours += [palette.ORIGINAL, palette.INTERPOLATION, palette.ADDED]
    assert len({colour.lower() for colour in colours}) == len(colours)


def test_every_dot_can_be_reached_and_read_without_a_mouse() -> None:
    svg = ElementTree.fromstring(plane_svg(PLANE, WIDE))
    dots = [g for g in svg.iter("g") if g.get("class") == "dot"]
    for dot, p in zip(dots, (*PLANE.methods, ORIGINAL), strict=True):
        assert dot.get("tabindex") == "0"
        assert dot.get("role") == "link"
        assert format_niqe(p.niqe) in dot.attrib["aria-label"]
    assert svg.get("aria-label")


def test_no_dot_covers_another() -> None:
    first, *others = PLANE.methods
    beside = replace(others[0], psnr=first.psnr - 0.2, niqe=first.niqe * 1.01)
    svg = ElementTree.fromstring(plane_svg(replace(PLANE, methods=(first, beside)), WIDE))
    circles = [
        (float(c.attrib["cx"]), float(c.attrib["cy"]), float(c.attrib["r"]))
        for c in svg.iter("circle")
        if c.get("class") == "near"
    ]
    assert len(circles) == 3
    reaches = [radius for *_, radius in circles]
    assert min(reaches) < max(reaches)
    for (x, y, _), (other_x, other_y, reach) in itertools.permutations(circles, 2):
        assert math.dist((x, y), (other_x, other_y)) > reach


def test_what_a_picture_is_called_cannot_break_the_drawing() -> None:
    evil = replace(PLANE.methods[0], label="<b>&\"'</b>")
    ElementTree.fromstring(plane_svg(replace(PLANE, methods=(evil, *PLANE.methods[1:])), WIDE))
