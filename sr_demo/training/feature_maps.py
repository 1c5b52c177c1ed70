"""``python -m train features --vgg-weights FILE``: VGG-19's features for the lesson on ESRGAN.

Six filters of one layer on one photo, before their activation and after it.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from sr_demo.images import save_png
from sr_demo.samples import load_sample
from sr_demo.storage import CHECKPOINTS, write_atomically
from sr_demo.tensors import to_floats
from sr_demo.training.vgg import VGG, VGGError, read_weights

LAYER, FILTERS, ENLARGED, GAP = "conv3_1", 6, 4, 4
PLACE = ("chelsea", 128, 68, 96)  # left, top, side
LESSON = CHECKPOINTS.parent / "sr_demo" / "lessons" / "recorded"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all went well, 2 when the user has to change something."""
    cli = argparse.ArgumentParser(
        prog="python -m train features",
        description="Write VGG-19's features before and after their activation for lesson 4.",
    )
    cli.add_argument("--vgg-weights", type=Path, required=True, metavar="FILE")
    arguments = cli.parse_args(argv)
    try:
        sheet, share = drawn(arguments.vgg_weights)
    except VGGError as error:
        print(f"python -m train features: {error}", file=sys.stderr)
        return 2
    save_png(LESSON / "features.png", sheet)
    facts = {"layer": LAYER, "photo": PLACE[0], "active": round(share, 3)}
    write_atomically(LESSON / "features.json", (json.dumps(facts, indent=2) + "\n").encode())
    print(f"written: {LESSON}, {share:.1%} of {LAYER} outlive the activation")
    return 0


def drawn(weights: Path) -> tuple[np.ndarray, float]:
    """Maps before (above) and after their activation, ``uint8``; and which share stays, 0 … 1.

    Raises:
        VGGError: if the file is none of VGG-19's weights.
    """
    name, left, top, side = PLACE
    photo = load_sample(name).pixels[top : top + side, left : left + side]
    with torch.no_grad():
        features = VGG([LAYER], read_weights(weights))(to_floats(photo.copy()))[LAYER][0].numpy()
    liveliest = np.argsort(features.std(axis=(1, 2)))[-FILTERS:]
    maps = features[liveliest]
    maps /= np.percentile(np.abs(maps), 99, axis=(1, 2), keepdims=True)
    rows = [_row(maps), _row(maps.clip(0))]
    gap = np.full((GAP, rows[0].shape[1]), 255, np.uint8)
    sheet = np.vstack([rows[0], gap, rows[1]])
    return np.stack([sheet] * 3, axis=-1), float((features > 0).mean())


def _row(maps: np.ndarray) -> np.ndarray:
    """Values about -1 … 1 beside each other: 0 is grey, what is below it darker."""
    grey = np.clip(127.5 + 127.5 * maps, 0, 255).astype(np.uint8)
    large = [plane.repeat(ENLARGED, 0).repeat(ENLARGED, 1) for plane in grey]
    gap = np.full((large[0].shape[0], GAP), 255, np.uint8)
    parts = [part for plane in large for part in (plane, gap)]
    return np.hstack(parts[:-1])


if __name__ == "__main__":
    sys.exit(main())
