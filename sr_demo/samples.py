"""Photos to start with: they lie inside the installed scikit-image, nothing is downloaded."""

from pathlib import Path

import skimage

from sr_demo.images import Loaded, load_image
from sr_demo.resize import imresize

FOLDER = Path(skimage.__file__).parent / "data"

SAMPLES = {  # name -> (label, file)
    "motorcycle": ("Motorcycle", "motorcycle_left.png"),
    "coffee": ("Coffee", "coffee.png"),
    "chelsea": ("Cat", "chelsea.png"),
    "astronaut": ("Astronaut", "astronaut.png"),
    "rocket": ("Rocket", "rocket.jpg"),
    "page": ("Printed page", "page.png"),
}

TELLING = {  # where methods differ at first sight: x, y in pixels
    "motorcycle": (395, 290),
    "coffee": (365, 280),
    "chelsea": (175, 115),
    "astronaut": (215, 400),
    "rocket": (331, 360),
    "page": (220, 76),
}

SHRINK = 4  # of a sample that stands for a small image


def load_sample(name: str) -> Loaded:
    """One of `SAMPLES`, read as any other file."""
    return load_image(FOLDER / SAMPLES[name][1])


def small_version(sample: Loaded) -> Loaded:
    """What a sample is where a small image is asked for: as much reduced as it will be enlarged."""
    pixels = imresize(sample.pixels, 1 / SHRINK)
    return Loaded(pixels, None, (*sample.changes, "reduced to a quarter, to be a small image"))


def thumbnail(image: Loaded, height: int, width: int) -> Loaded:
    """The image scaled down to fit; never up."""
    factor = min(1.0, height / image.pixels.shape[0], width / image.pixels.shape[1])
    if factor == 1:
        return image
    opacity = None if image.opacity is None else imresize(image.opacity, factor)
    return Loaded(imresize(image.pixels, factor), opacity, ())
