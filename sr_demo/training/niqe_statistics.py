"""``python -m train niqe --data DIR [DIR …]`` fits the natural photos that NIQE compares with.

The shipped file was fitted on BSDS500's train and test photos and on openly licensed wallpapers.
Left out were the photos of Sun & Hays (visibly blocky from JPEG) and of ImageNet (grainy): what the
model holds for natural, it rewards. Of 162 steps of more blur, noise or JPEG, on Set14 and four of
skimage.data, 10 lowered the score with all photos, 4 without those.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sr_demo.images import ImageError, load_image
from sr_demo.metrics.niqe import FEATURES, FORMAT, PATH, block_features, statistics
from sr_demo.storage import plain, safetensors_bytes, write_atomically
from sr_demo.training.data import DataError, image_files

SHARP = 0.75  # of the photo's sharpest block, as in the paper: what is out of focus says nothing


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all went well, 2 when the user has to change something."""
    cli = argparse.ArgumentParser(
        prog="python -m train niqe",
        description="Learn from sharp, uncompressed photos what looks natural, for NIQE.",
    )
    cli.add_argument(
        "--data", type=Path, nargs="+", required=True, metavar="DIR",
        help="folder trees of sharp natural photos, at least 96 pixels a side",
    )  # fmt: skip
    cli.add_argument("--out", type=Path, default=PATH, help="default: checkpoints/niqe.safetensors")
    arguments = cli.parse_args(argv)
    try:
        print(f"fitted: {fit(arguments.data, arguments.out)}")
    except DataError as error:
        print(f"python -m train niqe: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"python -m train niqe: {plain(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return 130
    return 0


def fit(folders: Sequence[Path], out: Path = PATH) -> Path:
    """Fit a multivariate Gaussian to the sharp blocks of all photos in the folders; write it.

    Photos that cannot be read or are smaller than one block are named on stderr and skipped.

    Raises:
        DataError: if a folder has no images, or all together too few sharp blocks.
    """
    files = [path for folder in folders for path in image_files(folder)]
    chosen = [sharp_blocks(path) for path in tqdm(files, "measuring photos", disable=None)]
    features = np.concatenate(chosen)
    features = features[np.isfinite(features).all(axis=1)]
    pristine = statistics(features)
    if pristine is None or len(features) <= FEATURES:
        raise DataError(
            f"{len(features)} sharp blocks are too few to fit {FEATURES} features; add photos"
        )
    photos = sum(len(blocks) > 0 for blocks in chosen)
    card = {
        "method": "niqe",
        "what": "mean and covariance of the NIQE features of sharp blocks of natural photos",
        "data": f"{photos} photos of {', '.join(folder.resolve().name for folder in folders)}",
        "photos": photos,
        "blocks": len(features),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "format": FORMAT,
    }
    metadata = {key: json.dumps(value) for key, value in card.items()}
    write_atomically(out, safetensors_bytes(vars(pristine), metadata, "np"))
    return out


def sharp_blocks(path: Path) -> np.ndarray:
    """Features (N, 36) of the blocks above 0.75 of the photo's greatest sharpness."""
    try:
        features, sharpness = block_features(load_image(path).pixels)
    except ImageError as error:
        print(f"skipped {path.name}: {error}", file=sys.stderr)
        return np.empty((0, FEATURES))
    if not len(features):
        print(f"skipped {path.name}: smaller than a block of 96 × 96 pixels", file=sys.stderr)
        return features
    return features[sharpness > SHARP * sharpness.max()]
