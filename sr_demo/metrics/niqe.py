"""How natural a picture looks, without anything to compare it with.

NIQE: Mittal, Soundararajan and Bovik, "Making a completely blind image quality analyzer", 2013.
The distance between the statistics of a picture's blocks and those of sharp natural photos: lower
is more natural. The photos are our own (`python -m train niqe` fits them), and so scores rank like
published NIQE but do not equal it.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import gamma

from sr_demo.images import luma
from sr_demo.resize import imresize
from sr_demo.storage import (
    CHECKPOINTS,
    CheckpointError,
    Latest,
    UnreadableError,
    modified,
    read_safetensors,
)

FORMAT = 1
PATH = CHECKPOINTS / "niqe.safetensors"
BLOCK = 96  # pixels a side, without overlap; half that at the second scale
FEATURES = 36  # 18 at each of two scales
_SIGMA, _RADIUS = 7 / 6, 3  # the 7×7 Gaussian window of the local mean and deviation

# Sharp edges and noise have shapes α from 0.2 (a peak with long tails) to 10 (nearly a box).
_SHAPES = np.arange(0.2, 10.0005, 0.001)
_RATIOS = gamma(2 / _SHAPES) ** 2 / (gamma(1 / _SHAPES) * gamma(3 / _SHAPES))  # rises with α


@dataclass(frozen=True)
class Statistics:
    """A multivariate Gaussian of block features."""

    mean: np.ndarray  # (36,)
    covariance: np.ndarray  # (36, 36)


def niqe(image: np.ndarray, pristine: Statistics | None = None) -> float | None:
    """Naturalness of a uint8 RGB picture (H, W, 3): 0 and up, lower is better.

    Measured on whole blocks of 96×96, what is left at the right and bottom is not seen. None with
    fewer than two blocks that hold any texture: a single one has no covariance to compare. (The
    reference program puts one variance of all 36 features in its place, which means nothing.)

    Raises:
        CheckpointError: if no `pristine` statistics are given, and the shipped ones are missing or
            cannot be used.
        ValueError: if the picture is of another dtype or shape.
    """
    pristine = pristine or shipped()
    own = statistics(block_features(image)[0])
    return None if own is None else distance(own, pristine)


def statistics(features: np.ndarray) -> Statistics | None:
    """Mean and covariance of (N, 36) features, blocks without texture (NaN) left out."""
    features = features[np.isfinite(features).all(axis=1)]
    if len(features) < 2:
        return None
    return Statistics(features.mean(axis=0), np.cov(features, rowvar=False))


def distance(a: Statistics, b: Statistics) -> float:
    """Equation 10: √((μ₁ − μ₂)ᵀ ((Σ₁ + Σ₂) / 2)⁻¹ (μ₁ − μ₂)), with the pseudo-inverse."""
    difference = a.mean - b.mean
    inverse = np.linalg.pinv((a.covariance + b.covariance) / 2, hermitian=True)
    return float(np.sqrt(max(difference @ inverse @ difference, 0)))


# --- features -------------------------------------------------------------------------------------


def block_features(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each 96×96 block of a uint8 RGB picture: features (N, 36) and sharpness (N,).

    Sharpness is the local deviation in grey levels, averaged over the block. A block that is flat
    has NaN among its features. N is 0 for a picture smaller than one block.
    """
    if image.dtype != np.uint8 or image.shape[2:] != (3,):
        raise ValueError(f"expected a uint8 picture (H, W, 3), got {image.dtype} {image.shape}")
    height, width = (side // BLOCK * BLOCK for side in image.shape[:2])
    if not height or not width:
        return np.empty((0, FEATURES)), np.empty(0)
    grey = np.empty((height, width))
    for top in range(0, height, BLOCK):  # at once, a large picture would need much memory
        rows = slice(top, top + BLOCK)
        # The Y of every other score, stretched from 16 … 235 to the 0 … 255 of the paper, whose
        # constant C = 1 is one grey level of that range. This is MATLAB's rgb2gray, not rounded.
        grey[rows] = (luma(image[rows, :width]) - 16) * (255 / 219)
    fine, sharpness = _scale_features(grey, BLOCK)
    coarse, _ = _scale_features(imresize(grey, 0.5), BLOCK // 2)
    return np.hstack([fine, coarse]), sharpness


def _scale_features(grey: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    features, sharpness = [], []
    for top in range(0, len(grey), size):  # by rows of blocks: they fit into the processor's cache
        above = min(top, _RADIUS)  # the window of the outer rows reaches into the neighbours
        normalised, deviation = mscn(grey[top - above : top + size + _RADIUS])
        rows = slice(above, above + size)
        features.append(_features(_blocks(normalised[rows], size)))
        sharpness.append(_blocks(deviation[rows], size).mean(axis=(1, 2)))
    return np.concatenate(features), np.concatenate(sharpness)


def mscn(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean-subtracted, contrast-normalised values of equation 1, and the local deviation."""
    mean = gaussian_filter(grey, _SIGMA, mode="nearest", radius=_RADIUS)
    square = gaussian_filter(grey * grey, _SIGMA, mode="nearest", radius=_RADIUS)
    deviation = np.sqrt(np.abs(square - mean * mean))
    difference = grey - mean
    difference[np.abs(difference) < 1e-6] = 0  # rounding has no statistics
    return difference / (deviation + 1), deviation


def _blocks(plane: np.ndarray, size: int) -> np.ndarray:
    """A row of blocks (size, N · size) -> (N, size, size)."""
    return np.ascontiguousarray(plane.reshape(size, -1, size).swapaxes(0, 1))


def _features(blocks: np.ndarray) -> np.ndarray:
    """MSCN blocks (N, size, size) -> (N, 18): 2 of the values, 4 of each product of neighbours.

    As in the reference program, neighbours wrap around within the block, and the values' own scale
    is the mean of its two sides.
    """
    shape, left, right = fit_aggd(blocks.reshape(len(blocks), -1))
    columns = [shape, (left + right) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        products = blocks * np.roll(blocks, shift, axis=(1, 2))
        shape, left, right = fit_aggd(products.reshape(len(blocks), -1))
        mean = (right - left) * gamma(2 / shape) / gamma(1 / shape)
        columns += [shape, mean, left, right]
    return np.stack(columns, axis=1)


def fit_aggd(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit asymmetric generalised Gaussians to the rows of (N, n) by matching moments.

    Returns:
        shape α, left scale and right scale, each (N,); the density falls as exp(−(|x| / scale)^α).
        NaN where a side has no values. (Lasmar, Stitou and Berthoumieu 2009.)
    """
    size = np.abs(values)
    total, signed = (np.einsum("ij,ij->i", values, other) for other in (values, size))
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.sqrt((total - signed) / 2 / np.count_nonzero(values < 0, axis=1))
        right = np.sqrt((total + signed) / 2 / np.count_nonzero(values > 0, axis=1))
        skew = left / right
        ratio = size.mean(axis=1) ** 2 / (total / values.shape[1])
        ratio *= (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    shape = np.interp(ratio, _RATIOS, _SHAPES)
    unit = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, left * unit, right * unit


# --- the pristine photos' statistics --------------------------------------------------------------


def shipped() -> Statistics:
    """The statistics in `PATH`, read once and again when the file changes.

    Raises:
        CheckpointError: as :func:`read_statistics`.
    """
    return _statistics[PATH]


_statistics: Latest[Path, Statistics] = Latest(
    make=lambda path: read_statistics(path), version=lambda path: modified(path)
)


def read_statistics(path: Path) -> Statistics:
    """Read what `python -m train niqe` wrote, strictly and without unpickling.

    Raises:
        CheckpointError: if the file is missing, truncated, or not one of ours.
    """
    try:
        metadata, arrays = read_safetensors(path, "np")
    except UnreadableError as error:
        raise _error(path, str(error)) from error
    if metadata.get("method") != json.dumps("niqe"):
        raise _error(path, "was not written by this project (its metadata is not ours)")
    if metadata.get("format") != json.dumps(FORMAT):
        raise _error(path, f"has format {metadata.get('format')}, this version reads {FORMAT}")
    shapes = {key: (value.shape, value.dtype) for key, value in arrays.items()}
    kind = np.dtype(np.float64)
    if shapes != {"mean": ((FEATURES,), kind), "covariance": ((FEATURES, FEATURES), kind)}:
        raise _error(path, "does not hold a mean and a covariance of the 36 features")
    return Statistics(**arrays)


def _error(path: Path, problem: str) -> CheckpointError:
    return CheckpointError(
        f"{path.name} {problem}; expected the statistics of natural photos that NIQE compares "
        "with. Make it with: python -m train niqe --data DIR"
    )
