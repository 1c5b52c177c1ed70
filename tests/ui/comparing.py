"""What tests of the comparison look at on the page."""

import io
import re
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page, ViewportSize

from sr_demo.comparison import Comparison
from tests.helpers import present

SAMPLE = "page"  # the smallest
DESK = ViewportSize(width=1440, height=900)


def finished(page: Page) -> None:
    """Wait until every pane shows its picture."""
    page.wait_for_function(
        """() => {
          const panes = [...document.querySelectorAll('.pane')];
          return document.querySelector('.run')?.dataset.state === 'done' && panes.length > 0 &&
            panes.every((pane) => !pane.classList.contains('pending') &&
                                  pane.querySelector('img')?.naturalWidth > 0);
        }"""
    )


def whole(page: Page) -> None:
    """All of every picture is there and in view, which asks for more than the first screen does."""
    page.get_by_role("button", name="Fit").click()
    page.wait_for_function("!document.querySelector('.layer .part')")
    finished(page)


def pane(page: Page, name: str) -> Locator:
    """The pane of a method, of the original or the input."""
    return page.locator(f".pane[data-pane={name}]")


def outputs(comparison: Comparison) -> dict[str, np.ndarray]:
    """What each pane shows."""
    references = {"original": comparison.sharp, "input": comparison.lr}
    return references | {result.method: result.image for result in comparison.results}


def pixels(content: bytes) -> np.ndarray:
    """Of a picture file."""
    return np.asarray(Image.open(io.BytesIO(content)))


def loaded(page: Page, picture: Locator) -> np.ndarray:
    """The pixels of the file that an img shows."""
    return pixels(page.request.get(present(picture.get_attribute("src"))).body())


def place(element: Locator) -> FloatRect:
    """Where it is on the screen; it must be visible."""
    return present(element.bounding_box())


def seen(page: Page, name: str, screen: np.ndarray, density: float = 1) -> np.ndarray:
    """What a screenshot shows of a pane's stage, RGB."""
    area = place(pane(page, name).locator(".stage"))
    x, y, width, height = (round(area[side] * density) for side in ("x", "y", "width", "height"))
    return screen[y : y + height, x : x + width, :3]


def transforms(page: Page) -> list[str]:
    """How each pane's picture is moved and scaled."""
    return page.locator(".layer").evaluate_all("layers => layers.map(l => l.style.transform)")


def box(page: Page) -> tuple[int, ...]:
    """The crop, as it is written above the strip."""
    values = page.locator(".where input").evaluate_all("inputs => inputs.map(i => i.value)")
    return tuple(map(int, values))


def view(page: Page) -> tuple[float, float, float]:
    """(left, top, scale) of the pictures on their stages, in CSS pixels."""
    left, top, scale = map(float, re.findall(r"-?[\d.]+(?=px|\))", transforms(page)[0]))
    return left, top, scale


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """With the mouse."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def centre(page: Page, name: str) -> tuple[float, float]:
    """The middle of a pane's stage."""
    area = place(pane(page, name).locator(".stage"))
    return area["x"] + area["width"] / 2, area["y"] + area["height"] / 2


def download(page: Page, locator: Locator) -> tuple[str, bytes]:
    """The name and the content of the file that a click saves."""
    with page.expect_download() as caught:
        locator.click()
    return caught.value.suggested_filename, Path(caught.value.path()).read_bytes()
