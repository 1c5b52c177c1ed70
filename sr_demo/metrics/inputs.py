"""What metrics that compare two pictures accept, and which part of them counts."""

import numpy as np

COLOR_SPACES = ("y", "rgb")


def inside(
    reference: np.ndarray, image: np.ndarray, border: int, color_space: str
) -> tuple[np.ndarray, np.ndarray]:
    """Two uint8 RGB pictures (H, W, 3) without `border` pixels on each side.

    Raises:
        ValueError: for different shapes, another dtype or color space, or a border that leaves
            nothing.
    """
    if color_space not in COLOR_SPACES:
        raise ValueError(f"color_space is {color_space!r}, expected one of {COLOR_SPACES}")
    if reference.shape != image.shape or image.shape[2:] != (3,):
        raise ValueError(f"expected two (H, W, 3) pictures, got {reference.shape}, {image.shape}")
    if reference.dtype != np.uint8 or image.dtype != np.uint8:
        raise ValueError(f"expected uint8 pictures, got {reference.dtype} and {image.dtype}")
    height, width = image.shape[:2]
    if border < 0 or min(height, width) <= 2 * border:
        raise ValueError(f"a border of {border} leaves nothing of {width} × {height} pixels")
    window = slice(border, height - border), slice(border, width - border)
    return reference[window], image[window]
