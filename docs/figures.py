"""Draw the figures of these documents: ``python docs/figures.py``, half a minute on two cores."""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sr_demo.boxes import Box
from sr_demo.comparison import compare
from sr_demo.figures.crop_sheet import crop_sheet
from sr_demo.figures.maps import error_figure, spectrum_figure
from sr_demo.figures.perception_distortion import plane_figure, plane_of
from sr_demo.lessons.equal import gallery
from sr_demo.metrics.psnr import psnr
from sr_demo.samples import load_sample

FOLDER = Path(__file__).parent / "images"
PHOTO, BOX = "coffee", Box(470, 256, 96, 96)
DPI = 130


def main() -> None:
    """Draw all of them."""
    FOLDER.mkdir(exist_ok=True)
    comparison = compare(load_sample(PHOTO).pixels, 4)
    save(crop_sheet(comparison, BOX), "crops")
    save(error_figure(comparison), "errors")
    save(spectrum_figure(comparison), "spectrum")
    if plane := plane_of(comparison):
        save(plane_figure(plane), "plane")
    save(same_psnr(load_sample(PHOTO).pixels), "same-psnr")


def save(figure: Figure, name: str) -> None:
    """Write a figure."""
    figure.savefig(FOLDER / f"{name}.png", dpi=DPI)
    print(FOLDER / f"{name}.png")


def same_psnr(photo: np.ndarray) -> Figure:
    """One crop, damaged in five ways until each has the same PSNR: the second lesson's."""
    pictures = gallery(photo, BOX)
    original = BOX.crop(photo)
    figure = Figure(figsize=(7.2, 1.5), facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(pictures) + 1)
    shown = [("Original", "PSNR", original)]
    shown += [(p.label, f"{psnr(original, p.image):.2f} dB", p.image) for p in pictures]
    for axes, (label, score, pixels) in zip(panels, shown, strict=True):
        axes.imshow(pixels, interpolation="nearest")
        axes.set_axis_off()
        axes.set_title(f"{label}\n{score}", fontsize=8)
    return figure


if __name__ == "__main__":
    main()
